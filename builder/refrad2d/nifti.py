"""NIfTI files from bytes that nobody vouches for."""

import gzip
import io
import zlib

import nibabel
import numpy as np

from refrad2d.sources import Unreadable

MAX_PIXELS = 1 << 29
_BROKEN = (  # what nibabel raises for bytes that are not what they say (found by tests/test_fuzz_parsers.py)
    OSError, EOFError, ValueError, OverflowError, zlib.error, np.linalg.LinAlgError,
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


def open_nifti(data: bytes) -> nibabel.Nifti1Image:
    """A NIfTI from bytes, gzip or not; `Unreadable` if it is broken, not of 3 dimensions, or too large for memory."""
    try:
        if data[:2] == b"\x1f\x8b":
            with gzip.GzipFile(fileobj=io.BytesIO(data)) as file:
                data = file.read(MAX_PIXELS * 4)
        image = nibabel.Nifti1Image.from_bytes(data)
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
