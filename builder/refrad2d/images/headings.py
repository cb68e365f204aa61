"""Which series a file is of, from the first elements of its header; runs in an isolated child process.

An export is read series by series, so that no more than one is in memory. Nothing is decided here but the order of
reading: what cannot be told makes a series of its own, and `records` says why it is left out.
"""

from __future__ import annotations

import io
import os
from typing import TYPE_CHECKING, BinaryIO

from refrad2d.images.archives import is_gzip, unpack_gzip
from refrad2d.images.dicom import broken, text_of
from refrad2d.images.nifti import is_nifti
from refrad2d.images.sources import Source, Unreadable, is_dicom
from refrad2d.images.stacks import Series, series_of
from refrad2d.system.later import later

if TYPE_CHECKING:
    import pydicom
else:
    pydicom = later("pydicom")

MAGIC_BYTES = 352  # of NIfTI; those of DICOM stand before
_SERIES_INSTANCE_UID = (
    0x0020000E  # elements come in the order of their tags, and this is the last one that is asked for
)
_LARGEST = 1 << 16  # bytes of an element before it that is read at all


def read_heading(source: Source) -> Series | None:
    """The series of a DICOM file, None for what is none or cannot be read."""
    try:
        with _open(source) as file:
            head = file.read(MAGIC_BYTES)
            if is_gzip(head):
                file.seek(0)
                data = file.read()
                return None if is_nifti(data) else _series(source, io.BytesIO(unpack_gzip(data)))
            file.seek(0)
            return _series(source, file) if is_dicom(head) and not is_nifti(head) else None
    except Unreadable:
        return None


def _open(source: Source) -> BinaryIO:
    """The bytes of a file, of which a plain one is not read whole."""
    if source.reason:
        raise Unreadable(source.reason)
    if source.member:
        return io.BytesIO(source.read())
    return open(os.path.join(source.root, source.path), "rb")


def _series(source: Source, file: BinaryIO) -> Series | None:
    try:
        dataset = pydicom.filereader.read_partial(file, stop_when=_is_after, defer_size=_LARGEST, force=True)
        names = ("PatientID", "StudyInstanceUID", "SeriesInstanceUID", "Modality")
        patient, study, series, modality = (text_of(dataset, name) for name in names)
    except broken():
        return None
    return series_of(source, patient, study, series, modality, whole_file=False)


def _is_after(tag: pydicom.tag.BaseTag, vr: str | None, length: int) -> bool:
    return tag > _SERIES_INSTANCE_UID
