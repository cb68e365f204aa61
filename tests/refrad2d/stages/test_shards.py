"""A slice is encoded once, and each config gets its part of it."""

import json

import numpy as np
from PIL import Image

from refrad2d.boxes import objects
from refrad2d.layout import list_shards
from refrad2d.samples import decode, make_image, read_png, read_samples
from refrad2d.stages.shards import Task, encode, run
from refrad2d.system.files import write_jsonl
from tests.fixtures.tiny_dataset import MASK_SIZE, make_row

KEY = bytes(range(32))


def make_stages(root, rows):
    """What the stages before leave for these rows, a mask for each."""
    plain = []
    (root / "ingest" / "frames").mkdir(parents=True), (root / "segment" / "masks").mkdir(parents=True)
    frames = []
    for n, row in enumerate(rows):
        np.save(root / "ingest" / "frames" / f"f{n}.npy", np.full((MASK_SIZE, MASK_SIZE), 1000 + n, np.uint16))
        row["mask"].save(root / "segment" / "masks" / f"{row['id']}.png")
        frames.append({"id": row["id"], "file": f"f{n}", "slope": 1.0, "intercept": -1024.0})
        found = objects(np.asarray(row["mask"]))
        plain.append({name: row[name] for name in row if name not in ("image", "mask")} | {"objects": found})
    write_jsonl(root / "ingest" / "series.jsonl", [{"frames": frames}])
    write_jsonl(root / "rows.jsonl", plain)
    return root / "ingest", root / "segment", root / "rows.jsonl"


def test_members_and_image_are_those_of_the_slice(tmp_path):
    pixels, mask = np.arange(16, dtype=np.uint16).reshape(4, 4), np.eye(4, dtype=np.uint8)
    np.save(tmp_path / "p.npy", pixels), Image.fromarray(mask).save(tmp_path / "m.png")
    row = {"id": "a", "modality": "MR", "slope": 1.0, "intercept": 0.0}
    made = encode(Task(row, str(tmp_path / "p.npy"), str(tmp_path / "m.png")))
    assert np.array_equal(read_png(made.image), make_image(pixels, row))
    assert made.members["mask.png"] == made.mask == (tmp_path / "m.png").read_bytes()
    assert decode(made.members)["json"] == row
    assert encode(Task(row, str(tmp_path / "p.npy"), None)).mask is None


def test_rows_come_out_in_every_kind_of_shard(tmp_path):
    rows = [make_row(n, f"p{n}", (10, 20, 50, 60)) for n in range(4)]
    counts = run(*make_stages(tmp_path, rows), tmp_path / "out", key=KEY)
    assert counts["slices"].total() == counts["grounded"].total() == 4
    samples = [sample for shard in list_shards(tmp_path / "out", "archive") for _, sample in read_samples(shard)]
    assert {json.loads(sample["json"])["id"] for sample in samples} == {row["id"] for row in rows}
    assert counts["patients"].total() == 4


def test_a_refused_row_is_counted_and_left_out(tmp_path):
    rows = [make_row(n, f"p{n}", (10, 20, 50, 60)) for n in range(3)]
    stages = make_stages(tmp_path, rows)
    refuse = lambda row, encoded: "known" if row["id"] == "s1" else None  # noqa: E731
    counts = run(*stages, tmp_path / "out", key=KEY, batch="b001", refuse=refuse)
    assert counts["refused"] == {"known": 1} and counts["slices"].total() == 2
    assert all("-b001-" in path.name for path in list_shards(tmp_path / "out", "slices"))
