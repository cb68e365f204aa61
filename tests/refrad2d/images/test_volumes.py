"""The 3D box of a class is that of its voxels, in a frame that knows no patient; without evidence there is none."""

import numpy as np
import pytest

from refrad2d.images.volumes import to_mm, union_of_slices, volume_id
from refrad2d.labels import label_by_name
from tests.fixtures.tiny_dataset import pad
from tests.fixtures.volumes import scan_of, volumes_of

LIVER, SPLEEN = (label_by_name(name).id for name in ("liver", "spleen"))
IDS = [pad(f"s{k}") for k in range(4)]


def masks():
    """Four slices: a liver on the first three that moves right and down, a spleen on the last."""
    drawn = np.zeros((4, 12, 16), np.uint8)
    for k in range(3):
        drawn[k, 2 + k : 6 + k, 3 + k : 8 + k] = LIVER
    drawn[3, 0, 15] = SPLEEN
    return drawn


def test_a_box_holds_all_voxels_and_no_more():
    liver, spleen = volumes_of(scan_of(IDS, (12, 16)), masks())[0]
    z, y, x = np.nonzero(masks() == LIVER)
    assert liver["voxel_box"] == [x.min(), y.min(), z.min(), x.max() + 1, y.max() + 1, z.max() + 1]
    assert liver["voxels"] == (masks() == LIVER).sum() and spleen["voxel_box"] == [15, 0, 3, 16, 1, 4]


def test_millimetres_count_from_the_first_voxel_wherever_the_patient_lay():
    here = volumes_of(scan_of(IDS, (12, 16)), masks())[0]
    there = volumes_of(scan_of(IDS, (12, 16), depths=[905.0, 910.0, 915.0, 920.0]), masks())[0]
    assert here == there and here[0]["spacing"] == [5.0, 1.0, 1.0] and here[0]["shape"] == [4, 12, 16]
    assert here[0]["mm_box"] == [3.0, 2.0, 0.0, 10.0, 8.0, 15.0]


def test_slices_carry_number_id_and_box_of_their_own():
    liver = volumes_of(scan_of(IDS, (12, 16)), masks())[0][0]
    assert [(s["number"], s["id"]) for s in liver["slices"]] == list(enumerate(IDS[:3]))
    assert liver["slices"][1]["box"] == [4 / 16, 3 / 12, 9 / 16, 7 / 12] and liver["slices"][1]["area"] == 20


@pytest.mark.parametrize(
    ("depths", "reason"),
    [([0.0, 5.0, 10.0, 20.0], "uneven_slices"), ([0.0, 5.0, 5.1, 15.0], "uneven_slices")],
)
def test_slices_that_make_no_grid_make_no_volume(depths, reason):
    assert volumes_of(scan_of(IDS, (12, 16), depths=depths), masks()) == ([], {f"volumes_dropped_{reason}": 2})


def test_one_slice_has_no_thickness():
    assert volumes_of(scan_of(IDS[:1], (12, 16)), masks()[:1]) == ([], {"volumes_dropped_single_slice": 1})


def test_a_class_that_text_hides_somewhere_has_no_volume():
    found, counts = volumes_of(scan_of(IDS, (12, 16)), masks(), hidden=[(), (), (), ("liver",)])
    assert [row["label"] for row in found] == ["spleen"] and counts == {"volumes_dropped_under_burnt_in_text": 1}


def test_a_thinned_head_is_not_drawn_by_its_boxes():
    assert volumes_of(scan_of(IDS, (12, 16)), masks(), thinned=True) == ([], {"volumes_dropped_head_thinned": 2})


def test_an_id_follows_from_series_and_class():
    assert volume_id(pad("r"), "liver") == volume_id(pad("r"), "liver")
    assert len({volume_id(s, x) for s in (pad("r"), pad("q")) for x in ("liver", "spleen")}) == 4


def test_columns_rows_and_slices_have_steps_of_their_own():
    assert to_mm((1, 2, 3, 4, 5, 6), (10.0, 2.0, 0.5)) == [0.5, 4.0, 30.0, 2.0, 10.0, 60.0]
    seen = [{"number": 2, "id": "", "box": [0.25, 0.5, 0.5, 1.0], "area": 1, "pixels": 1}]
    assert union_of_slices(seen, (9, 10, 8)) == (2, 5, 2, 4, 10, 3)
