"""A part is a pure function of its rows: shards of every kind, and what must be known of their slices."""

import numpy as np
import pyarrow.parquet as pq

from refrad2d.dataset.duplicates import digest_of, look_of
from refrad2d.dataset.order import write_order
from refrad2d.dataset.parts import Folders, Part, Writing, write_part
from refrad2d.engine.sealed import Given
from refrad2d.samples import make_image, read_samples
from refrad2d.system.files import write_jsonl
from refrad2d.system.packed import unpack
from tests.fixtures.tiny_dataset import make_row

KEY = bytes(range(32))


def write(root, **options) -> tuple[Part, dict]:
    """The part of three rows of one patient, without masks, and its files."""
    rows = [make_row(n, "p1", (10, 20, 50, 60)) for n in range(3)]
    plain = [{**{k: v for k, v in row.items() if k not in ("image", "mask")}, "objects": []} for row in rows]
    for row in plain:
        row["provenance"] = {**row["provenance"], "segmenter": None}
    (root / "ingest" / "frames").mkdir(parents=True)
    np.arange(3 * 16, dtype=np.uint16).tofile(root / "ingest" / "frames" / "f.u16")
    about = {"file": "f.u16", "slope": 1.0, "intercept": -1024.0, "placement": {"shape": [4, 4]}}
    frames = [{"id": row["id"], "offset": 32 * n, **about} for n, row in enumerate(rows)]
    write_jsonl(root / "ingest" / "series.jsonl", [{"frames": frames}])
    write_jsonl(root / "rows.jsonl", plain)
    order = write_order(root / "ingest", root / "rows.jsonl", root / "order", KEY)
    (run,) = order.divide()
    (root / "files").mkdir()
    folders = Folders(str(order.folder), str(root / "ingest" / "frames"), str(root / "masks"))
    (value,) = write_part([Writing(7, run, folders, **options)], Given(KEY, root / "files", 1))
    return unpack(value), {path.name: path for path in (root / "files").iterdir()}


def test_a_part_writes_shards_and_says_what_is_in_them(tmp_path):
    part, files = write(tmp_path, batch="b001", digests=True)
    assert {name for _, name in part.shards} == files.keys() and part.rows["slices"] == 3
    assert all(".00007-" in name and "-b001." in name for name in files)
    names = dict(part.shards)
    table = pq.read_table(files[names["slices"]]).to_pylist()
    samples = list(read_samples(files[names["archive"]]))
    assert [made.id for made in part.made] == [row["id"] for row in table] == [key for key, _ in samples]
    for made, row in zip(part.made, table, strict=True):
        n = int(made.id[1:])
        pixels = np.arange(16 * n, 16 * n + 16, dtype=np.uint16).reshape(4, 4)
        picture = make_image(pixels, {"modality": row["modality"], "slope": 1.0, "intercept": -1024.0})
        assert (made.patient, made.series) == (row["patient"], row["series"])
        assert (made.look, made.digest) == (look_of(picture), digest_of(picture))


def test_rows_that_are_left_out_are_in_no_shard(tmp_path):
    part, files = write(tmp_path / "some", without=("s1",))
    assert sorted(made.id for made in part.made) == ["s0", "s2"] and part.made[0].digest == ""
    assert [row["id"] for row in pq.read_table(files[dict(part.shards)["slices"]]).to_pylist()] == [
        m.id for m in part.made
    ]
    nothing, files = write(tmp_path / "none", without=("s0", "s1", "s2"))
    assert nothing == Part([], {}, []) and not files
