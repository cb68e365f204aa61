"""A slice is encoded once, each config gets its part of it, and whoever does a part writes the same bytes."""

import json
import signal
import subprocess
import sys

import numpy as np
import pyarrow.parquet as pq
import pytest

from refrad2d.boxes import objects
from refrad2d.dataset.duplicates import Pictures, Seen, count_seen, look_of
from refrad2d.dataset.encoding import Task, encode
from refrad2d.dataset.leaks import count_leaks
from refrad2d.dataset.splits import split_of
from refrad2d.dataset.stats import read_columns
from refrad2d.engine.parts import Unfinished
from refrad2d.engine.sealed import Sealing
from refrad2d.images.masks.pictures import write_pictures
from refrad2d.layout import list_shards
from refrad2d.samples import decode, make_image, png, read_png, read_samples
from refrad2d.stages.shards import run
from refrad2d.system.files import write_jsonl
from tests.fixtures.paths import ROOT
from tests.fixtures.tiny_dataset import MASK_SIZE, make_row

KEY = bytes(range(32))
FRAME = {"file": "p.u16", "offset": 0, "number": 0, "placement": {"shape": [4, 4]}}


def make_stages(root, rows, shown=lambda n: np.full((MASK_SIZE, MASK_SIZE), 1000 + n, np.uint16)):
    """What the stages before leave for these rows, a mask for each; `shown` are the pixels of the n-th."""
    plain = []
    (root / "ingest" / "frames").mkdir(parents=True), (root / "segment" / "masks").mkdir(parents=True)
    frames = []
    for n, row in enumerate(rows):
        shown(n).tofile(root / "ingest" / "frames" / f"f{n}.u16")
        place = {"file": f"f{n}.u16", "offset": 0, "placement": {"shape": shown(n).shape}}
        frames.append({"id": row["id"], **place, "slope": 1.0, "intercept": -1024.0})
        found = objects(np.asarray(row["mask"]))
        plain.append({name: row[name] for name in row if name not in ("image", "mask")} | {"objects": found})
    for series in {row["series"] for row in rows}:
        write_pictures(root / "segment" / "masks" / f"{series}.masks", [png(np.asarray(row["mask"])) for row in rows])
    write_jsonl(root / "ingest" / "series.jsonl", [{"frames": frames}])
    write_jsonl(root / "rows.jsonl", plain)
    return root / "ingest", root / "segment", root / "rows.jsonl"


def test_members_and_image_are_those_of_the_slice(tmp_path):
    pixels, mask = np.arange(16, dtype=np.uint16).reshape(4, 4), np.eye(4, dtype=np.uint8)
    pixels.tofile(tmp_path / "p.u16"), write_pictures(tmp_path / "a.masks", [png(mask)])
    row = {"id": "a", "modality": "MR", "slope": 1.0, "intercept": 0.0}
    made = encode(Task(row, str(tmp_path), FRAME, str(tmp_path / "a.masks")))
    assert np.array_equal(read_png(made.image), make_image(pixels, row))
    assert made.members["mask.png"] == made.mask == png(mask)
    assert decode(made.members)["json"] == row
    assert encode(Task(row, str(tmp_path), FRAME, None)).mask is None


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
    refuse = lambda made: "known" if made.id == "s1" else None  # noqa: E731
    counts = run(*stages, tmp_path / "out", key=KEY, batch="b001", refuse=refuse)
    assert counts["left_out"] == {"known": 1} and counts["slices"].total() == 2
    assert all("-b001-" in path.name for path in list_shards(tmp_path / "out", "slices"))


def people(split, count):
    """Pseudonyms of patients that fall into a split."""
    names = (f"p{n}" for n in range(1000))
    return [name for name in names if split_of(name, KEY) == split][:count]


def noise(seed):
    """Pixels like those of nothing else."""
    cells = np.random.default_rng(seed).integers(900, 1200, (14, 14), dtype=np.uint16)
    return np.kron(cells, np.ones((8, 8), np.uint16))


TWICE = [
    (split, name, place) for split in ("train", "validation", "test") for place, name in enumerate(people(split, 2))
]


def write_twice(root, order, **options):
    """Two patients a split, all firsts of whom show one picture, all seconds another but for a grey level a split."""
    rows = [make_row(k, TWICE[k][1], (10, 20, 50, 60)) for k in order]
    shown = lambda n: noise(TWICE[order[n]][2]) + np.uint16(order[n])  # noqa: E731
    root.mkdir()
    counts = run(*make_stages(root, rows, shown), root / "out", key=KEY, **options)
    return counts, {row["id"] for path in list_shards(root / "out", "slices") for row in read_columns(path, ["id"])}


def test_a_picture_in_two_splits_stays_in_test_whatever_order_and_workers(tmp_path):
    made = [
        write_twice(tmp_path / str(n), order, **options)
        for n, (order, options) in enumerate(
            [
                ([0, 1, 2, 3, 4, 5], {}),
                ([5, 4, 3, 2, 1, 0], {}),
                ([2, 4, 0, 1, 5, 3], {}),
                ([3, 0, 5, 2, 4, 1], {"workers": 2}),
            ]
        )
    ]
    for counts, ids in made:
        assert ids == {"s4", "s5"} and counts["left_out"] == {"duplicate_across_splits": 4}
        assert counts["slices"] == {"test": 2} == counts["patients"] and "sft" not in counts
    shards = [[path.read_bytes() for path in sorted((tmp_path / n / "out").rglob("*.*"))] for n in "0123"]
    assert len(shards[0]) == 3 and all(files == shards[0] for files in shards)


