"""Shards of bounded size with the names that the Hub expects: Parquet files and WebDataset archives.

The same rows in the same order give the same bytes: no time, user or machine enters a file.
"""

import io
import os
import sys
import tarfile
from collections.abc import Mapping
from functools import cache
from importlib.abc import MetaPathFinder
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from refrad2d.layout import ending, numbered

SHARD_BYTES = 256 << 20
ROWS_A_GROUP = 128  # small groups, so that streaming and the viewer fetch little


class ParquetShards:
    """Writes rows of one config and split to `<folder>/<stem>-00000-of-0000N.parquet`, files of about `limit` bytes."""

    def __init__(self, folder: Path, stem: str, schema: pa.Schema, *, limit: float = SHARD_BYTES) -> None:
        self.folder, self.stem, self.schema, self.limit = folder, stem, schema, limit
        self.rows = 0
        self._group: list[Mapping] = []
        self._parts: list[Path] = []
        self._writer: pq.ParquetWriter | None = None
        self._bytes = 0

    def write(self, row: Mapping) -> None:
        """Append a row; images as {"bytes", "path"}."""
        self._group.append({name: row[name] for name in self.schema.names})
        self.rows += 1
        if len(self._group) == ROWS_A_GROUP:
            self._flush()

    def _flush(self) -> None:
        if not self._group:
            return
        _do_without_pandas()
        table = pa.Table.from_pylist(self._group, schema=self.schema)
        if self._writer is None:
            self.folder.mkdir(parents=True, exist_ok=True)
            self._parts.append(self.folder / f"{self.stem}-part{len(self._parts):05d}")
            # pages large enough that a slice's conversations share one, so its picture is stored once
            self._writer = pq.ParquetWriter(
                self._parts[-1], table.schema, compression="zstd", use_dictionary=True,
                dictionary_pagesize_limit=64 << 20, write_page_index=True,
            )  # fmt: skip
        self._writer.write_table(table, row_group_size=ROWS_A_GROUP)
        self._bytes = self._parts[-1].stat().st_size
        self._group = []
        if self._bytes >= self.limit:
            self._end_shard()

    def _end_shard(self) -> None:
        if self._writer is not None:
            self._writer.close()
            self._writer = None

    def close(self) -> list[Path]:
        """Finish and give the files their final names."""
        self._flush()
        self._end_shard()
        return _rename(self._parts, self.stem, ending("slices"))


@cache
def _do_without_pandas() -> None:
    """Have pyarrow find no pandas when it looks for it, once in a process, before the first list becomes an array: the
    import costs more than all else that a process starts with. What needs pandas later still finds it."""
    if "pandas" not in sys.modules:
        sys.meta_path.insert(0, blind := _NoPandas())
        try:
            pa.array([])
        finally:
            sys.meta_path.remove(blind)


class _NoPandas(MetaPathFinder):
    def find_spec(self, fullname: str, path: object, target: object = None) -> None:
        if fullname == "pandas":
            raise ImportError(fullname)


def member_info(name: str, size: int) -> tarfile.TarInfo:
    """The header of a member: name, size and mode; no time, user or group."""
    info = tarfile.TarInfo(name)
    info.size, info.mode = size, 0o644
    return info


class TarShards:
    """Writes samples of one split to `<folder>/<stem>-00000-of-0000N.tar`, members `{key}.{extension}`."""

    def __init__(self, folder: Path, stem: str, *, limit: float = SHARD_BYTES) -> None:
        self.folder, self.stem, self.limit = folder, stem, limit
        self._parts: list[Path] = []
        self._tar: tarfile.TarFile | None = None
        self._bytes = 0

    def write(self, key: str, members: Mapping[str, bytes]) -> None:
        """Append a sample; ValueError if its key could be cut at a dot or clash on a file system."""
        if not key or set(key) - set("abcdefghijklmnopqrstuvwxyz0123456789_-"):
            raise ValueError("A WebDataset key may hold a-z, 0-9, _ and - only. Use a pseudonym, not a UID.")
        if self._tar is None:
            self.folder.mkdir(parents=True, exist_ok=True)
            self._parts.append(self.folder / f"{self.stem}-part{len(self._parts):05d}")
            self._tar = tarfile.open(self._parts[-1], "w", format=tarfile.USTAR_FORMAT)
            self._bytes = 0
        for extension, data in members.items():
            self._tar.addfile(member_info(f"{key}.{extension}", len(data)), io.BytesIO(data))
            self._bytes += len(data)
        self._tar.members.clear()  # type: ignore[attr-defined]  # else the headers of all members stay in memory
        if self._bytes >= self.limit:
            self._end_shard()

    def _end_shard(self) -> None:
        if self._tar is not None:
            self._tar.close()
            self._tar = None

    def close(self) -> list[Path]:
        """Finish and give the files their final names."""
        self._end_shard()
        return _rename(self._parts, self.stem, ending("archive"))


def _rename(parts: list[Path], stem: str, extension: str) -> list[Path]:
    names = [part.with_name(f"{numbered(stem, n, len(parts))}.{extension}") for n, part in enumerate(parts)]
    for part, name in zip(parts, names, strict=True):
        os.replace(part, name)
    return names
