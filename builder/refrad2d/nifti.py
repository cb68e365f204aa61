"""NIfTI files from bytes that nobody vouches for."""

import gzip
import io
import zlib

import nibabel
import numpy as np

from refrad2d.sources import Unreadable

MAX_PIXELS = 1 << 29
MAX_BYTES = 1 << 29  # of an unpacked volume: 512 x 512 x 1,000 voxels of two bytes
HEADER, CHUNK = 544, 1 << 24
_BROKEN = (  # what nibabel raises for bytes that are not what they say (found by tests/test_fuzz_parsers.py)
    OSError, EOFError, ValueError, KeyError, OverflowError, zlib.error, np.linalg.LinAlgError,
    nibabel.spatialimages.HeaderDataError, nibabel.filebasedimages.ImageFileError,
)  # fmt: skip


def is_nifti(data: bytes) -> bool:
    """True for NIfTI-1 and NIfTI-2, gzip or not, by their magic."""
    if data[:2] == b"\x1f\x8b":
        try:
            data = gzip.GzipFile(fileobj=io.BytesIO(data)).read(352)
        except (OSError, EOFError, zlib.error):
            return False
    return data[344:348] in (b"n+1\x00", b"ni1\x00") or data[4:8] == b"n+2\x00"


def _kind(data: bytes) -> type[nibabel.Nifti1Image]:
    return nibabel.Nifti2Image if data[4:8] == b"n+2\x00" else nibabel.Nifti1Image


def _unpack(data: bytes) -> bytes:
    """The gzip stream as far as its header says that the volume reaches, so that a bomb unpacks to no more."""
    with gzip.GzipFile(fileobj=io.BytesIO(data)) as file:
        head = file.read(HEADER)
        kind = _kind(head).header_class
        header = kind(head[: kind.sizeof_hdr], check=False)
        size = np.prod(header.get_data_shape(), dtype=float) * header.get_data_dtype().itemsize
        if size > MAX_BYTES:
            raise Unreadable("too_large")
        parts, wanted = [head], header.get_data_offset() + int(size) - len(head)
        while wanted > 0 and (part := file.read(min(wanted, CHUNK))):
            parts.append(part)
            wanted -= len(part)
    return b"".join(parts)


def open_nifti(data: bytes) -> nibabel.Nifti1Image:
    """A NIfTI from bytes, gzip or not; `Unreadable` if it is broken, not of 3 dimensions, or too large for memory."""
    try:
        if data[:2] == b"\x1f\x8b":
            data = _unpack(data)
        image = _kind(data).from_bytes(data)
    except _BROKEN as error:
        raise Unreadable("unreadable_nifti") from error
    shape = image.shape
    if len(shape) not in (3, 4) or shape[3:] not in ((), (1,)) or min(shape) < 1:
        raise Unreadable("not_three_dimensional")
    if np.prod(shape, dtype=float) > MAX_PIXELS:
        raise Unreadable("too_large")
    if image.get_data_dtype().kind not in "iuf":
        raise Unreadable("not_one_number_a_voxel")  # colours, complex values
    try:
        return image if len(shape) == 3 else image.slicer[..., 0]
    except _BROKEN as error:
        raise Unreadable("unreadable_nifti") from error
