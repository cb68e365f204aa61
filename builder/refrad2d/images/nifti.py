"""NIfTI files from bytes that nobody vouches for."""

from __future__ import annotations

import io
import zlib
from typing import TYPE_CHECKING, NamedTuple, cast

import numpy as np

from refrad2d.images.archives import Unreadable, is_gzip, open_gzip, read_part, read_trailer
from refrad2d.images.evidence.units import grid_fault
from refrad2d.system.later import later

if TYPE_CHECKING:
    import nibabel
else:
    nibabel = later("nibabel")

MAX_PIXELS = 1 << 29
MAX_BYTES = 3 << 28  # of an unpacked volume: 512 x 512 x 768 voxels of four bytes
HEADER, CHUNK = 544, 1 << 24
SPACING_TOLERANCE = 0.1  # of the sizes of a voxel in pixdim and sform: a tilted gantry shears the latter by up to that
_SCANNER = 2  # the highest code of an orientation that keeps the patient's size; 3 and 4 are atlases


class NiftiVolume(NamedTuple):
    """`voxels` (i, j, k) as the file has them, not copied; value = voxel * slope + intercept; `affine` to RAS mm."""

    voxels: np.ndarray
    slope: float
    intercept: float
    affine: np.ndarray
    header: nibabel.Nifti1Header


def _broken() -> tuple[type[Exception], ...]:
    """What nibabel raises for bytes that are not what they say (found by test_fuzz_parsers.py)."""
    return (
        OSError, EOFError, TypeError, ValueError, KeyError, OverflowError, zlib.error, np.linalg.LinAlgError,
        nibabel.spatialimages.HeaderDataError, nibabel.filebasedimages.ImageFileError,
    )  # fmt: skip


def is_nifti(data: bytes) -> bool:
    """True for NIfTI-1 and NIfTI-2, gzip or not, by their magic."""
    if is_gzip(data):
        try:
            data = read_part(open_gzip(data), 352)
        except Unreadable:
            return False
    return data[344:348] in (b"n+1\x00", b"ni1\x00") or data[4:8] == b"n+2\x00"


def _kind(data: bytes) -> type[nibabel.Nifti1Image]:
    return nibabel.Nifti2Image if data[4:8] == b"n+2\x00" else nibabel.Nifti1Image


def _unpack(data: bytes) -> io.BytesIO:
    """The gzip stream as far as its header says that the volume reaches, so that a bomb unpacks to no more."""
    with open_gzip(data) as file:
        head = read_part(file, HEADER)
        kind = _kind(head).header_class
        header = kind(head[: kind.sizeof_hdr], check=False)
        size = np.prod(header.get_data_shape(), dtype=float) * header.get_data_dtype().itemsize
        if size > MAX_BYTES:
            raise Unreadable("too_large")
        stream, wanted = io.BytesIO(), header.get_data_offset() + int(size) - len(head)
        stream.write(head)
        while wanted > 0 and (part := read_part(file, min(wanted, CHUNK))):
            wanted -= stream.write(part)
        read_trailer(file)
    stream.seek(0)
    return stream


def open_nifti(data: bytes, orientation: str = "") -> NiftiVolume:
    """A NIfTI from bytes, gzip or not; `Unreadable` if it is broken, not of 3 dimensions, or too large for memory.

    One that says no orientation is `no_orientation`, unless the user named one: where its axes lead, such as "RAS".
    """
    try:
        stream = _unpack(data) if is_gzip(data) else io.BytesIO(data)
        if bytes(stream.getbuffer()[344:348]) == b"ni1\x00":
            raise Unreadable("nifti_in_two_files")
        image = _kind(stream.getbuffer()[:8].tobytes()).from_stream(stream)
        shape, kind = image.shape, image.get_data_dtype()
    except _broken() as error:
        raise Unreadable("unreadable_nifti") from error
    if len(shape) not in (3, 4) or shape[3:] not in ((), (1,)) or min(shape) < 1:
        raise Unreadable("not_three_dimensional")
    if np.prod(shape, dtype=float) > MAX_PIXELS:
        raise Unreadable("too_large")
    if kind.kind not in "iuf":
        raise Unreadable("not_one_number_a_voxel")  # colours, complex values
    proxy = cast("nibabel.arrayproxy.ArrayProxy", image.dataobj)  # as of every image that is read from a stream
    try:
        voxels = np.ndarray(shape[:3], kind, stream.getbuffer(), proxy.offset, order="F")
        affine = affine_of(image.header, orientation)
    except _broken() as error:
        raise Unreadable("unreadable_nifti") from error
    return NiftiVolume(voxels, float(proxy.slope), float(proxy.inter), affine, image.header)


def affine_of(header: nibabel.Nifti1Header, orientation: str = "") -> np.ndarray:
    """The matrix from voxels to RAS mm. `Unreadable` if the header gives none, two that turn the volume differently, or
    two sizes of a voxel.

    `orientation` is that of a header without any, such as "LAS"; the middle of the volume is its origin then.
    """
    sform, qform = header.get_sform(coded=True)[0], header.get_qform(coded=True)[0]
    if sform is None and qform is None:
        if not orientation:
            raise Unreadable("no_orientation")
        return _assumed(header, orientation)
    if sform is not None and qform is not None and nibabel.aff2axcodes(sform) != nibabel.aff2axcodes(qform):
        raise Unreadable("orientations_disagree")
    if sform is None:
        return qform
    if qform is not None and int(header["sform_code"]) > _SCANNER:
        return qform  # the other one leads into an atlas, where the patient has another size
    if not np.allclose(np.linalg.norm(sform[:3, :3], axis=0), header.get_zooms()[:3], rtol=SPACING_TOLERANCE):
        raise Unreadable("spacings_disagree")
    return sform


def _assumed(header: nibabel.Nifti1Header, orientation: str) -> np.ndarray:
    affine = np.eye(4)
    affine[:3, :3] = 0
    for voxel_axis, letter in enumerate(orientation):
        axis = next(n for n, pair in enumerate(("LR", "PA", "IS")) if letter in pair)
        affine[axis, voxel_axis] = header.get_zooms()[voxel_axis] * (1 if letter in "RAS" else -1)
    affine[:3, 3] = -affine[:3, :3] @ ((np.array(header.get_data_shape()[:3]) - 1) / 2)
    return affine


def nifti_units_fault(header: nibabel.Nifti1Header, affine: np.ndarray, shape: tuple[int, ...]) -> str:
    """`not_in_millimetres` for a volume that says another unit, or sizes that no image of a person has; else empty."""
    unit = int(header["xyzt_units"]) & 7  # 0 unknown, 1 m, 2 mm, 3 µm
    return "not_in_millimetres" if unit not in (0, 2) else grid_fault(np.linalg.norm(affine[:3, :3], axis=0), shape)