def test_a_new_picture_that_another_split_has_published_stays_out(tmp_path):
    rows = [make_row(n, people("test", 1)[0], (10, 20, 50, 60)) for n in range(2)]
    stages = make_stages(tmp_path, rows, noise)
    task = {"modality": "CT", "slope": 1.0, "intercept": -1024.0}
    old = Seen("old", "train", look_of(make_image(noise(1), task)))
    counts = run(*stages, tmp_path / "out", key=KEY, published=[old])
    assert counts["left_out"] == {"duplicate_across_splits": 1} and counts["slices"] == {"test": 1}


def test_what_was_written_is_counted_as_if_it_were_read_again(tmp_path):
    names = [*people("train", 2), *people("test", 1), *people("validation", 1)]
    rows = [make_row(n, names[n % 4], (10, 20, 50, 60)) for n in range(8)]
    pictures = Pictures()
    run(*make_stages(tmp_path, rows, noise), tmp_path / "out", key=KEY, pictures=pictures)
    found = count_leaks(list_shards(tmp_path / "out", "slices"))
    assert len(pictures) == 8 and len(found) == 3 and count_seen(pictures) == found


KILLED = """
import os, signal, sys
from pathlib import Path
from refrad2d.dataset import parts
from refrad2d.engine.parts import run_part

plain, seen = parts.encode, []

def encode(task, **options):
    seen.append(task)
    if len(seen) == 2:
        os.kill(os.getpid(), signal.SIGKILL)
    return plain(task, **options)

parts.encode = encode
run_part(Path(sys.argv[1]), int(sys.argv[2]))
"""


def call(folder, rank, *program):
    """Do a part in a process of its own, as on another machine; the code of its end."""
    return subprocess.run([sys.executable, *program, str(folder), str(rank)], cwd=ROOT, capture_output=True).returncode


def read_files(root):
    return {path.relative_to(root): path.read_bytes() for path in sorted(root.rglob("*.*")) if path.is_file()}


def test_the_bytes_are_the_same_whoever_does_the_parts_and_if_one_is_killed(tmp_path, monkeypatch):
    monkeypatch.setattr("refrad2d.dataset.order.ROWS_A_GROUP", 3)  # small parts
    names = [*people("train", 3), *people("test", 1), *people("validation", 1)]
    rows = [make_row(n, names[n % 5], (10, 20, 50, 60)) for n in range(20)]
    shown = lambda n: noise(n % 17)  # noqa: E731
    stages = make_stages(tmp_path, rows, shown)
    (tmp_path / "key").write_text(KEY.hex())
    asked, ends = [], []

    def elsewhere(folder, ranks):
        asked.append((folder.name, len(ranks)))
        for rank in ranks:
            killed = folder.name == "shards" and rank == 1 and len(asked) == 1
            ends.append(call(folder, rank, *(("-c", KILLED) if killed else ("-m", "refrad2d.engine.parts"))))

    def work(name, execute):
        return Sealing(tmp_path / f"{name}.parts", execute, KEY, tmp_path / "key")

    with pytest.raises(Unfinished, match="1 of 8 parts were not written"):
        run(*stages, tmp_path / "slow", key=KEY, work=work("slow", elsewhere))
    assert ends.count(-signal.SIGKILL) == 1
    assert any(path.name.startswith("files-") for path in (tmp_path / "slow.parts" / "shards").iterdir())
    slow = run(*stages, tmp_path / "slow", key=KEY, work=work("slow", elsewhere))
    assert asked[:2] == [("shards", 8), ("shards", 1)] and asked[2][0] == "shards_again"
    calm = run(*stages, tmp_path / "calm", key=KEY)
    two = run(*stages, tmp_path / "two", key=KEY, workers=2)
    files = read_files(tmp_path / "calm")
    assert slow == calm == two and calm["left_out"]["duplicate_across_splits"] > 0
    assert len(list_shards(tmp_path / "calm", "slices", "train")) > 2
    assert files == read_files(tmp_path / "slow") == read_files(tmp_path / "two")
    assert not any((tmp_path / f"{name}.parts").exists() for name in ("slow", "calm", "two"))


def test_rows_and_their_order_do_not_depend_on_the_size_of_parts(tmp_path, monkeypatch):
    rows = [make_row(n, f"p{n % 6}", (10, 20, 50, 60)) for n in range(12)]
    stages = make_stages(tmp_path, rows, noise)
    read = []
    for size in (2, 128):
        monkeypatch.setattr("refrad2d.dataset.order.ROWS_A_GROUP", size)
        run(*stages, tmp_path / str(size), key=KEY)
        shards = [list_shards(tmp_path / str(size), kind, "train") for kind in ("slices", "grounded", "sft", "archive")]
        *tables, tars = shards
        found = [[row for path in paths for row in pq.read_table(path).to_pylist()] for paths in tables]
        read.append((found, [sample for path in tars for sample in read_samples(path)], list(map(len, shards))))
    assert read[0][:2] == read[1][:2] and read[1][2] == [1, 1, 1, 1] and min(read[0][2]) > 1


def test_a_row_without_a_frame_is_an_error(tmp_path):
    stages = make_stages(tmp_path, [make_row(0, "p0", (10, 20, 50, 60))])
    write_jsonl(tmp_path / "ingest" / "series.jsonl", [])
    with pytest.raises(ValueError, match="A row has no frame in series.jsonl. Delete DIR/.stages and build again"):
        run(*stages, tmp_path / "out", key=KEY)
