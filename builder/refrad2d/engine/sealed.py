"""A stage over what identifies patients, in parts: their tasks and results pass through sealed files alone.

    parts = Sealing(folder, Processes(4, key), key).run("refrad2d.stages.series:read_part", tasks)
    for place, value in parts: …

A part is (tasks, `Given`) → the bytes of its results one by one; files that it leaves for later stages, in which nobody
may be named, lie in `parts.files` when it is done. Who does a part on another machine reads the dataset's key from its
own file there. See `engine/parts` for executors and what is done again.
"""

import os
import shutil
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple, TypeVar

from refrad2d.engine.parts import JOB, Executor, Means, PartError, discard, find_function, have_done, is_begun
from refrad2d.system.files import atomic_path, write_json
from refrad2d.system.packed import pack, unpack
from refrad2d.system.pseudonyms import key_id, load_key, pseudonym_of_list
from refrad2d.system.sealed import CannotOpen, Seal

FILES_A_PART, BYTES_A_PART = 256, 256 << 20  # of groups of files that are a part, unless a single one has more
FEWEST_PARTS = 64  # of an input that has so many groups: there may be as many workers
MEMORY = "5G"  # of a part where memory is asked for: it and a child that reads foreign files, see docs/privacy.md
Tasks = Callable[[], Iterable[Sequence[Any]]]  # the tasks of each part, the same whenever it is called
Group = TypeVar("Group")
Place = tuple[str, int]  # a file of parts, and where in it a value stands


class Given(NamedTuple):
    """What a part is given beside its tasks: the dataset's key, a folder for files, processes for what is in it."""

    key: bytes
    files: Path
    workers: int


class Sealing(NamedTuple):
    """Where sealed parts lie while a stage is at work, who does them, and the key, which others find in `key_file`."""

    folder: Path
    execute: Executor
    key: bytes
    key_file: Path | None = None

    def run(self, function: str, tasks: Tasks, name: str, versions: Iterable[str] = ()) -> "SealedParts":
        """Have `function`, the "module:name" of a part, work on the tasks of each part, whose `repr` tells all of them;
        `versions` tells what else must be the same for a part that stands to be taken. Errors as of `have_done`."""
        folder = self.folder / name
        told = pseudonym_of_list(self.key, "tasks", (repr(some) for some in tasks()), *versions)
        world = sum(1 for _ in tasks())
        job = {
            "run": f"{__name__}:run_sealed",
            "function": function,
            "world": world,
            "tasks": told,
            "key_id": key_id(self.key),
            "key_file": str(self.key_file.resolve()) if self.key_file else None,
            "memory": MEMORY,
        }
        if not is_begun(folder, job):
            discard(folder)
            (folder / "files").mkdir(parents=True)
            seal = Seal(self.key, told)
            for rank, some in enumerate(tasks()):
                path = _tasks_file(folder, rank)
                with path.open("wb") as file:
                    seal.write(file, path.name, pack(some))
            write_json(folder / JOB, job)
        have_done(folder, world, self.execute)
        return SealedParts(folder, world, told, Seal(self.key, told))


class SealedParts:
    """The results of all parts, in order, each opened when it is asked for; `told` tells their tasks from others."""

    def __init__(self, folder: Path, world: int, told: str, seal: Seal) -> None:
        self.folder, self.world, self.told, self._seal = folder, world, told, seal
        self._added = folder / "added.sealed"
        self._added.unlink(missing_ok=True)

    @property
    def files(self) -> Path:
        """The folder of the files that parts left."""
        return self.folder / "files"

    def __iter__(self) -> Iterator[tuple[Place, bytes]]:
        for rank in range(self.world):
            path = _part(self.folder, rank)
            yield from (((path.name, offset), value) for offset, value in self._seal.read(path))

    def __getitem__(self, place: Place) -> bytes:
        name, offset = place
        return self._seal.read_at(self.folder / name, offset)

    def add(self, value: bytes) -> Place:
        """Keep one more value. It is gone when the parts are asked for again."""
        with self._added.open("ab") as file:
            return self._added.name, self._seal.write(file, self._added.name, value)

    def close(self, files: Path) -> None:
        """Move the files that parts left to `files`, which may exist and be empty, and remove all else. A run that is
        killed meanwhile begins anew."""
        (self.folder / JOB).unlink()
        os.replace(self.files, files)
        shutil.rmtree(self.folder)


def divide(groups: Sequence[Group], files: Sequence[int], sizes: Sequence[int]) -> Iterator[list[Group]]:
    """Neighbouring groups of files as parts, by what the input is alone: each of few files and bytes, but of one group
    at least. `files` and `sizes` are the number of files and bytes of each group."""
    most_files = min(FILES_A_PART, max(1, sum(files) // FEWEST_PARTS))
    most_bytes = min(BYTES_A_PART, max(1, sum(sizes) // FEWEST_PARTS))
    some: list[Group] = []
    number = total = 0
    for group, count, size in zip(groups, files, sizes, strict=True):
        if some and (number + count > most_files or total + size > most_bytes):
            yield some
            some, number, total = [], 0, 0
        some.append(group)
        number, total = number + count, total + size
    if some:
        yield some


def run_sealed(folder: Path, rank: int, job: Mapping, means: Means) -> dict[str, int]:
    """Do one part: open its tasks, seal its results. `PartError` if the key is not that of the build."""
    key = means.key or _read_key(job["key_file"])
    if key_id(key) != job["key_id"]:
        raise PartError(
            f"Key {key_id(key)} opens no part of a build with key {job['key_id']}. Put the key file of the build where "
            "all nodes see it under one path, and name it with --key-file."
        )
    seal = Seal(key, job["tasks"])
    try:
        ((_, tasks),) = seal.read(_tasks_file(folder, rank))
    except CannotOpen as error:
        raise PartError(str(error)) from error
    mine = folder / f"files-{rank:05d}"
    shutil.rmtree(mine, ignore_errors=True)  # of a try that was killed
    mine.mkdir()
    number = 0
    part = _part(folder, rank)
    with atomic_path(part) as temporary, temporary.open("wb") as file:
        for value in find_function(job["function"])(unpack(tasks), Given(key, mine, means.workers)):
            seal.write(file, part.name, value)
            number += 1
    for path in mine.iterdir():
        os.replace(path, folder / "files" / path.name)
    mine.rmdir()
    return {"values": number}


def _read_key(path: str | None) -> bytes:
    if path is None or not Path(path).is_file():
        raise PartError(
            f"Key file {path} is not there on the machine of a part. Put it where all nodes see it under one path, and "
            "name it with --key-file."
        )
    return load_key(Path(path))


def _tasks_file(folder: Path, rank: int) -> Path:
    return folder / f"tasks-{rank:05d}.sealed"


def _part(folder: Path, rank: int) -> Path:
    return folder / f"part-{rank:05d}.sealed"
