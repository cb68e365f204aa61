"""Whether pseudonyms stand anywhere below a folder: in a file's name, its bytes, or what it decodes to.

>>> list(find_traces(Path("mysite"), {"k3f…"}))        # relative names of the files that hold one; none is what we want
"""

import mmap
import re
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from refrad2d.system.pseudonyms import LENGTH

_RUN = re.compile(rb"[a-z2-7]{%d,}" % LENGTH)


def find_traces(root: Path, names: Collection[str]) -> Iterator[str]:
    """The files below `root` that hold one of these pseudonyms. DIR/.stages is left out: it goes with its task."""
    wanted = {name.encode() for name in names}
    for path in sorted(root.rglob("*")):
        name = path.relative_to(root)
        if path.is_file() and name.parts[0] not in (".stages", ".stages.old"):
            if _stands_in(name.as_posix().encode(), wanted) or _holds(path, wanted):
                yield name.as_posix()


def _holds(path: Path, wanted: set[bytes]) -> bool:
    if not path.stat().st_size:
        return False
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
        if _stands_in(data, wanted):
            return True
    if path.suffix != ".parquet":
        return False  # JSON, Markdown and tar are not compressed
    with pq.ParquetFile(path, pre_buffer=False) as file:
        return any(
            _stands_in(value, wanted)
            for batch in file.iter_batches(batch_size=64)
            for value in _leaves(batch.to_pylist())
        )


def _leaves(value: Any) -> Iterator[bytes]:
    """Every string and bytes in nested rows."""
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, list):
        for part in value:
            yield from _leaves(part)
    elif isinstance(value, str):
        yield value.encode()
    elif isinstance(value, bytes):
        yield value


def _stands_in(data: Any, wanted: set[bytes]) -> bool:
    return any(
        run[at : at + LENGTH] in wanted
        for run in map(re.Match.group, _RUN.finditer(data))
        for at in range(len(run) - LENGTH + 1)
    )
