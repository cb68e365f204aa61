"""More rows than fit in memory, sorted: parts of bounded size are sorted on disk and merged.

ordered = SortedRows(folder)
for row in rows: ordered.add(row["id"], row)
for _, row in ordered: …
ordered.close()
"""

import heapq
import json
import shutil
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import ExitStack
from itertools import count
from pathlib import Path
from typing import Any, TextIO

from refrad2d.system.files import atomic_path

PART_BYTES = 4 << 20  # of the JSON of the rows that are in memory at a time
MOST_PARTS = 100  # that are merged, and so open, at a time


class SortedRows:
    """Rows in the order of a text that each has, equal ones in the order in which they came; read as often as wanted.

    `folder` is made, holds the parts, and is removed by `close`. Rows must be JSON objects.
    """

    def __init__(self, folder: Path, *, part_bytes: int = PART_BYTES) -> None:
        self.folder, self.part_bytes = folder, part_bytes
        self.rows = 0
        self._lines: list[tuple[str, str]] = []
        self._bytes = 0
        self._parts: list[Path] = []
        self._names = count()
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)

    def add(self, key: str, row: Mapping[str, Any]) -> None:
        """Add a row. ValueError if its key holds a line end or a tabulator."""
        self.add_line(key, json.dumps(row, ensure_ascii=False, sort_keys=True))

    def add_line(self, key: str, line: str) -> None:
        """Add a row that is JSON already, without a line end."""
        if "\n" in key or "\t" in key:
            raise ValueError(f"A sort key of {len(key)} characters holds a line end or tabulator. Give a pseudonym.")
        self._lines.append((key, line))
        self._bytes += len(line) + len(key)
        self.rows += 1
        if self._bytes >= self.part_bytes:
            self._end_part()

    def lines(self) -> Iterator[tuple[str, str]]:
        """(key, JSON with sorted keys) of all rows in order."""
        self._end_part()
        while len(self._parts) > MOST_PARTS:  # neighbours are merged, so that equal keys stay in order
            groups = [self._parts[n : n + MOST_PARTS] for n in range(0, len(self._parts), MOST_PARTS)]
            self._parts = []
            for some in groups:
                self._parts.append(self._write(_merge(some)))
                for path in some:
                    path.unlink()
        yield from _merge(self._parts)

    def __iter__(self) -> Iterator[tuple[str, dict]]:
        """(key, row) in order."""
        return ((key, json.loads(line)) for key, line in self.lines())

    def close(self) -> None:
        """Remove the parts."""
        shutil.rmtree(self.folder, ignore_errors=True)

    def _end_part(self) -> None:
        if self._lines:
            self._lines.sort(key=lambda pair: pair[0])
            self._parts.append(self._write(self._lines))
            self._lines, self._bytes = [], 0

    def _write(self, lines: Iterable[tuple[str, str]]) -> Path:
        path = self.folder / f"{next(self._names):06d}"
        with path.open("w", encoding="utf-8", newline="\n") as file:
            file.writelines(f"{key}\t{line}\n" for key, line in lines)
        return path


def _merge(parts: Iterable[Path]) -> Iterator[tuple[str, str]]:
    with ExitStack() as stack:
        files = [stack.enter_context(path.open(encoding="utf-8", newline="\n")) for path in parts]
        yield from heapq.merge(*map(_read, files), key=lambda pair: pair[0])


def _read(file: TextIO) -> Iterator[tuple[str, str]]:
    for line in file:
        key, _, row = line.rstrip("\n").partition("\t")
        yield key, row


def write_sorted_jsonl(path: Path, rows: Iterable[Mapping[str, Any]], key: Callable[[Any], str]) -> None:
    """Like `files.write_jsonl`, in the order of a key."""
    ordered = SortedRows(path.with_name(f"{path.name}.parts"))
    try:
        for row in rows:
            ordered.add(key(row), row)
        with atomic_path(path) as temporary, temporary.open("w", encoding="utf-8", newline="\n") as file:
            file.writelines(f"{line}\n" for _, line in ordered.lines())
    finally:
        ordered.close()
