"""Shards of bounded size, the same bytes for the same rows."""

import subprocess
import sys
import tarfile

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from refrad2d.dataset.writers import ROWS_A_GROUP, ParquetShards, TarShards
from tests.fixtures.paths import ROOT

NUMBERS = pa.schema({"id": pa.string(), "n": pa.int32()})


def write(folder, rows, **options):
    writer = ParquetShards(folder, "slices-train", NUMBERS, **options)
    for n in range(rows):
        writer.write({"id": f"s{n}", "n": n, "beside": "is left out"})
    return writer, writer.close()


def test_rows_are_read_as_written_without_other_columns(tmp_path):
    writer, (path,) = write(tmp_path, 3)
    assert path.name == "slices-train-00000-of-00001.parquet" and writer.rows == 3
    assert pq.read_table(path).to_pylist()[2] == {"id": "s2", "n": 2}


def test_a_full_shard_is_followed_by_the_next(tmp_path):
    _, paths = write(tmp_path, 2 * ROWS_A_GROUP + 1, limit=1)
    assert [path.name for path in paths] == [f"slices-train-0000{n}-of-00003.parquet" for n in range(3)]
    assert [len(pq.read_table(path)) for path in paths] == [ROWS_A_GROUP, ROWS_A_GROUP, 1]


def test_no_row_leaves_no_file(tmp_path):
    assert write(tmp_path / "new", 0)[1] == [] and not (tmp_path / "new").exists()


def test_the_same_rows_are_the_same_bytes(tmp_path):
    (a,), (b,) = (write(tmp_path / name, 5)[1] for name in "ab")
    assert a.read_bytes() == b.read_bytes()


def test_rows_are_written_without_pandas_which_is_found_later(tmp_path):
    code = (
        "import sys; from pathlib import Path; from tests.refrad2d.dataset.test_writers import write;"
        f"_, (path,) = write(Path({str(tmp_path)!r}), 3); assert 'pandas' not in sys.modules;"
        "import pyarrow.parquet as pq; assert list(pq.read_table(path).to_pandas()['n']) == [0, 1, 2]"
    )
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT).returncode == 0


def test_members_of_a_tar_say_nothing_of_who_wrote_them(tmp_path):
    writer = TarShards(tmp_path, "train", limit=1)
    for key in ("a", "b"):
        writer.write(key, {"json": b"{}", "pixels.png": b"x"})
    paths = writer.close()
    assert [path.name for path in paths] == ["train-00000-of-00002.tar", "train-00001-of-00002.tar"]
    with tarfile.open(paths[0]) as tar:
        assert [(m.name, m.mtime, m.uid, m.uname, m.mode) for m in tar] == [
            (name, 0, 0, "", 0o644) for name in ("a.json", "a.pixels.png")
        ]


@pytest.mark.parametrize("key", ["", "a.b", "A", "1.2.840", "ä"])
def test_a_key_that_could_be_cut_or_clash_is_refused(tmp_path, key):
    with pytest.raises(ValueError, match="Use a pseudonym"):
        TarShards(tmp_path, "train").write(key, {"json": b"{}"})
