"""Rows and pixels → what is published: Parquet for viewing and training, WebDataset as lossless archive.

Writes the two folders of `layout` below `dst`, in an order that is sorted on disk. Where pictures turn out to be the
same in two splits, all is written a second time without them.
"""

import shutil
from collections import Counter, defaultdict, deque
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from concurrent.futures import Future, ProcessPoolExecutor
from dataclasses import dataclass, field
from itertools import islice
from multiprocessing import get_context
from pathlib import Path
from typing import cast

from refrad2d.conversations import conversations, sft_row
from refrad2d.dataset import duplicates
from refrad2d.dataset.duplicates import Pictures, Seen, left_out
from refrad2d.dataset.encoding import Encoded, Task, encode, encode_some
from refrad2d.dataset.splits import split_of
from refrad2d.dataset.volumes import publishable, write_volumes
from refrad2d.dataset.writers import ParquetShards, TarShards
from refrad2d.images.masks.pictures import SUFFIX
from refrad2d.layout import ARCHIVE, PARQUET, SFT_SPLITS, shard_folder, stem
from refrad2d.rows import SCALE, Row, is_grounded, read_rows
from refrad2d.schema import arrow_schema
from refrad2d.system.accounting import Progress, no_progress
from refrad2d.system.files import read_jsonl
from refrad2d.system.pseudonyms import pseudonym
from refrad2d.system.sorting import SortedRows

PIXELS = ("file", "offset", "placement")  # what tells where the pixels of a frame lie
TASKS_AT_ONCE = 16  # slices that a child process is given at a time


Refuse = Callable[[Row, Encoded], str | None]


def run(
    ingested: Path,
    segmented: Path,
    rows: Path,
    dst: Path,
    *,
    key: bytes,
    workers: int = 1,
    progress: Progress = no_progress,
    batch: str = "",
    refuse: Refuse | None = None,
    published: Iterable[Seen] = (),
    pictures: Pictures | None = None,
    volumes: Path | None = None,
    known: Collection[str] = (),
) -> dict[str, Counter]:
    """Write all configs and splits. Returns rows as {config: {split: rows}}, under "patients" patients a split, under
    "left_out" the reasons of rows that were not written; those of volumes begin with volumes_.

    `batch` stands in the names of the shards, so that they can lie beside those of other batches. `refuse` says why a
    row is left out, None to keep it. `published` are the pictures that the dataset holds already, in all its splits,
    `known` its series; `pictures` is given those that were written. `volumes` are those of whole series, of which
    `volumes.publishable` says what is written.
    """
    order = _ordered(ingested, segmented, rows, dst, key)
    work = _Work(dst, key, workers, progress, batch, refuse)
    try:
        written = work.write(order)
        if twice := left_out(written.pictures, published):
            for folder in (PARQUET, ARCHIVE):
                shutil.rmtree(dst / folder, ignore_errors=True)
            written = work.write(order, frozenset(twice))
            written.left_out[duplicates.REASON] += len(twice)
    finally:
        order.close()
    if pictures is not None:
        for seen in written.pictures:
            pictures.add(seen)
    patients = Counter({split: len(names) for split, names in written.patients.items()})
    if volumes and written.series:
        refuse_series = publishable(written.series, written.incomplete, known)
        found, not_written = write_volumes(volumes, dst, refuse_series, key=key, batch=batch)
        written.counts |= {"volumes": found} if found else {}
        written.left_out.update({f"volumes_{reason}": n for reason, n in not_written.items()})
    return {**written.counts, "patients": patients, "left_out": written.left_out}


def _ordered(ingested: Path, segmented: Path, rows: Path, dst: Path, key: bytes) -> SortedRows:
    """The tasks of all rows in the order of their shards, a keyed hash of their ids; neither rows nor frames are held.

    ValueError if a row has no frame.
    """
    frames, tasks = SortedRows(dst / "frames.order"), SortedRows(dst / "rows.order")
    try:
        for series in read_jsonl(ingested / "series.jsonl"):
            for number, frame in enumerate(series["frames"]):
                about = {"number": number, **{name: frame[name] for name in (*PIXELS, *SCALE)}}
                frames.add(pseudonym(key, "order", frame["id"]), about)
        for row in read_rows(rows):
            tasks.add(pseudonym(key, "order", row["id"]), row)
        joined = SortedRows(dst / "tasks.order")
        places = iter(frames)
        for name, task in tasks:
            frame = next((frame for at, frame in places if at == name), None)
            if frame is None:
                joined.close()
                raise ValueError("A row has no frame in series.jsonl. Delete DIR/.stages and build again.")
            joined.add(name, _task(cast(Row, task), frame, ingested, segmented)._asdict())
        return joined
    finally:
        frames.close()
        tasks.close()


