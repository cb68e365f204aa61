"""A sample of the archive: the files `{id}.{extension}` of a slice in a tar shard, lossless.

>>> for key, sample in read_samples(shard):
...     native = decode(sample)              # native.row, native.pixels, native.mask

A new kind of file is one line of MEMBERS: the shards write it, the readers decode it and `verify` asks for it.
"""

import io
import json
import re
import struct
import tarfile
import zlib
from collections.abc import Callable, Iterator, Mapping
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any, NamedTuple

import numpy as np
from PIL import Image

from refrad2d.windows import rescale, windows


def _find_deflate() -> ModuleType:
    """zlib-ng where it is installed: of runs of one byte it makes the bytes of zlib, in two thirds of the time."""
    try:
        return import_module("zlib_ng.zlib_ng")
    except ImportError:
        return zlib


deflate = _find_deflate()
MASK = "mask.png"
_KEY = re.compile(r"[a-z0-9_-]+")
_SUB, _UP = 1, 2  # filters of a row of a PNG


class Native(NamedTuple):
    """What a slice is before any window: its row with slope and intercept, (rows, columns) pixels, its mask file."""

    row: Mapping[str, Any]
    pixels: np.ndarray  # uint16; hu = pixels * slope + intercept for CT
    mask: bytes | None  # a PNG of unified class ids


class Member(NamedTuple):
    """A file of a sample: how it is made of a slice and what it reads back as."""

    extension: str
    make: Callable[[Native], bytes | None]  # None where the slice has no such file
    read: Callable[[bytes], Any]
    with_mask: bool = False  # only slices with a mask have it

    @property
    def name(self) -> str:
        """Its extension without that of the encoding."""
        return self.extension.partition(".")[0]


def png(picture: np.ndarray) -> bytes:
    """A lossless PNG of (rows, columns[, 3]) uint8 or (rows, columns) uint16, which every reader of PNG opens.

    Bytes are stored as differences, of 16 bits from the row above, which is read fastest, else from the pixel before,
    which is smallest; zlib looks for runs of one byte alone, which is written fastest (tests/bench/png.py). zlib-ng,
    where it is installed, writes the same bytes.
    """
    rows, columns, deep = *picture.shape[:2], picture.dtype == np.uint16
    values = np.ascontiguousarray(picture, dtype=">u2" if deep else np.uint8).view(np.uint8).reshape(rows, -1)
    lines = np.empty((rows, values.shape[1] + 1), np.uint8)
    lines[:, 0], lines[:, 1:] = _UP if deep else _SUB, values
    if deep:
        lines[1:, 1:] -= values[:-1]
    else:
        lines[:, 1 + values.shape[1] // columns :] -= values[:, : -values.shape[1] // columns]
    packer = deflate.compressobj(1, zlib.DEFLATED, zlib.MAX_WBITS, zlib.DEF_MEM_LEVEL, zlib.Z_RLE)
    header = struct.pack(">IIBB3x", columns, rows, 16 if deep else 8, 0 if picture.ndim == 2 else 2)
    chunks = ((b"IHDR", header), (b"IDAT", packer.compress(lines.data) + packer.flush()), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(kind, data) for kind, data in chunks)


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", deflate.crc32(data, deflate.crc32(kind)))


def read_png(encoded: bytes) -> np.ndarray:
    """The pixels of an encoded picture."""
    return np.asarray(Image.open(io.BytesIO(encoded)))


def json_bytes(row: Mapping) -> bytes:
    """A row as JSON with sorted keys."""
    return json.dumps(row, ensure_ascii=False, sort_keys=True).encode("utf-8")


MEMBERS = (
    Member("json", lambda native: json_bytes(native.row), json.loads),
    Member("pixels.png", lambda native: png(native.pixels), read_png),
    Member(MASK, lambda native: native.mask, read_png, with_mask=True),
)


def expected(has_mask: bool) -> list[Member]:
    """The members of a slice with or without a mask."""
    return [member for member in MEMBERS if has_mask or not member.with_mask]


def encode(native: Native) -> dict[str, bytes]:
    """The members of a slice by extension."""
    made = ((member.extension, member.make(native)) for member in MEMBERS)
    return {extension: data for extension, data in made if data is not None}


def decode(sample: Mapping[str, bytes]) -> dict[str, Any]:
    """What the members of a sample read as, by name: json, pixels, mask. Absent ones are None."""
    return {m.name: m.read(sample[m.extension]) if m.extension in sample else None for m in MEMBERS}


def parse_member(name: str) -> tuple[str, str] | None:
    """(key, extension) of the name of a member; None if it is that of none."""
    key, _, extension = name.partition(".")
    known = extension in {member.extension for member in MEMBERS}
    return (key, extension) if known and _KEY.fullmatch(key) else None


def read_samples(shard: str | Path) -> Iterator[tuple[str, dict[str, bytes]]]:
    """The key of each sample of a tar shard, and its files by extension. ValueError if something else is in the tar."""
    with tarfile.open(shard, "r|") as tar:
        last, sample = "", dict[str, bytes]()
        for member in tar:
            key, _, extension = member.name.partition(".")
            if sample and key != last:
                yield last, sample
                sample = {}
            file = tar.extractfile(member)
            if file is None:
                raise ValueError(f"{shard} holds {member.name}, which is no file of a sample. Restore it from a copy.")
            last, sample[extension] = key, file.read()
        if sample:
            yield last, sample


def native_values(pixels: np.ndarray, row: Mapping[str, Any]) -> np.ndarray:
    """(rows, columns) float32: Hounsfield units for CT, the scanner's values for MR."""
    return rescale(pixels, row["slope"], row["intercept"])


def make_image(pixels: np.ndarray, row: Mapping[str, Any]) -> np.ndarray:
    """The `image` of a slice, (224, 224, 3) uint8, from its native pixels and its row with slope and intercept.

    Every `image` of a dataset is made here, in the build, by the loader and when `verify` compares.
    """
    return windows(native_values(pixels, row), row["modality"])
