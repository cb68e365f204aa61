"""What a file holds beside its rows: headers, chunks, footers and gaps, where a name could stand that no row has.

Each check compares with what our writers write (`dataset/writers`, `samples.png`); whatever else is there is a fault.
"""

import re
import struct
import tarfile
import zlib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, BinaryIO

import pyarrow as pa
import pyarrow.parquet as pq

from refrad2d.dataset.writers import member_info
from refrad2d.schema import Field, arrow_schema

_FOOTER_KEYS = {b"ARROW:schema", b"huggingface"}
_CREATED_BY = re.compile(r"parquet-cpp-arrow version \d+\.\d+\.\d+(-\w+)?")
_FIELD_ID = b"PARQUET:field_id"  # put in by the reader
_MAGIC = b"PAR1"
_BINARY, _LIST, _STRUCT, _NUMBERS = 8, 9, 12, (4, 5, 6)  # types of Thrift's compact protocol
_PNG = b"\x89PNG\r\n\x1a\n"
_CHANNELS = {0: 1, 2: 3}  # colour type of a PNG → values a pixel
_BLOCK = tarfile.BLOCKSIZE


def check_tar(path: Path) -> Iterator[str]:
    """Kinds of fault in the frame of a tar shard: `member_header`, `padding`, `bytes_after_the_end`, `unreadable`."""
    found: dict[str, None] = {}
    with path.open("rb") as file:
        try:
            end = _check_members(file, found)
        except (tarfile.TarError, ValueError):
            yield from (*found, "unreadable")
            return
        size = -(-(end + 2 * _BLOCK) // tarfile.RECORDSIZE) * tarfile.RECORDSIZE
        file.seek(end)
        if not _is_zero(file) or file.tell() != size:
            found["bytes_after_the_end"] = None
    yield from found


def _check_members(file: BinaryIO, found: dict[str, None]) -> int:
    """Where the members end. tarfile.TarError for a header that is none."""
    at = 0
    while (header := file.read(_BLOCK)) and header.strip(b"\0"):
        info = tarfile.TarInfo.frombuf(header, "utf-8", "surrogateescape")
        if header != _canonical_header(info):
            found["member_header"] = None
        blocks = -(-info.size // _BLOCK)
        file.seek(at + _BLOCK + info.size)
        if file.read(blocks * _BLOCK - info.size).strip(b"\0"):
            found["padding"] = None
        at += _BLOCK * (1 + blocks)
        file.seek(at)
    return at


def _canonical_header(info: tarfile.TarInfo) -> bytes:
    """The header that the build would write for a member of this name and size; nothing where it would write none."""
    try:
        return member_info(info.name, info.size).tobuf(tarfile.USTAR_FORMAT, "utf-8", "strict")
    except (ValueError, UnicodeError):
        return b""


def _is_zero(file: BinaryIO) -> bool:
    while block := file.read(1 << 20):
        if block.strip(b"\0"):
            return False
    return True


def check_png(encoded: bytes) -> bool:
    """True if a PNG has header, pixels and end only: no text, no EXIF, nothing after the end or after the pixels."""
    at, pixels, header = len(_PNG), [], b""
    if not encoded.startswith(_PNG):
        return False
    while at + 12 <= len(encoded):
        length, kind = struct.unpack(">I4s", encoded[at : at + 8])
        data = encoded[at + 8 : at + 8 + length]
        at += 12 + length
        if kind == b"IHDR" and not header:
            header = data
        elif kind == b"IDAT":
            pixels.append(data)
        else:
            return kind == b"IEND" and not data and at == len(encoded) and _has_only_pixels(header, pixels)
    return False


def _has_only_pixels(header: bytes, pixels: Sequence[bytes]) -> bool:
    if len(header) != 13:
        return False
    width, height, depth, colour, *rest = struct.unpack(">IIBBBBB", header)
    if rest != [0, 0, 0] or colour not in _CHANNELS or depth not in (8, 16):
        return False
    stream, size = zlib.decompressobj(), height * (1 + width * _CHANNELS[colour] * depth // 8)
    try:
        length = len(stream.decompress(b"".join(pixels), size + 1))
    except zlib.error:
        return False
    return length == size and stream.eof and not stream.unused_data


def check_footer(file: pq.ParquetFile, config: str, path: Path) -> Iterator[str]:
    """Kinds of fault in the Parquet file of a config that lies at `path`, its rows aside: `footer_metadata`,
    `footer_writer`, and `gap` for bytes that belong to no page, index or footer."""
    ours = arrow_schema(config)
    about = file.metadata
    if set(about.metadata or ()) - _FOOTER_KEYS or not _same_metadata(file.schema_arrow, ours):
        yield "footer_metadata"
    if not _CREATED_BY.fullmatch(about.created_by or ""):
        yield "footer_writer"
    if not _has_only_pages(about, path):
        yield "gap"


def _same_metadata(schema: pa.Schema, ours: pa.Schema) -> bool:
    """True if the schema says what ours says, down to each field."""
    mine, theirs = dict(ours.metadata or {}), dict(schema.metadata or {})
    return theirs == mine and all(map(_is_plain, schema))


def _is_plain(field: pa.Field) -> bool:
    inner = [field.type.field(n) for n in range(field.type.num_fields)]
    return not set(field.metadata or ()) - {_FIELD_ID} and all(map(_is_plain, inner))


def _end_of_pages(about: Any) -> int:
    """Where the pages of all columns end if they follow each other from the fourth byte on, else -1."""
    at = len(_MAGIC)
    for group in range(about.num_row_groups):
        for column in range(about.num_columns):
            chunk = about.row_group(group).column(column)
            if (chunk.dictionary_page_offset or chunk.data_page_offset) != at:
                return -1
            at += chunk.total_compressed_size
    return at


def _has_only_pages(about: Any, path: Path) -> bool:
    """True if a file is its pages, the indexes of its pages, the footer and nothing between."""
    at = _end_of_pages(about)
    if at < 0:
        return False
    with path.open("rb") as file:
        file.seek(at)
        tail = file.read()
    indexes = tail[: len(tail) - about.serialized_size - len(_MAGIC) - 4]
    chunks = [about.row_group(g).column(c) for g in range(about.num_row_groups) for c in range(about.num_columns)]
    wanted = sum(chunk.has_column_index + chunk.has_offset_index for chunk in chunks)
    at, structs = 0, 0
    try:
        while at < len(indexes):
            at, structs = _skip(indexes, at, _STRUCT, outer=True), structs + 1
    except (IndexError, ValueError):
        return False
    return at == len(indexes) and structs == wanted


def _skip(data: bytes, at: int, kind: int, *, outer: bool = False) -> int:
    """Where a value of Thrift's compact protocol ends. ValueError for a type that no page index has.

    The outermost structs of page indexes hold lists and numbers only.
    """
    if kind == _STRUCT:
        while head := data[at]:
            at += 1
            if not head >> 4:
                _, at = _varint(data, at)
            if head & 15 not in (1, 2):  # a bool stands in the head
                if outer and head & 15 not in (*_NUMBERS, _LIST):
                    raise ValueError("A page index has no such field. Write the file again.")
                at = _skip(data, at, head & 15)
        return at + 1
    if kind == _LIST:
        count, inner = data[at] >> 4, data[at] & 15
        at += 1
        if count == 15:
            count, at = _varint(data, at)
        for _ in range(count):
            at = at + 1 if inner in (1, 2) else _skip(data, at, inner)
        return at
    if kind in _NUMBERS:
        return _varint(data, at)[1]
    if kind == _BINARY:
        length, at = _varint(data, at)
        return at + length
    raise ValueError("A page index has no such type. Write the file again.")


def _varint(data: bytes, at: int) -> tuple[int, int]:
    value, shift = 0, 0
    while data[at] & 128:
        value |= (data[at] & 127) << shift
        at, shift = at + 1, shift + 7
    return value | data[at] << shift, at + 1


def has_known_fields(value: Any, field: Field) -> bool:
    """True if a JSON value has the fields that `schema` describes, all of them and no other, however deep."""
    kind = field.get("_type", "struct")
    if isinstance(value, Mapping):
        return (
            kind == "struct"
            and value.keys() == field.keys()
            and all(has_known_fields(part, field[name]) for name, part in value.items())
        )
    if isinstance(value, list):
        return kind == "List" and all(has_known_fields(part, field["feature"]) for part in value)
    return value is None or kind not in ("struct", "List")
