"""The rows of a dataset in the order of their shards, on disk, and the parts that are written one by one.

    order = write_order(ingested, rows, folder, key)
    for run in order.divide(): print(run.split, run.rows)

Within a split rows stand in the order of a keyed hash of their ids. Parts follow from the input alone. A part becomes a
shard of each kind, so that it has as many rows as fill one, and fewer where the input is small: all cores have work.
"""

import hashlib
import json
import math
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import BinaryIO, NamedTuple

from refrad2d.dataset.splits import split_of
from refrad2d.dataset.writers import ROWS_A_GROUP
from refrad2d.layout import SPLITS
from refrad2d.rows import SCALE
from refrad2d.system.files import atomic_path, read_jsonl
from refrad2d.system.pseudonyms import pseudonym
from refrad2d.system.sorting import SortedRows

ROWS_A_PART, PIXELS_A_PART = 8 * ROWS_A_GROUP, 256 << 20  # rows, and pixels before they are encoded
FEWEST_PARTS = 16  # of an input with so many groups of rows
PLACE = ("file", "offset", *SCALE)  # what is kept of a frame, beside its number in the series and its shape


class Run(NamedTuple):
    """Neighbouring rows of a split: the bytes of its file where they stand, how many they are, and their pixels."""

    split: str
    start: int
    size: int
    rows: int
    pixels: int


class Order(NamedTuple):
    """The rows of all splits in runs of a group; `version` tells them from any others."""

    folder: Path
    runs: Sequence[Run]
    version: str

    def divide(self) -> list[Run]:
        """The parts, split by split."""
        most_rows = min(ROWS_A_PART, sum(run.rows for run in self.runs) // FEWEST_PARTS)
        parts: list[Run] = []
        for run in self.runs:
            last = parts[-1] if parts else None
            if (
                last
                and last.split == run.split
                and last.rows + run.rows <= most_rows
                and last.pixels + run.pixels <= PIXELS_A_PART
            ):
                joined = (mine + theirs for mine, theirs in zip(last[2:], run[2:], strict=True))
                parts[-1] = Run(last.split, last.start, *joined)
            else:
                parts.append(run)
        return parts


def path_of(folder: Path, split: str) -> Path:
    """The file of the rows of a split, each a line [row, frame]."""
    return folder / f"{split}.jsonl"


def write_order(ingested: Path, rows: Path, folder: Path, key: bytes) -> Order:
    """Write the rows of a file with the frames that series.jsonl has of them; neither rows nor frames are held.

    ValueError if a row has no frame.
    """
    frames, ordered = SortedRows(folder / "frames.order"), SortedRows(folder / "rows.order")
    try:
        for series in read_jsonl(ingested / "series.jsonl"):
            for number, frame in enumerate(series["frames"]):
                about = {"number": number, "placement": {"shape": frame["placement"]["shape"]}}
                frames.add(pseudonym(key, "order", frame["id"]), about | {name: frame[name] for name in PLACE})
        with rows.open(encoding="utf-8", newline="\n") as file:
            for line in filter(str.strip, file):
                row = json.loads(line)
                name, split = pseudonym(key, "order", row["id"]), split_of(row["patient"], key)
                ordered.add_line(f"{name} {split}", line.rstrip("\n"))
        with ExitStack() as stack:
            writers = {split: stack.enter_context(_Writer.open(path_of(folder, split), split)) for split in SPLITS}
            for split, row, frame in _join(frames, ordered):
                writers[split].write(f"[{row}, {frame}]\n", math.prod(json.loads(frame)["placement"]["shape"]))
        times = [path.stat().st_mtime_ns for path in (ingested / "series.jsonl", rows)]
        runs = [run for writer in writers.values() for run in writer.runs]
        return Order(folder, runs, repr((times, [writer.digest.hexdigest() for writer in writers.values()])))
    finally:
        frames.close()
        ordered.close()


def _join(frames: SortedRows, rows: SortedRows) -> Iterator[tuple[str, str, str]]:
    """The split of each row, and the lines of the row and of its frame."""
    places = frames.lines()
    for names, row in rows.lines():
        name, _, split = names.partition(" ")
        frame = next((line for at, line in places if at == name), None)
        if frame is None:
            raise ValueError("A row has no frame in series.jsonl. Delete DIR/.stages and build again.")
        yield split, row, frame


class _Writer:
    """Writes the file of a split, and notes a run for each group of rows."""

    def __init__(self, split: str, file: BinaryIO) -> None:
        self.split, self.file = split, file
        self.runs: list[Run] = []
        self.digest = hashlib.sha256()
        self._at = 0

    @classmethod
    @contextmanager
    def open(cls, path: Path, split: str) -> "Iterator[_Writer]":
        """A writer of a new file, which is there when the context ends."""
        with atomic_path(path) as temporary, temporary.open("wb") as file:
            yield cls(split, file)

    def write(self, line: str, pixels: int) -> None:
        data = line.encode("utf-8")
        if not self.runs or self.runs[-1].rows == ROWS_A_GROUP:
            self.runs.append(Run(self.split, self._at, 0, 0, 0))
        last = self.runs[-1]
        self.runs[-1] = Run(self.split, last.start, last.size + len(data), last.rows + 1, last.pixels + pixels)
        self.file.write(data)
        self.digest.update(data)
        self._at += len(data)
