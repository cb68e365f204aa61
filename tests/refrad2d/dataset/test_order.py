"""Rows stand in a keyed order with their frames, and parts follow from the input alone."""

import json

from refrad2d.dataset.order import ROWS_A_PART, Order, Run, path_of, write_order
from refrad2d.dataset.splits import split_of
from refrad2d.system.files import write_jsonl
from refrad2d.system.pseudonyms import pseudonym

KEY = bytes(range(32))
FRAME = {"file": "f.u16", "slope": 1.0, "intercept": -1024.0, "placement": {"shape": [4, 6], "plane": "axial"}}


def write_stages(root, count):
    rows = [{"id": f"s{n}", "patient": f"p{n % 7}", "said": "ü"} for n in range(count)]
    frames = [{"id": f"s{n}", "offset": 48 * n, **FRAME} for n in range(count + 3)]  # of some no row came
    root.mkdir()
    write_jsonl(root / "series.jsonl", [{"frames": frames[:5]}, {"frames": frames[5:]}])
    write_jsonl(root / "rows.jsonl", rows)
    return rows


def test_each_row_stands_with_its_frame_in_the_order_of_a_keyed_hash(tmp_path):
    rows = write_stages(tmp_path / "in", 40)
    order = write_order(tmp_path / "in", tmp_path / "in" / "rows.jsonl", tmp_path / "out", KEY)
    found = []
    for run in order.divide():
        data = path_of(order.folder, run.split).read_bytes()[run.start : run.start + run.size]
        lines = [json.loads(line) for line in data.splitlines()]
        assert len(lines) == run.rows and run.pixels == 24 * run.rows
        assert [row["id"] for row, _ in lines] == sorted(
            (r["id"] for r, _ in lines), key=lambda i: pseudonym(KEY, "order", i)
        )
        assert all(split_of(row["patient"], KEY) == run.split for row, _ in lines)
        found += lines
    assert sorted((row for row, _ in found), key=lambda row: int(row["id"][1:])) == rows
    assert all(frame["offset"] == 48 * int(row["id"][1:]) for row, frame in found)
    assert all(frame["number"] == (n if (n := int(row["id"][1:])) < 5 else n - 5) for row, frame in found)
    assert sorted(path.name for path in order.folder.iterdir()) == ["test.jsonl", "train.jsonl", "validation.jsonl"]


def test_the_version_is_that_of_the_rows(tmp_path):
    write_stages(tmp_path / "in", 9)
    made = lambda: write_order(tmp_path / "in", tmp_path / "in" / "rows.jsonl", tmp_path / "out", KEY).version  # noqa: E731
    first = made()
    assert made() == first
    rows = (tmp_path / "in" / "rows.jsonl").read_text().replace("ü", "ä")
    (tmp_path / "in" / "rows.jsonl").write_text(rows)
    assert made() != first


def divide(*runs):
    """Rows of the parts of runs that are given as (split, rows, pixels)."""
    order = Order(None, [Run(split, 0, 10, rows, pixels) for split, rows, pixels in runs], "")
    return [(part.split, part.rows, part.size) for part in order.divide()]


def test_parts_are_of_one_split_and_as_large_as_a_shard():
    large = divide(*[("train", 128, 128 << 18)] * 256, *[("test", 128, 128 << 18)] * 12)
    assert large == [("train", ROWS_A_PART, 80)] * 32 + [("test", ROWS_A_PART, 80), ("test", 512, 40)]


def test_parts_of_large_slices_have_fewer_rows():
    assert {rows for _, rows, _ in divide(*[("train", 128, 128 << 20)] * 256)} == {256}


def test_a_small_input_has_a_part_a_group():
    assert divide(("train", 128, 9), ("train", 7, 9), ("test", 1, 9)) == [
        ("train", 128, 10),
        ("train", 7, 10),
        ("test", 1, 10),
    ]
    assert divide() == []
