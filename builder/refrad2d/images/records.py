"""One foreign file → its slices as plain pixels and an allow-list of fields. Runs in an isolated child process.

What identifies a patient stays in the returned record, in memory, for joining and scrubbing. A file is asked twice:
first without writing anything, so that text in the pixels can be found, then `blanking` writes what may stay; see
`held` for how it is decoded once.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace
from itertools import chain
from typing import TYPE_CHECKING

import numpy as np

from refrad2d.images.archives import is_gzip, unpack_gzip
from refrad2d.images.dicom import (
    age_decade,
    body_part,
    is_segmentation,
    parse_dicom,
    refuse_unsuitable,
    shown_slices,
    sop_class,
    text_of,
    whole_number,
)
from refrad2d.images.evidence.units import extremes, says_unit
from refrad2d.images.geometry import display_frames, ras_to_lps
from refrad2d.images.held import HELD
from refrad2d.images.masks.sharing import LABEL_MAP, is_label_map
from refrad2d.images.nifti import is_nifti, nifti_units_fault, open_nifti
from refrad2d.images.slices import Slice
from refrad2d.images.sources import Source, Unreadable, is_dicom
from refrad2d.privacy.heads import names_head
from refrad2d.privacy.identities import identities, person_of
from refrad2d.privacy.persons import Person
from refrad2d.system.later import later
from refrad2d.system.pseudonyms import pseudonym

if TYPE_CHECKING:
    import pydicom
else:
    pydicom = later("pydicom")

MAX_VALUE = 1e15  # of pixels, slope and intercept: float32, in which pictures are made, must hold their products
_DESCRIPTIONS = ("BodyPartExamined", "StudyDescription", "SeriesDescription", "ProtocolName")


@dataclass(frozen=True, slots=True)
class Record:
    """What is known of one file. `known`, `phrases` and `person` identify, as UIDs do; no disk has them unsealed."""

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
    frame_of_reference: str = ""
    known: tuple[str, ...] = ()
    phrases: tuple[str, ...] = ()  # places and the like, see `identities`
    person: Person = Person()  # who the patient is, see `people`
    head: bool = False  # the header names the head
    says_unit: bool = False  # the header of a CT says what its values are
    references: tuple[str, ...] = ()  # SOP instances that a Key Object Selection names
    slices: tuple[Slice, ...] = ()


def read_file(task: tuple[Source, bytes]) -> Record | str:
    """Parse one input; no pixel is written. Returns a record, or the reason for which the file is dropped.

    `task` is (source, key); one argument, so that a pool of processes can map it.
    """
    source, key = task
    try:
        record, slices = open_file(source)
        known = tuple(_named(shown, source, key) for shown in slices)
    except Unreadable as unreadable:
        return str(unreadable)
    return replace(record, slices=known)


def read_of_series(task: tuple[Source, bytes, str]) -> Record | str:
    """The same for a file of the series of a name; the child holds its pixels while it is asked about that series."""
    source, key, series = task
    with HELD.series(series):
        return read_file((source, key))


def open_file(source: Source, wanted: Collection[int] | None = None) -> tuple[Record, Iterator[Slice]]:
    """What a file says, and its slices with uint16 pixels one by one; `Unreadable` if it cannot be used.

    `wanted` are the numbers of the slices that are decoded, None for all.
    """
    if held := HELD.find(source):
        return held.record, (shown for shown in held.slices if wanted is None or shown.number in wanted)
    record, slices = _open(source.read(), source, wanted)
    return record, slices if wanted is not None else HELD.collect(source, record, slices)


def _open(data: bytes, source: Source, wanted: Collection[int] | None) -> tuple[Record, Iterator[Slice]]:
    if is_nifti(data):
        return _open_nifti(data, source, wanted)
    if is_gzip(data):
        data = unpack_gzip(data)
    if is_dicom(data):
        return _open_dicom(data, wanted)
    raise Unreadable("not_an_image")


def digest_pixels(pixels: np.ndarray) -> str:
    """What tells that two slices have equal pixels."""
    return hashlib.sha256(repr(pixels.shape).encode() + np.ascontiguousarray(pixels).tobytes()).hexdigest()


def _named(shown: Slice, source: Source, key: bytes) -> Slice:
    """The slice without its pixels, with what it is known by."""
    name = pseudonym(key, "frame", source.name, shown.number)
    reach = extremes(shown.picture, shown.slope, shown.intercept)
    return replace(shown, pixels=None, file=name, digest=digest_pixels(shown.picture), extremes=reach)


def _open_nifti(data: bytes, source: Source, wanted: Collection[int] | None) -> tuple[Record, Iterator[Slice]]:
    """A volume; its modality is what the user says, since no NIfTI file states one."""
    opened = open_nifti(data, source.orientation)
    if is_label_map(opened, source):
        raise Unreadable(LABEL_MAP)
    voxels, slope, intercept, affine, header = opened
    if fault := nifti_units_fault(header, affine, voxels.shape):
        raise Unreadable(fault)
    try:
        placed = display_frames(voxels, ras_to_lps(affine))
        first = next(placed)
    except ValueError as error:
        raise Unreadable("unreadable_nifti") from error
    if not all(np.isfinite(part).all() for part in voxels.T):  # part by part: the whole would need a copy
        raise Unreadable("non_finite_pixels")
    shown = (
        Slice(placement, slope, intercept, picture, number=number)
        for number, (picture, placement) in enumerate(chain([first], placed))
        if wanted is None or number in wanted
    )
    return Record("nifti", modality=source.modality or None), map(_in_16_bits, shown)


def _open_dicom(data: bytes, wanted: Collection[int] | None) -> tuple[Record, Iterator[Slice]]:
    dataset = parse_dicom(data)
    kind = sop_class(dataset)
    if kind == pydicom.uid.MediaStorageDirectoryStorage or "DirectoryRecordSequence" in dataset:
        raise Unreadable("dicomdir")
    facts = _facts(dataset)
    if kind == pydicom.uid.KeyObjectSelectionDocumentStorage:
        references = {str(e.value) for e in dataset.iterall() if e.keyword == "ReferencedSOPInstanceUID"}
        return Record("key_objects", references=tuple(sorted(references)), **facts), iter(())
    if is_segmentation(kind):
        return Record("segmentation", **facts), iter(())
    refuse_unsuitable(dataset)
    return Record("dicom", says_unit=says_unit(dataset), **facts), _dicom_slices(dataset, wanted)


def _dicom_slices(dataset: pydicom.Dataset, wanted: Collection[int] | None) -> Iterator[Slice]:
    single = (whole_number(dataset, "NumberOfFrames") or 1) == 1
    for shown in shown_slices(dataset, wanted):
        instance = whole_number(dataset, "InstanceNumber") if single else shown.number + 1
        yield replace(_in_16_bits(shown), instance=instance, sop_uid=text_of(dataset, "SOPInstanceUID"))


def _in_16_bits(shown: Slice) -> Slice:
    """A slice with uint16 pixels, and the slope and intercept that give its values back; integers stay exact."""
    picture = shown.picture
    low, high = picture.min(), picture.max()
    ends = (float(v) * scale + shift for v in (low, high) for scale, shift in ((1, 0), (shown.slope, shown.intercept)))
    if not max(abs(shown.slope), abs(shown.intercept), *map(abs, ends)) < MAX_VALUE:
        raise Unreadable("values_out_of_range")
    whole = picture.dtype.kind in "iub" or bool((picture == np.round(picture)).all())
    offset: float
    if whole and int(high) - int(low) <= 65535:
        offset, step = (int(low) if low < 0 or high > 65535 else 0), 1.0
        wide = np.int32 if picture.dtype.kind in "iu" and picture.dtype.itemsize <= 2 else np.int64
        plain = picture.dtype == np.uint16 and offset == 0
        pixels = picture if plain else (picture.astype(wide) - offset).astype(np.uint16)
    else:  # more levels than 16 bits hold
        offset, step = float(low), (float(high) - float(low)) / 65535 or 1.0
        pixels = np.round((picture.astype(np.float64) - offset) / step).astype(np.uint16)
    slope, intercept = shown.slope * step, shown.intercept + shown.slope * offset
    return replace(shown, pixels=pixels, slope=slope, intercept=intercept)


def _facts(dataset: pydicom.Dataset) -> dict:
    sex = text_of(dataset, "PatientSex").upper()
    known, phrases = identities(dataset)
    return {
        "modality": text_of(dataset, "Modality"),
        "body_part": body_part(text_of(dataset, "BodyPartExamined")),
        "sex": sex if sex in ("M", "F", "O") else None,
        "age": age_decade(text_of(dataset, "PatientAge")),
        "series_number": whole_number(dataset, "SeriesNumber"),
        "patient_id": text_of(dataset, "PatientID"),
        "study_uid": text_of(dataset, "StudyInstanceUID"),
        "series_uid": text_of(dataset, "SeriesInstanceUID"),
        "sop_uid": text_of(dataset, "SOPInstanceUID"),
        "accession": text_of(dataset, "AccessionNumber"),
        "frame_of_reference": text_of(dataset, "FrameOfReferenceUID"),
        "known": tuple(sorted(known)),
        "phrases": tuple(sorted(phrases)),
        "person": person_of(dataset),
        "head": names_head(text_of(dataset, name) for name in _DESCRIPTIONS),
    }
