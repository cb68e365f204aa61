"""Which series a site takes, their volumes, and single slices for training."""

import numpy as np
import pytest

from refrad2d.labels import label_by_id, label_by_name
from refrad2d.phantom import (
    REGIONS,
    SITES,
    draw_series,
    labels_of,
    make_patient,
    render_volume,
    sample_slice,
)
from refrad2d.phantom.series import get_region, read_site, shown_findings
from tests.fixtures.boxes import boxes_of, iou

ALL = tuple(REGIONS)


def test_the_same_seed_gives_the_same_pixels():
    first, second = (sample_slice(41, site="B", size=48) for _ in range(2))
    assert np.array_equal(first["pixels"], second["pixels"])
    assert np.array_equal(first["mask"], second["mask"])


def test_sites_share_anatomy_but_not_looks():
    a, b = (make_patient(9, site) for site in "AB")
    assert np.array_equal(a.shapes.low, b.shapes.low)
    series = [draw_series(p, np.random.default_rng(1)) for p in (a, b)]
    assert series[0].protocol.noise < series[1].protocol.noise


@pytest.mark.parametrize("site", SITES)
def test_hounsfield_units_are_those_of_the_tissues(site):
    for seed in range(40, 60):
        taken = sample_slice(seed * 8, site=site, size=96)
        aorta = taken["pixels"][taken["mask"] == label_by_name("aorta").id]
        if len(aorta) > 30:
            assert 10 < np.median(aorta) < 480
        assert np.median(taken["pixels"][:3, :3]) < -850


def test_volume_mask_keeps_to_the_classes_of_its_region():
    patient = make_patient(2)
    series = draw_series(patient, np.random.default_rng(0))
    volume = render_volume(patient, series, np.random.default_rng(0))
    region = REGIONS[series.region]
    assert set(labels_of(volume.mask)) <= {label_by_id(int(k)) for k in region.select(np.arange(122)) if k}
    assert {"liver", "aorta"} <= set(labels_of(volume.mask))


def test_affine_maps_indices_to_the_grid():
    patient = make_patient(2)
    series = draw_series(patient, np.random.default_rng(0))
    volume = render_volume(patient, series, np.random.default_rng(0))
    at = volume.affine @ [7, 5, 3, 1]
    assert np.allclose(at[:3], series.grid(3).points()[:, 5, 7], atol=0.02)


def test_mean_boxes_are_a_weak_answer():
    boxes = {False: {}, True: {}}
    for seed in range(120):
        mask = sample_slice(seed * 8, size=64)["mask"]
        for name, box in boxes_of(mask, 12).items():
            boxes[seed % 2 == 1].setdefault(name, []).append(box)
    scores = [
        iou(np.mean(boxes[False][name], axis=0), box)
        for name, own in boxes[True].items()
        for box in own
        if name in boxes[False]
    ]
    assert len(scores) > 300
    assert np.mean(scores) <= 0.5


@pytest.mark.parametrize("region", ALL)
def test_every_region_shows_its_classes_in_its_planes(region):
    taken = [sample_slice(8 * seed, size=64, regions=[region]) for seed in range(6)]
    assert {t["modality"] for t in taken} == {REGIONS[region].modality}
    assert {t["plane"] for t in taken} <= set(REGIONS[region].planes)
    known = {REGIONS[region].published(label_by_id(k)) for k in range(1, 122)}
    assert {name for t in taken for name in labels_of(t["mask"])} <= known
    assert sum(len(labels_of(t["mask"])) > 0 for t in taken) >= 4


def test_the_whole_phantom_has_more_than_forty_classes():
    names = set()
    for seed in range(100):
        names |= set(labels_of(sample_slice(8 * seed, size=64, regions=ALL)["mask"], 3))
    assert len(names) >= 40


def test_mr_masks_have_whole_lungs_and_one_class_of_vertebrae():
    region = REGIONS["abdomen_mr"]
    assert region.published("lung_lower_lobe_left") == "lung_left"
    assert region.published("vertebrae_L3") == "vertebrae"
    assert region.published("rib_left_7") is None
    assert REGIONS["chest_ct"].published("intervertebral_discs") is None


def test_classes_of_few_pixels_are_left_out():
    mask = np.array([[1, 1, 2], [0, 0, 0]], dtype=np.uint8)
    assert labels_of(mask, 2) == {label_by_id(1): 2}


def test_positions_are_even_and_exact_in_hundredths_of_a_mm():
    positions = np.array(draw_series(make_patient(3), np.random.default_rng(5)).positions)
    assert np.allclose(np.diff(positions), np.diff(positions)[0]) and np.array_equal(positions, np.round(positions, 2))


def test_a_diffuse_finding_is_shown_where_its_host_is():
    patient = next(p for p in map(make_patient, range(60)) if any(f.is_diffuse for f in p.findings))
    diffuse = next(f for f in patient.findings if f.is_diffuse)
    assert diffuse.name in shown_findings(patient, "abdomen_ct", {diffuse.host}, ())
    assert shown_findings(patient, "abdomen_ct", (), {"focal"}) == {"focal"}


@pytest.mark.parametrize(
    ("read", "words"), [(read_site, "Unknown site 'Q'. Choose from A, B, C."), (get_region, "Unknown region 'Q'")]
)
def test_an_unknown_name_is_refused_with_the_known_ones(read, words):
    with pytest.raises(ValueError, match=words):
        read("Q")
