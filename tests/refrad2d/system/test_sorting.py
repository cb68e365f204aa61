"""Rows are sorted on disk as `sorted` would sort them in memory, whatever the size of the parts."""

import json
import random

import pytest

from refrad2d.system import sorting
from refrad2d.system.files import read_jsonl, write_jsonl
from refrad2d.system.sorting import SortedRows, write_sorted_jsonl


def rows(count=200):
    draw = random.Random(3)
    return [{"id": f"k{draw.randrange(50):02d}", "n": n, "text": "ä\n\u2028\t", "x": 0.1 * n} for n in range(count)]


@pytest.mark.parametrize("part_bytes", [1, 300, 5000, 1 << 20])
def test_parts_of_any_size_give_one_order(tmp_path, monkeypatch, part_bytes):
    monkeypatch.setattr(sorting, "MOST_PARTS", 4)
    ordered = SortedRows(tmp_path / "parts", part_bytes=part_bytes)
    for row in rows():
        ordered.add(row["id"], row)
    expected = sorted(rows(), key=lambda row: row["id"])
    assert [row for _, row in ordered] == expected and ordered.rows == 200
    assert [key for key, _ in ordered] == [row["id"] for row in expected]  # a second time
    ordered.close()
    assert not (tmp_path / "parts").exists()


def test_no_rows_are_no_lines(tmp_path):
    assert list(SortedRows(tmp_path / "parts")) == []


def test_a_key_that_would_break_a_line_is_refused(tmp_path):
    with pytest.raises(ValueError, match="Give a pseudonym"):
        SortedRows(tmp_path / "parts").add("a\tb", {})


def test_a_sorted_file_has_the_bytes_of_a_written_one(tmp_path):
    write_jsonl(tmp_path / "a", sorted(rows(), key=lambda row: row["id"]))
    write_sorted_jsonl(tmp_path / "b", rows(), key=lambda row: row["id"])
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()
    assert len(list(read_jsonl(tmp_path / "b"))) == 200 and sorted(p.name for p in tmp_path.iterdir()) == ["a", "b"]
    assert json.loads((tmp_path / "b").read_text(encoding="utf-8").split("\n")[0])["text"] == "ä\n\u2028\t"
