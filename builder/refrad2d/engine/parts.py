"""A stage over the rows of a file, done in parts: each is a pure function of (rank, world) that writes its own file.

    run_parts("refrad2d.stages.curate:run", src, dst, folder, Processes(4))

A part is a run of neighbouring rows; what the parts wrote is joined in their order, so that any world gives the bytes
of one part. A part that stands is not done again: a killed run goes on where it was. An executor is whatever has
`run_part(folder, rank)` called for each rank, here or on another machine that sees the same folder:

    python -m refrad2d.engine.parts FOLDER RANK

Parts of what identifies patients are those of `engine/sealed`, done in the same way.
"""

import shutil
import sys
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from importlib import import_module
from itertools import islice
from pathlib import Path
from typing import Any, NamedTuple

from refrad2d.system.files import atomic_path, count_lines, read_json, write_json, write_text

ROWS_A_PART = 256  # the world depends on the input alone, not on who works on it
JOB = "job.json"  # of a folder of parts; `run` is what does one of them
Executor = Callable[[Path, Sequence[int]], None]  # (folder, ranks): have run_part called for each


class Means(NamedTuple):
    """What an executor on this machine gives a part; elsewhere the key is read from the file that the job names."""

    key: bytes = b""
    workers: int = 1  # processes for this part, where there are more workers than parts


NO_MEANS = Means()


class Unfinished(RuntimeError):
    """Parts were not done; the message says in one line, which quotes nothing of the input, how to go on."""


class PartError(ValueError):
    """Why no part can be done on that machine, in words of value, rule and remedy that quote nothing of the input."""


def run_parts(
    function: str, src: Path, dst: Path, folder: Path, execute: Executor, *, world: int | None = None
) -> Counter:
    """Have `function`, the "module:name" of (src, dst) → counts, work on the rows of `src`; returns the sum of counts.

    `folder` holds the parts until `dst` is whole, `world` is their number. `Unfinished` if a part was not written.
    """
    lines = count_lines(src)
    world = world or max(1, -(-lines // ROWS_A_PART))
    starts = _find_lines(src, [lines * rank // world for rank in range(world)])
    about = {"src": str(src.resolve()), "lines": lines, "starts": starts}
    job = {"run": f"{__name__}:run_rows", "function": function, **about}
    if not is_begun(folder, job):
        discard(folder)
        folder.mkdir(parents=True)
        write_json(folder / JOB, job)
    have_done(folder, world, execute)
    counts: Counter = Counter()
    with atomic_path(dst) as temporary, temporary.open("wb") as out:
        for rank in range(world):
            with _part(folder, rank).open("rb") as part:
                shutil.copyfileobj(part, out)
            counts.update(read_json(done_file(folder, rank)))
    discard(folder)
    return counts


def discard(folder: Path) -> None:
    """Remove a folder with parts in it or below it, if there is one: first what says that they stand, so that a run
    that is killed meanwhile begins them anew."""
    for job in sorted(folder.rglob(JOB)):
        job.unlink()
    shutil.rmtree(folder, ignore_errors=True)


def is_begun(folder: Path, job: Mapping) -> bool:
    """True if parts of this very job lie in the folder."""
    return (folder / JOB).is_file() and read_json(folder / JOB) == job


def have_done(folder: Path, world: int, execute: Executor) -> None:
    """Have the parts done that do not stand yet.

    `Unfinished` if one was not written, with what it says itself (`PartError`) if it does.
    """
    missing = [rank for rank in range(world) if not done_file(folder, rank).is_file()]
    for rank in missing:
        _error_file(folder, rank).unlink(missing_ok=True)
    try:
        if missing:
            execute(folder, missing)
    finally:
        for rank in missing:
            if _error_file(folder, rank).is_file():
                raise Unfinished(_error_file(folder, rank).read_text(encoding="utf-8"))
    if left := [rank for rank in missing if not done_file(folder, rank).is_file()]:
        raise Unfinished(f"{len(left)} of {world} parts were not written. Run the command again; it does those.")


def run_part(folder: Path, rank: int, means: Means = NO_MEANS) -> None:
    """Do one part: what it writes, and then its counts, which say that it is whole."""
    job = read_json(folder / JOB)
    try:
        counts = find_function(job["run"])(folder, rank, job, means)
    except PartError as error:  # an executor elsewhere loses the message, which no patient stands in
        write_text(_error_file(folder, rank), str(error))
        raise
    write_json(done_file(folder, rank), counts)


def run_rows(folder: Path, rank: int, job: Mapping, means: Means) -> Counter:
    """Do one part of `run_parts`: its rows, to a file of its own."""
    first, *later = job["starts"][rank : rank + 2]
    rows = folder / f"rows-{rank:05d}.jsonl"
    with Path(job["src"]).open("rb") as file, atomic_path(rows) as temporary:
        file.seek(first)
        temporary.write_bytes(file.read(later[0] - first if later else -1))
    counts = find_function(job["function"])(rows, _part(folder, rank))
    rows.unlink()
    return counts


def find_function(name: str) -> Callable[..., Any]:
    """The function of "module:name"."""
    module, _, function = name.partition(":")
    return getattr(import_module(module), function)


def _find_lines(path: Path, numbers: Sequence[int]) -> list[int]:
    """Where the lines of these numbers, in order, begin in a file; the end of the file for a line behind the last."""
    starts: list[int] = []
    at, line = 0, 0
    with path.open("rb") as file:
        for number in numbers:
            for text in islice(file, number - line):
                at += len(text)
            line = number
            starts.append(at)
    return starts


def _part(folder: Path, rank: int) -> Path:
    return folder / f"part-{rank:05d}.jsonl"


def done_file(folder: Path, rank: int) -> Path:
    """The counts of a part, which stand where it is whole."""
    return folder / f"part-{rank:05d}.json"


def _error_file(folder: Path, rank: int) -> Path:
    return folder / f"part-{rank:05d}.error"


if __name__ == "__main__":
    find_function("refrad2d.engine.parts:run_part")(Path(sys.argv[1]), int(sys.argv[2]))  # of the module, not of a copy
