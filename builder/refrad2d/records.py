"""One foreign file → its slices as plain pixels and an allow-list of fields. Runs in an isolated child process.

What identifies a patient stays in the returned record, in memory, for joining and scrubbing; what is written to disk
are pixels under a keyed pseudonym.
"""

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import pydicom

from refrad2d.dicom import (
    Shown,
    age_decade,
    body_part,
    identifiers,
    parse_dicom,
    refuse_unsuitable,
    shown_frames,
    sop_class,
    text_of,
)
from refrad2d.geometry import Placement, display_frames, ras_to_lps
from refrad2d.nifti import is_nifti, open_nifti
from refrad2d.pseudonyms import pseudonym
from refrad2d.sources import Source, Unreadable, is_dicom

_KEY_OBJECTS = "1.2.840.10008.5.1.4.1.1.88.59"
_SEGMENTATIONS = ("1.2.840.10008.5.1.4.1.1.66.4", "1.2.840.10008.5.1.4.1.1.66.7")
_DICOMDIR = "1.2.840.10008.1.3.10"


@dataclass(frozen=True)
class Frame:
    """One slice of a file: `<frames>/<file>.npy` holds (rows, columns) uint16; value = pixels * slope + intercept."""

    file: str
    placement: Placement
    slope: float
    intercept: float
    instance: int | None = None
    sop_uid: str = ""


@dataclass(frozen=True)
class Record:
    """What is known of one file. `known` are identifiers for scrubbing; they and the UIDs never reach the disk."""

    kind: str  # dicom | nifti | key_objects | segmentation
    modality: str | None = None
    body_part: str | None = None
    sex: str | None = None
    age: int | None = None
    series_number: int | None = None
    patient_id: str = ""
    study_uid: str = ""
    series_uid: str = ""
    sop_uid: str = ""
    accession: str = ""
    known: tuple[str, ...] = ()
    references: tuple[str, ...] = ()  # SOP instances that a Key Object Selection names
    frames: tuple[Frame, ...] = field(default=())


def read_file(task: tuple[Source, bytes, str]) -> Record | str:
    """Parse one input and write its slices. Returns a record, or the reason for which the file is dropped.

    `task` is (source, key, folder for the slices); one argument, so that a pool of processes can map it.
    """
    source, key, frames = task
    try:
        data = source.read()
        if is_nifti(data):
            return _read_nifti(data, source, key, Path(frames))
        if is_dicom(data):
            return _read_dicom(data, source, key, Path(frames))
    except Unreadable as unreadable:
        return str(unreadable)
    return "not_an_image"


def _read_nifti(data: bytes, source: Source, key: bytes, frames: Path) -> Record:
    image = open_nifti(data)
    try:
        volume = np.asanyarray(image.dataobj)
        placed = list(display_frames(volume, ras_to_lps(image.affine)))
    except (ValueError, OSError, EOFError) as error:
        raise Unreadable("unreadable_nifti") from error
    if not np.isfinite(volume).all():
        raise Unreadable("non_finite_pixels")
    shown = (Shown(picture, placement, 1.0, 0.0) for picture, placement in placed)
    written = tuple(_write(one, source, number, key, frames) for number, one in enumerate(shown))
    return Record("nifti", modality="CT" if volume.min() <= -200 else "MR", frames=written)  # only CT knows such values


def _read_dicom(data: bytes, source: Source, key: bytes, frames: Path) -> Record:
    dataset = parse_dicom(data)
    kind = sop_class(dataset)
    if kind == _DICOMDIR or "DirectoryRecordSequence" in dataset:
        raise Unreadable("dicomdir")
    facts = _facts(dataset)
    if kind == _KEY_OBJECTS:
        references = {str(e.value) for e in dataset.iterall() if e.keyword == "ReferencedSOPInstanceUID"}
        return Record("key_objects", references=tuple(sorted(references)), **facts)
    if kind in _SEGMENTATIONS:
        return Record("segmentation", **facts)
    refuse_unsuitable(dataset)
    single = int(dataset.get("NumberOfFrames") or 1) == 1
    written = []
    for number, shown in enumerate(shown_frames(dataset)):
        instance = dataset.get("InstanceNumber") if single else number + 1
        instance = int(instance) if instance is not None else None
        written.append(_write(shown, source, number, key, frames, instance, text_of(dataset, "SOPInstanceUID")))
    return Record("dicom", frames=tuple(written), **facts)


def _write(
    shown: Shown, source: Source, number: int, key: bytes, frames: Path, instance: int | None = None, sop_uid: str = ""
) -> Frame:
    """Store a slice as uint16 with the slope and intercept that give its values back; integers stay exact."""
    picture = shown.pixels
    low, high = picture.min(), picture.max()
    whole = picture.dtype.kind in "iub" or bool((picture == np.round(picture)).all())
    if whole and int(high) - int(low) <= 65535:
        offset, step = (int(low) if low < 0 or high > 65535 else 0), 1.0
        stored = (picture.astype(np.int64) - offset).astype(np.uint16)
    else:  # more levels than 16 bits hold
        offset, step = float(low), (float(high) - float(low)) / 65535 or 1.0
        stored = np.round((picture.astype(np.float64) - offset) / step).astype(np.uint16)
    name = pseudonym(key, "frame", source.name, number)
    np.save(frames / f"{name}.npy", stored)
    return Frame(name, shown.placement, shown.slope * step, shown.intercept + shown.slope * offset, instance, sop_uid)


def _facts(dataset: pydicom.Dataset) -> dict:
    sex = text_of(dataset, "PatientSex").upper()
    number = dataset.get("SeriesNumber")
    return {
        "modality": text_of(dataset, "Modality"),
        "body_part": body_part(text_of(dataset, "BodyPartExamined")),
        "sex": sex if sex in ("M", "F", "O") else None,
        "age": age_decade(text_of(dataset, "PatientAge")),
        "series_number": int(number) if number is not None else None,
        "patient_id": text_of(dataset, "PatientID"),
        "study_uid": text_of(dataset, "StudyInstanceUID"),
        "series_uid": text_of(dataset, "SeriesInstanceUID"),
        "sop_uid": text_of(dataset, "SOPInstanceUID"),
        "accession": text_of(dataset, "AccessionNumber"),
        "known": tuple(sorted(identifiers(dataset))),
    }
