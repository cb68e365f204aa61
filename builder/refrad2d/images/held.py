"""What a child process has decoded of the series at hand, so that a second question decodes nothing.

A file is first read for what its slices are, then for text in them, then to be written. In a child that stays for one
series (`processes.kept_children`) the pixels of the first reading are still there, up to `MOST_BYTES`; what does not
fit is read again, as it is in any other process. They lie in memory alone.

>>> with HELD.series("a pseudonym"):      # what was held of another series is forgotten
...     record, slices = open_file(source)
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

from refrad2d.images.slices import Slice
from refrad2d.images.sources import Source

MOST_BYTES = 512 << 20  # of pixels: 1,024 slices of 512 x 512


class _File(NamedTuple):
    record: Any
    slices: tuple[Slice, ...]


class Held:
    """The files of one series whose pixels are held; nothing is, until a series is named."""

    def __init__(self, most_bytes: int = MOST_BYTES) -> None:
        self.most_bytes = most_bytes
        self._files: dict[tuple, _File] = {}
        self._bytes = 0
        self._name = ""
        self._open = False

    @contextmanager
    def series(self, name: str) -> Iterator[None]:
        """While files of this series are read, their pixels are held until another one is named."""
        if name != self._name:
            self._files, self._bytes, self._name = {}, 0, name
        self._open = True
        try:
            yield
        finally:
            self._open = False

    def find(self, source: Source) -> _File | None:
        """What is held of a file, None if nothing is or the file is not what it was."""
        return self._files.get(_version(source)) if self._files else None

    def forget(self, source: Source) -> None:
        """Hold nothing of a file any more: it has been written."""
        if gone := self._files.pop(_version(source), None):
            self._bytes -= sum(shown.picture.nbytes for shown in gone.slices)

    def collect(self, source: Source, record: Any, slices: Iterator[Slice]) -> Iterator[Slice]:
        """The slices as they are read; they are held once all have been and if there is room."""
        version = _version(source) if self._open else ()
        mine: list[Slice] = []
        size, fits = 0, bool(version)
        for shown in slices:
            size += shown.picture.nbytes
            fits = fits and self._bytes + size <= self.most_bytes
            if fits:
                mine.append(shown)
            else:
                mine.clear()
            yield shown
        if fits and version == _version(source):
            self._files[version] = _File(record, tuple(mine))
            self._bytes += size


def _version(source: Source) -> tuple:
    """What changes with a file; empty where that cannot be known."""
    try:
        found = os.stat(os.path.join(source.root, source.path))
    except OSError:
        return ()
    return source, found.st_ino, found.st_size, found.st_mtime_ns


HELD = Held()
