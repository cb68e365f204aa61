"""Pseudonyms are found wherever they stand."""

import pyarrow as pa
import pyarrow.parquet as pq

from refrad2d.operations.traces import find_traces

NAME = "abcdefghij234567abcd"


def test_a_pseudonym_is_found_in_names_bytes_and_packed_columns(tmp_path):
    (tmp_path / "report.html").write_text(f"<b>{NAME}</b>")
    (tmp_path / f"{NAME}.txt").write_text("x")
    (tmp_path / "long.txt").write_text(f"zz{NAME}zz")
    nested = pa.table({"row": [{"ids": ["x", NAME], "bytes": b"y"}]})
    pq.write_table(nested, tmp_path / "a.parquet", compression="zstd")
    assert set(find_traces(tmp_path, {NAME})) == {"report.html", f"{NAME}.txt", "long.txt", "a.parquet"}


def test_others_empty_files_and_the_stages_are_left_alone(tmp_path):
    (tmp_path / "clean.txt").write_text(NAME[:-1] + "e")
    (tmp_path / "empty").touch()
    (tmp_path / ".stages").mkdir()
    (tmp_path / ".stages" / "a").write_text(NAME)
    assert list(find_traces(tmp_path, {NAME})) == []
