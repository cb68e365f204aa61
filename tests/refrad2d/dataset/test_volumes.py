"""Which volumes are published, and each law of a volume, broken once."""

import copy

import numpy as np
import pytest

from refrad2d.dataset.splits import split_of
from refrad2d.dataset.stats import read_columns
from refrad2d.dataset.volumes import check_volume, publishable, write_volumes
from refrad2d.layout import list_shards
from refrad2d.system.files import write_jsonl
from tests.fixtures.tiny_dataset import pad
from tests.fixtures.volumes import scan_of, volumes_of

KEY = b"k" * 32
IDS = [pad(f"s{k}") for k in range(3)]
MASKS = np.zeros((3, 12, 16), np.uint8)
MASKS[:2, 2:6, 3:8], MASKS[1:, 8:10, 10:12] = 5, 1


def make(**about):
    return volumes_of(scan_of(IDS, (12, 16), **about), MASKS)[0]


def broken(path, value):
    row = copy.deepcopy(make()[0])
    at = row
    for step in path[:-1]:
        at = at[step]
    at[path[-1]] = value
    return row


def test_sound_volumes_break_no_law():
    assert [list(check_volume(row)) for row in make()] == [[], []]


@pytest.mark.parametrize(
    ("path", "value", "kind"),
    [
        (("id",), "A123456", "not_a_pseudonym"),
        (("id",), pad("x"), "id_differs"),
        (("series",), pad("q"), "id_differs"),
        (("label",), "nose", "unknown_label"),
        (("label",), "spleen", "id_differs"),
        (("modality",), "US", "unknown_value"),
        (("sex",), "Müller", "unknown_value"),
        (("segmenter",), "Dr. Meier", "unknown_value"),
        (("body_part",), "Zimmer 4", "unknown_value"),
        (("age",), 63, "age_is_no_decade"),
        (("spacing",), [0.0, 1.0, 1.0], "spacing_out_of_range"),
        (("spacing", 0), 6.0, "mm_box_differs"),
        (("shape", 1), 13, "box_out_of_range"),
        (("shape", 0), 1, "spacing_out_of_range"),
        (("voxel_box", 5), 3, "box_differs"),
        (("mm_box", 0), 3.5, "mm_box_differs"),
        (("voxels",), 41, "voxels_differ"),
        (("slices", 0, "area"), 21, "voxels_differ"),
        (("slices", 0, "pixels"), -1, "voxels_differ"),
        (("slices", 0, "number"), 1, "slice_out_of_place"),
        (("slices", 1, "number"), 3, "slice_out_of_place"),
        (("slices", 1, "id"), IDS[0], "slice_out_of_place"),
        (("slices", 1, "id"), "PID7", "not_a_pseudonym"),
        (("slices", 0, "box"), [0.1, 0.2, 0.5, 0.5], "box_out_of_range"),
        (("slices", 0, "box"), [0.5, 0.25, 0.25, 0.5], "box_out_of_range"),
        (("slices",), [], "value_missing"),
        (("slices",), None, "value_missing"),
        (("mm_box",), None, "value_missing"),
    ],
)
def test_each_broken_law_is_told(path, value, kind):
    assert kind in list(check_volume(broken(path, value)))


def test_volumes_go_where_their_patients_go_a_series_together(tmp_path):
    rows = [row for n in range(9) for row in make(patient=pad(f"p{n}"), series=pad(f"r{n}"))]
    write_jsonl(tmp_path / "volumes.jsonl", rows)
    counts, left_out = write_volumes(
        tmp_path / "volumes.jsonl", tmp_path, lambda name: "single_slice" if name == pad("r0") else None, key=KEY
    )
    assert left_out == {"single_slice": 2} and counts.total() == 16 and not list(tmp_path.glob("*.order"))
    for split in counts:
        found = list(read_columns(list_shards(tmp_path, "volumes", split)[0], ("patient", "series", "label")))
        assert {split_of(row["patient"], KEY) for row in found} == {split} and len(found) == counts[split]
        assert [row["series"] for row in found[::2]] == [row["series"] for row in found[1::2]]


def test_the_order_of_the_file_changes_nothing(tmp_path):
    rows = [row for n in range(5) for row in make(patient=pad(f"p{n}"), series=pad(f"r{n}"))]
    for name, some in (("a", rows), ("b", rows[::-1])):
        (tmp_path / name).mkdir()
        write_jsonl(tmp_path / name / "v.jsonl", some)
        write_volumes(tmp_path / name / "v.jsonl", tmp_path / name / "out", lambda series: None, key=KEY)
    files = [{p.name: p.read_bytes() for p in (tmp_path / n).rglob("*.parquet")} for n in "ab"]
    assert files[0] and files[0] == files[1]


def test_a_series_needs_rows_all_that_were_ready_and_to_be_new():
    refuse = publishable({"a", "b", "c"}, {"b"}, {"c"})
    assert [refuse(s) for s in "abcd"] == [None, "slices_left_out", "series_published_before", "series_without_row"]
