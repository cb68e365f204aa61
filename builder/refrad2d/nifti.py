"""NIfTI files from bytes that nobody vouches for."""

import gzip
import io

import nibabel
import numpy as np

from refrad2d.sources import Unreadable

MAX_PIXELS = 1 << 29


def is_nifti(data: bytes) -> bool:
    """True for NIfTI-1 and NIfTI-2, gzip or not, by their magic."""
    if data[:2] == b"\x1f\x8b":
        try:
            data = gzip.GzipFile(fileobj=io.BytesIO(data)).read(352)
        except (OSError, EOFError):
            return False
    return data[344:348] in (b"n+1\x00", b"ni1\x00") or data[4:8] == b"n+2\x00"


def open_nifti(data: bytes) -> nibabel.Nifti1Image:
    """A NIfTI from bytes, gzip or not; `Unreadable` if it is broken, not of 3 dimensions, or too large for memory."""
    try:
        if data[:2] == b"\x1f\x8b":
            with gzip.GzipFile(fileobj=io.BytesIO(data)) as file:
                data = file.read(MAX_PIXELS * 4)
        image = nibabel.Nifti1Image.from_bytes(data)
    except (
        OSError,
        EOFError,
        ValueError,
        nibabel.spatialimages.HeaderDataError,
        nibabel.filebasedimages.ImageFileError,
    ) as error:
        raise Unreadable("unreadable_nifti") from error
    if len(image.shape) == 4 and image.shape[3] == 1:
        image = image.slicer[..., 0]
    if len(image.shape) != 3 or 0 in image.shape:
        raise Unreadable("not_three_dimensional")
    if np.prod(image.shape, dtype=float) > MAX_PIXELS:
        raise Unreadable("too_large")
    return image
