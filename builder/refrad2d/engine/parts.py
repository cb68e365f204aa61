"""A stage over the rows of a file, done in parts: each is a pure function of (rank, world) that writes its own file.

    run_parts("refrad2d.stages.curate:run", src, dst, folder, Processes(4))

A part is a run of neighbouring rows; what the parts wrote is joined in their order, so that any world gives the bytes
of one part. A part that stands is not done again: a killed run goes on where it was. An executor is whatever has
`run_part(folder, rank)` called for each rank, here or on another machine that sees the same folder:

    python -m refrad2d.engine.parts FOLDER RANK
"""

import shutil
import sys
from collections import Counter
from collections.abc import Callable, Sequence
from importlib import import_module
from itertools import islice
from pathlib import Path

from refrad2d.system.files import atomic_path, count_lines, read_json, write_json

ROWS_A_PART = 256  # the world depends on the input alone, not on who works on it
JOB = "job.json"
Executor = Callable[[Path, Sequence[int]], None]  # (folder, ranks): have run_part called for each


def run_parts(
    function: str, src: Path, dst: Path, folder: Path, execute: Executor, *, world: int | None = None
) -> Counter:
    """Have `function`, the "module:name" of (src, dst) → counts, work on the rows of `src`; returns the sum of counts.

    `folder` holds the parts until `dst` is whole, `world` is their number. RuntimeError if a part was not written.
    """
    lines = count_lines(src)
    world = world or max(1, -(-lines // ROWS_A_PART))
    starts = _find_lines(src, [lines * rank // world for rank in range(world)])
    job = {"function": function, "src": str(src.resolve()), "lines": lines, "starts": starts}
    if not (folder / JOB).is_file() or read_json(folder / JOB) != job:
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        write_json(folder / JOB, job)
    if missing := _missing(folder, world):
        execute(folder, missing)
    if missing := _missing(folder, world):
        raise RuntimeError(f"{len(missing)} of {world} parts were not written. Run the command again; it does those.")
    counts: Counter = Counter()
    with atomic_path(dst) as temporary, temporary.open("wb") as out:
        for rank in range(world):
            with _part(folder, rank).open("rb") as part:
                shutil.copyfileobj(part, out)
            counts.update(read_json(_counts(folder, rank)))
    shutil.rmtree(folder)
    return counts


def run_part(folder: Path, rank: int) -> None:
    """Do one part: its rows, to a file of its own, and its counts, which say that the file is whole."""
    job = read_json(folder / JOB)
    first, *later = job["starts"][rank : rank + 2]
    module, _, name = job["function"].partition(":")
    rows = folder / f"rows-{rank:05d}.jsonl"
    with Path(job["src"]).open("rb") as file, atomic_path(rows) as temporary:
        file.seek(first)
        temporary.write_bytes(file.read(later[0] - first if later else -1))
    counts = getattr(import_module(module), name)(rows, _part(folder, rank))
    write_json(_counts(folder, rank), counts)
    rows.unlink()


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


def _counts(folder: Path, rank: int) -> Path:
    return folder / f"part-{rank:05d}.json"


def _missing(folder: Path, world: int) -> list[int]:
    return [rank for rank in range(world) if not _counts(folder, rank).is_file()]


if __name__ == "__main__":
    run_part(Path(sys.argv[1]), int(sys.argv[2]))
