"""The archive of a dataset against its rows: whole samples, no member twice, contents as in Parquet."""

import hashlib
import tarfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from PIL import Image, UnidentifiedImageError

from refrad2d.labels import MODALITIES
from refrad2d.layout import FOLDERS, list_folder
from refrad2d.operations.encoding_checks import check_png, check_tar, has_known_fields
from refrad2d.operations.file_checks import Fault, is_regular
from refrad2d.operations.row_checks import Dataset, Sample, array_digest, digest, plain, split_of_file
from refrad2d.rows import PICTURES, SCALE
from refrad2d.samples import MASK, expected, json_bytes, make_image, parse_member
from refrad2d.schema import NUMBER, ROW

_UNREADABLE = (UnidentifiedImageError, OSError, SyntaxError, ValueError, RecursionError, Image.DecompressionBombError)


def check_archive(dataset: Dataset) -> Iterator[Fault]:
    """Every tar shard, and the slices that stand in none."""
    seen: dict[str, str] = {}
    for path in filter(is_regular, list_folder(dataset.root, "archive")):
        yield from read_archive(dataset, path, seen)
    for key in sorted(dataset.samples.keys() - seen.keys()):
        yield Fault(FOLDERS["archive"], key, "missing_sample")


def read_archive(dataset: Dataset, path: Path, seen: dict[str, str]) -> Iterator[Fault]:
    """A WebDataset shard: whole samples, no member twice, JSON, mask and pixels as in the row files."""
    name, split = path.relative_to(dataset.root).as_posix(), split_of_file(path)
    samples: dict[str, dict[str, bytes]] = {}
    last = None
    yield from (Fault(name, None, kind) for kind in check_tar(path))
    try:
        with tarfile.open(path, "r:") as tar:
            for number, member in enumerate(tar):
                found = parse_member(member.name)
                if not found or not member.isfile():
                    yield Fault(name, f"member {number}", "member_name")
                    continue
                key, extension = found
                parts = samples.setdefault(key, {})
                if extension in parts:
                    yield Fault(name, f"member {number}", "duplicate_member")
                    continue
                if parts and last != key:
                    yield Fault(name, key, "interleaved")
                last = key
                content = tar.extractfile(member)
                parts[extension] = content.read() if content else b""
    except (tarfile.TarError, OSError, EOFError, ValueError):
        yield Fault(name, None, "unreadable")
    for key, parts in samples.items():
        dataset.rows["archive"][split] += 1
        if key in seen:
            yield Fault(name, key, "duplicate_sample")
            continue
        seen[key] = name
        yield from (Fault(name, key, kind) for kind in _check_sample(dataset, split, key, parts))


def _check_sample(dataset: Dataset, split: str, key: str, parts: Mapping[str, bytes]) -> Iterator[str]:
    sample = dataset.samples.get(key)
    if sample is None:
        yield "extra_sample"
        return
    if sample.split != split:
        yield "wrong_split"
    wanted = {member.extension for member in expected(sample.mask is not None)}
    if wanted - parts.keys():
        yield "missing_member"
    elif parts.keys() - wanted:
        yield "extra_member"
    native: dict[str, Any] = {}
    for member in expected(True):
        if member.extension in parts:
            try:
                native[member.name] = member.read(parts[member.extension])
            except _UNREADABLE:
                yield f"{member.name}_unreadable"
    if "mask" in native and sample.mask not in (None, hashlib.sha256(parts[MASK]).hexdigest()):
        yield "mask_differs"
    pictures = [data for extension, data in parts.items() if extension.endswith(".png")]
    if not all(check_png(data) for data in pictures):
        yield "picture_encoding"
    if "json" in native:
        if not _is_as_written(parts["json"], native["json"]):
            yield "json_form"
        yield from _check_row(native, sample)


def _check_row(native: Mapping[str, Any], sample: Sample) -> Iterator[str]:
    """The row as in Parquet, and the image that follows from row and pixels."""
    row, pixels = native["json"], native.get("pixels")
    if not isinstance(row, dict) or digest(plain(row)) != sample.row or not all(_is_number(row.get(n)) for n in SCALE):
        yield "row_differs"
    elif pixels is not None and pixels.ndim != 2:
        yield "pixels_unreadable"
    elif pixels is not None and sample.pixels and row["modality"] in MODALITIES:
        if array_digest(make_image(pixels, row)) != sample.pixels:
            yield "image_differs"


def _is_as_written(data: bytes, row: Any) -> bool:
    """True if the JSON has the bytes that we write for what it says, and the fields of a row and no other."""
    columns = {name: field for name, field in ROW.items() if name not in PICTURES}
    scale = {name: NUMBER for name in SCALE}
    try:
        return json_bytes(row) == data and has_known_fields(row, {**columns, **scale})
    except (UnicodeError, ValueError, TypeError):
        return False


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
