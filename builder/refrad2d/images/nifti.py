"""NIfTI files from bytes that nobody vouches for."""

import gzip
import io
import zlib
from typing import NamedTuple, cast

import nibabel
import numpy as np
from nibabel.arrayproxy import ArrayProxy

from refrad2d.images.sources import Unreadable

MAX_PIXELS = 1 << 29
MAX_BYTES = 3 << 28  # of an unpacked volume: 512 x 512 x 768 voxels of four bytes
HEADER, CHUNK = 544, 1 << 24
_BROKEN = (  # what nibabel raises for bytes that are not what they say (found by test_fuzz_parsers.py)
    OSError, EOFError, TypeError, ValueError, KeyError, OverflowError, zlib.error, np.linalg.LinAlgError,
    nibabel.spatialimages.HeaderDataError, nibabel.filebasedimages.ImageFileError,
)  # fmt: skip


class NiftiVolume(NamedTuple):
    """`voxels` (i, j, k) as the file has them, not copied; value = voxel * slope + intercept; `affine` to RAS mm."""

    voxels: np.ndarray
    slope: float
    intercept: float
    affine: np.ndarray
    header: nibabel.Nifti1Header


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


def _unpack(data: bytes) -> io.BytesIO:
    """The gzip stream as far as its header says that the volume reaches, so that a bomb unpacks to no more."""
    with gzip.GzipFile(fileobj=io.BytesIO(data)) as file:
        head = file.read(HEADER)
        kind = _kind(head).header_class
        header = kind(head[: kind.sizeof_hdr], check=False)
        size = np.prod(header.get_data_shape(), dtype=float) * header.get_data_dtype().itemsize
        if size > MAX_BYTES:
            raise Unreadable("too_large")
        stream, wanted = io.BytesIO(), header.get_data_offset() + int(size) - len(head)
        stream.write(head)
        while wanted > 0 and (part := file.read(min(wanted, CHUNK))):
            wanted -= stream.write(part)
    stream.seek(0)
    return stream


def open_nifti(data: bytes) -> NiftiVolume:
    """A NIfTI from bytes, gzip or not; `Unreadable` if it is broken, not of 3 dimensions, or too large for memory."""
    try:
        stream = _unpack(data) if data[:2] == b"\x1f\x8b" else io.BytesIO(data)
        image = _kind(stream.getbuffer()[:8].tobytes()).from_stream(stream)
        shape, kind = image.shape, image.get_data_dtype()
    except _BROKEN as error:
        raise Unreadable("unreadable_nifti") from error
    if len(shape) not in (3, 4) or shape[3:] not in ((), (1,)) or min(shape) < 1:
        raise Unreadable("not_three_dimensional")
    if np.prod(shape, dtype=float) > MAX_PIXELS:
        raise Unreadable("too_large")
    if kind.kind not in "iuf":
        raise Unreadable("not_one_number_a_voxel")  # colours, complex values
    proxy = cast(ArrayProxy, image.dataobj)  # as of every image that is read from a stream
    try:
        voxels = np.ndarray(shape[:3], kind, stream.getbuffer(), proxy.offset, order="F")
    except _BROKEN as error:
        raise Unreadable("unreadable_nifti") from error
    return NiftiVolume(voxels, float(proxy.slope), float(proxy.inter), image.affine, image.header)
