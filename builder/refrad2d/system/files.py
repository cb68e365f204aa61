"""Writing that never leaves half a file: everything goes to `.tmp` and is renamed."""

import errno
import json
import os
import shutil
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def atomic_path(path: Path) -> Iterator[Path]:
    """A temporary neighbour of `path` to write to; renamed to `path` at the end, removed after an error."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(path.name + ".tmp")
    _remove(temporary)
    try:
        yield temporary
        os.replace(temporary, path)
    finally:
        _remove(temporary)


@contextmanager
def atomic_folder(path: Path) -> Iterator[Path]:
    """Like `atomic_path` for a folder, which must not exist yet."""
    with atomic_path(path) as temporary:
        temporary.mkdir()
        yield temporary


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)


def write_text(path: Path, text: str) -> None:
    """UTF-8, line ends as given, atomically."""
    with atomic_path(path) as temporary:
        temporary.write_bytes(text.encode("utf-8"))


def write_private(path: Path, text: str) -> None:
    """Like `write_text`, for nobody but the user: mode 600 from the first moment."""
    with atomic_path(path) as temporary:
        handle = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "wb") as file:
            file.write(text.encode("utf-8"))


def write_json(path: Path, value: object) -> None:
    """Sorted keys, two spaces, so that equal values are equal bytes."""
    write_text(path, json.dumps(value, ensure_ascii=False, indent=2, sort_keys=True) + "\n")


def write_jsonl(path: Path, rows: Iterable[Mapping]) -> None:
    """One JSON object a line, sorted keys."""
    with atomic_path(path) as temporary, temporary.open("w", encoding="utf-8", newline="\n") as file:
        for row in rows:
            file.write(json.dumps(row, ensure_ascii=False, sort_keys=True) + "\n")


@contextmanager
def open_jsonl(path: Path) -> Iterator[Callable[[Mapping], None]]:
    """A function that appends a row to a new JSONL file, for rows that come in the middle of other work."""
    with atomic_path(path) as temporary, temporary.open("w", encoding="utf-8", newline="\n") as file:
        yield lambda row: print(json.dumps(row, ensure_ascii=False, sort_keys=True), file=file)


def count_lines(path: Path) -> int:
    """How many rows a JSONL file has, without reading them as JSON."""
    with path.open("rb") as file:
        return sum(1 for _ in file)


def is_disk_full(error: OSError) -> bool:
    """True if an error says that no more can be written."""
    return error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


def read_json(path: Path) -> dict:
    """One JSON file."""
    return json.loads(path.read_text(encoding="utf-8"))


def read_jsonl(path: Path) -> Iterator[dict]:
    """The objects of a JSONL file, one at a time."""
    with path.open(encoding="utf-8", newline="\n") as file:
        for line in file:
            if line.strip():
                yield json.loads(line)
