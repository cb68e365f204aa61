"""Tables of labels in the formats that tools write, and what is no table."""

import pytest

from refrad2d.images.masks.tables import Table, load_scheme, may_be_table, nearest_table, parse_table, read_table
from refrad2d.images.sources import Source

WANTED = {1: "liver", 2: "spleen"}


@pytest.mark.parametrize(
    ("name", "text"),
    [("a.json", '{"1": "liver", "2": "spleen"}'), ("a.json", '{"liver": 1, "spleen": 2}'),
     ("dataset.json", '{"name": "x", "labels": {"1": "liver", "2": "spleen"}, "training": []}'),
     ("a.json", '[{"value": 1, "name": "liver"}, {"value": 2, "name": "spleen"}]'),
     ("m.json", '{"segmentAttributes": [[{"labelID": 1, "SegmentLabel": "liver"}], [{"labelID": 2, "SegmentLabel": "spleen"}]]}'),
     ("a.csv", "number,name\n1,liver\n2,spleen\n"), ("a.csv", "1,liver\n2,spleen\n"), ("a.csv", "name;id\nliver;1\nspleen;2\n"),
     ("a.tsv", "index\tname\n1\tliver\n2\tspleen\n"), ("a.ctbl", "# Color\n1 liver 1 2 3 255\n2 spleen 1 2 3 255\n"),
     ("FreeSurferColorLUT.txt", "#No. Label\n1  liver  70 130 180 0\n2  spleen 1 1 1 0\n"),
     ("snap.label", '# ITK-SNAP\n1 255 0 0 1 1 1 "liver"\n2 0 255 0 0.5 1 0 "spleen"\n'), ("a.txt", "1 liver\n2: spleen\n")],
)  # fmt: skip
def test_formats(name, text):
    assert parse_table(text.encode(), name) == Table(WANTED)


@pytest.mark.parametrize(
    ("name", "text"),
    [("a.json", "["), ("a.json", '{"Rows": 512, "Columns": 512}'), ("a.json", '{"labels": [1, 2]}'), ("a.json", '{"liver": [1, 2]}'), ("a.csv", "id,report\n1,The liver.\n"),
     ("readme.txt", "Masks of May.\n"), ("a.csv", ""), ("a.csv", "1,liver\nx,spleen\n"), ("a.csv", "id,name\n70000,liver\n")],
)  # fmt: skip
def test_what_is_no_table(name, text):
    assert parse_table(text.encode(), name) is None


def test_two_names_of_a_value_contradict(tmp_path):
    assert parse_table(b"1,liver\n1,spleen\n", "a.csv").contradicts
    (tmp_path / "a.csv").write_text("1,liver\n1,spleen\n")
    with pytest.raises(ValueError, match="two names"):
        load_scheme(str(tmp_path / "a.csv"))


def test_the_nearest_table_speaks_of_a_mask_and_another_masks_table_does_not():
    def at(path):
        return Source("/masks", path)

    tables = [(at("labels.csv"), Table({1: "liver"})), (at("p/labels.csv"), Table({1: "spleen"})),
              (at("p/b_labels.csv"), Table({1: "aorta"}))]  # fmt: skip
    masks = [at("a.nii.gz"), at("p/a.nii.gz"), at("p/b.nii.gz"), at("q/c.nii.gz")]
    found = [nearest_table(mask, tables, masks).names[1] for mask in masks]
    assert found == ["liver", "spleen", "aorta", "liver"]
    assert nearest_table(masks[0], tables[1:], masks) is None
    assert nearest_table(masks[0], [tables[0], (at("other.csv"), Table({1: "aorta"}))], masks).contradicts


def test_a_table_is_read_from_its_file(tmp_path):
    (tmp_path / "labels.json").write_text('{"1": "liver"}')
    source = Source(str(tmp_path), "labels.json")
    assert may_be_table(source) and read_table(source) == Table({1: "liver"})
    (tmp_path / "notes.txt").write_text("May\n")
    assert read_table(Source(str(tmp_path), "notes.txt")) == "not_a_mask"