@dataclass
class _Written:
    """What one pass over the rows wrote."""

    counts: dict[str, Counter] = field(default_factory=dict)
    patients: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set))
    pictures: Pictures = field(default_factory=Pictures)
    series: set[str] = field(default_factory=set)
    incomplete: set[str] = field(default_factory=set)  # series of which a slice was left out
    left_out: Counter = field(default_factory=Counter)


@dataclass(frozen=True)
class _Work:
    """How rows are written, the same in both passes."""

    dst: Path
    key: bytes
    workers: int
    progress: Progress
    batch: str
    refuse: Refuse | None

    def write(self, order: SortedRows, without: Collection[str] = ()) -> _Written:
        """Write all rows in order but those of the ids of `without`."""
        outputs, written = _Outputs(self.dst, self.batch), _Written()
        tasks = _kept((Task(**task) for _, task in order), without, written)
        encoded = _encode_all(tasks, self.workers)
        for task, pictures in self.progress(encoded, order.rows - len(without), "shards"):
            row = cast(Row, {name: value for name, value in task.row.items() if name not in SCALE})
            if self.refuse and (reason := self.refuse(row, pictures)):
                written.left_out[reason] += 1
                written.incomplete.add(row["series"])
                continue
            split = split_of(row["patient"], self.key)
            written.patients[split].add(row["patient"])
            written.series.add(row["series"])
            written.pictures.add(Seen(row["id"], split, pictures.look))
            outputs.write(row, pictures, split)
        written.counts = outputs.close()
        return written


def _kept(tasks: Iterable[Task], without: Collection[str], written: _Written) -> Iterator[Task]:
    """The tasks but those of the ids of `without`, whose series are noted as incomplete."""
    for task in tasks:
        if task.row["id"] in without:
            written.incomplete.add(task.row["series"])
        else:
            yield task


def _encode_all(tasks: Iterable[Task], workers: int) -> Iterator[tuple[Task, Encoded]]:
    """Each task with its pictures, in order; few are ahead of the one that is asked for."""
    if workers == 1:
        yield from ((task, encode(task)) for task in tasks)
        return
    with ProcessPoolExecutor(workers, get_context("spawn")) as pool:
        waiting: deque[tuple[list[Task], Future[list[Encoded]]]] = deque()
        source = iter(tasks)
        while True:
            while len(waiting) < 2 * workers and (some := list(islice(source, TASKS_AT_ONCE))):
                waiting.append((some, pool.submit(encode_some, some)))
            if not waiting:
                return
            some, future = waiting.popleft()
            yield from zip(some, future.result(), strict=True)


def _task(row: Row, frame: Mapping, ingested: Path, segmented: Path) -> Task:
    mask = segmented / "masks" / f"{row['series']}{SUFFIX}"
    return Task(
        {**row, **{name: frame[name] for name in SCALE}},
        str(ingested / "frames"),
        {name: frame[name] for name in (*PIXELS, "number")},
        str(mask) if row["provenance"]["segmenter"] else None,
    )


class _Outputs:
    """All open shard writers, made when their first row comes, so that an empty split leaves no file."""

    def __init__(self, dst: Path, batch: str) -> None:
        self.dst, self.batch = dst, batch
        self.parquet: dict[tuple[str, str], ParquetShards] = {}
        self.tars: dict[str, TarShards] = {}

    def write(self, row: Row, encoded: Encoded, split: str) -> None:
        image = {"bytes": encoded.image, "path": f"{row['id']}.png"}
        mask = {"bytes": encoded.mask, "path": f"{row['id']}.mask.png"} if encoded.mask else None
        full = {**row, "image": image, "mask": mask}
        self._parquet("slices", split).write(full)
        if is_grounded(row):
            self._parquet("grounded", split).write(full)
        if split in SFT_SPLITS:
            for messages in conversations(row):
                self._parquet("sft", split).write(sft_row(image, messages))
        if split not in self.tars:
            self.tars[split] = TarShards(shard_folder(self.dst, "archive"), stem("archive", split, self.batch))
        self.tars[split].write(row["id"], encoded.members)

    def _parquet(self, kind: str, split: str) -> ParquetShards:
        if (kind, split) not in self.parquet:
            folder, name = shard_folder(self.dst, kind), stem(kind, split, self.batch)
            self.parquet[kind, split] = ParquetShards(folder, name, arrow_schema(kind))
        return self.parquet[kind, split]

    def close(self) -> dict[str, Counter]:
        counts: dict[str, Counter] = defaultdict(Counter)
        for (kind, split), writer in self.parquet.items():
            counts[kind][split] = writer.rows
            writer.close()
        for tar in self.tars.values():
            tar.close()
        return counts
