"""A part of what is published: neighbouring rows of one split → shards of every kind, and what must be known of them.

    parts = Sealing(folder, Processes(4, key), key).run("refrad2d.dataset.parts:write_part", tasks, "shards")

A part is a pure function of its rows, which stand in a file that all parts read, so that the bytes are the same whoever
does it. Its shards have names of their own until all parts are there (`stages/shards`).
"""

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from refrad2d.conversations import conversations, sft_row
from refrad2d.dataset.encoding import Encoded, Task, encode
from refrad2d.dataset.order import Run, path_of
from refrad2d.dataset.writers import ParquetShards, TarShards
from refrad2d.engine.sealed import Given
from refrad2d.images.masks.pictures import SUFFIX
from refrad2d.layout import SFT_SPLITS, stem
from refrad2d.rows import SCALE, Row, is_grounded
from refrad2d.schema import arrow_schema
from refrad2d.system.packed import pack


class Folders(NamedTuple):
    """Where the rows, the pixels and the masks of all parts lie."""

    rows: str
    frames: str
    masks: str


class Writing(NamedTuple):
    """Rows to write: the number of the part, and the run of lines [row, frame] that it is.

    The rows of the ids of `without` are left out. `digests` asks for what tells equal pictures.
    """

    number: int
    run: Run
    folders: Folders
    batch: str = ""
    digests: bool = False
    without: tuple[str, ...] = ()


class Made(NamedTuple):
    """What is known of a slice that was written; `digest` only where it was asked for."""

    id: str
    patient: str
    series: str
    look: bytes
    digest: str


class Part(NamedTuple):
    """What a part wrote: its shards, as kind and name in the order of their rows, the rows of each kind, its slices."""

    shards: list[tuple[str, str]]
    rows: dict[str, int]
    made: list[Made]


def write_part(tasks: Sequence[Writing], given: Given) -> Iterator[bytes]:
    """A part: of each run of rows a `Part`, packed; the shards lie in `given.files`."""
    for task in tasks:
        outputs, made = _Outputs(given.files, task), list[Made]()
        for slice_ in _read(task):
            row: Any = {name: value for name, value in slice_.row.items() if name not in SCALE}
            encoded = encode(slice_, digest=task.digests)
            outputs.write(row, encoded)
            made.append(Made(row["id"], row["patient"], row["series"], encoded.look, encoded.digest))
        yield pack(outputs.close(made))


def _read(task: Writing) -> Iterator[Task]:
    """The slices of a part, one at a time."""
    without, end, folders = frozenset(task.without), task.run.start + task.run.size, task.folders
    with path_of(Path(folders.rows), task.run.split).open("rb") as file:
        file.seek(task.run.start)
        while file.tell() < end:
            row, frame = json.loads(file.readline())
            if row["id"] in without:
                continue
            mask = f"{folders.masks}/{row['series']}{SUFFIX}" if row["provenance"]["segmenter"] else None
            yield Task({**row, **{name: frame[name] for name in SCALE}}, folders.frames, frame, mask)


class _Outputs:
    """The shards of a part, made when their first row comes, so that a kind without rows leaves no file."""

    def __init__(self, folder: Path, task: Writing) -> None:
        self._folder, self._task = folder, task
        self._parquet: dict[str, ParquetShards] = {}
        self._tar: TarShards | None = None

    def write(self, row: Row, encoded: Encoded) -> None:
        image = {"bytes": encoded.image, "path": f"{row['id']}.png"}
        mask = {"bytes": encoded.mask, "path": f"{row['id']}.mask.png"} if encoded.mask else None
        full = {**row, "image": image, "mask": mask}
        self._to("slices").write(full)
        if is_grounded(row):
            self._to("grounded").write(full)
        if self._task.run.split in SFT_SPLITS:
            for messages in conversations(row):
                self._to("sft").write(sft_row(image, messages))
        self._tar = self._tar or TarShards(self._folder, self._stem("archive"))
        self._tar.write(row["id"], encoded.members)

    def _to(self, kind: str) -> ParquetShards:
        if kind not in self._parquet:
            self._parquet[kind] = ParquetShards(self._folder, self._stem(kind), arrow_schema(kind))
        return self._parquet[kind]

    def _stem(self, kind: str) -> str:
        return f"{stem(kind, self._task.run.split, self._task.batch)}.{self._task.number:05d}"

    def close(self, made: list[Made]) -> Part:
        writers: dict[str, ParquetShards | TarShards] = {**self._parquet}
        if self._tar:
            writers["archive"] = self._tar
        shards = [(kind, path.name) for kind, writer in writers.items() for path in writer.close()]
        return Part(shards, {kind: writer.rows for kind, writer in self._parquet.items()}, made)
