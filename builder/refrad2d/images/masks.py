"""One foreign mask file → the classes in it on display slices. Runs in an isolated child process.

NIfTI label numbers are read from the label table in the header extension, else by a named scheme; DICOM SEG segments
by their labels. What is outside the 121 classes is a finding.
"""

import csv
import xml.etree.ElementTree as ElementTree
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import nibabel
import numpy as np
import pydicom

from refrad2d.images.dicom import BROKEN, SEGMENTATIONS, parse_dicom, shown_slices, sop_class, text_of
from refrad2d.images.geometry import Placement, axis_across, display_frames, ras_to_lps, widest_axis
from refrad2d.images.nifti import is_nifti, open_nifti
from refrad2d.images.sources import Source, Unreadable, is_dicom
from refrad2d.labels import find_label, is_label, labels
from refrad2d.system.files import save_array
from refrad2d.system.pseudonyms import pseudonym

SCHEMES = ("total", "total_mr", "unified")


@dataclass(frozen=True)
class MaskSlice:
    """A display slice of a mask: `<folder>/<file>.npy` holds (rows, columns) values, keys of `MaskRecord.names`."""

    file: str
    placement: Placement


@dataclass(frozen=True)
class MaskRecord:
    """A mask: the meaning of its values (empty if the file does not say), its slices cut in each plane that was asked
    for, and the series that it references; a slice without any value has no file."""

    names: Mapping[int, str]
    slices: tuple[MaskSlice, ...]
    series_uid: str = ""


def load_scheme(name: str) -> dict[int, str]:
    """Mask value → label name of `total`, `total_mr`, `unified` or a file of lines `number,name`; else ValueError."""
    if name == "total":
        return {label.ct_id: label.name for label in labels() if label.ct_id}
    if name == "total_mr":
        return {label.mr_id: label.name for label in labels() if label.mr_id}
    if name == "unified":
        return {label.id: label.name for label in labels()}
    path = Path(name)
    if not path.is_file():
        raise ValueError(
            f"Unknown mask labels {name!r}. Choose from {', '.join(SCHEMES)}, or name a CSV file of lines number,name."
        )
    rows = [
        row
        for row in csv.reader(path.read_text(encoding="utf-8-sig").splitlines())
        if len(row) >= 2 and row[0].strip().isdigit()
    ]
    if not rows:
        raise ValueError(f"Mask label file {path.name} has no line number,name. Write one a class, such as 5,liver.")
    return {int(row[0]): row[1].strip() for row in rows}


def read_mask(task: tuple[Source, bytes, str, frozenset[str]]) -> MaskRecord | str:
    """Parse one mask file and write its slices. Returns a record, or the reason for which it is dropped.

    `task` is (source, key, folder for the slices, planes to cut a volume in).
    """
    source, key, folder, planes = task
    try:
        data = source.read()
        if is_dicom(data):
            return _read_seg(data, source, key, Path(folder))
        if is_nifti(data):
            return _read_nifti(data, source, key, Path(folder), planes)
    except Unreadable as unreadable:
        return str(unreadable)
    return "not_a_mask"


def _read_nifti(data: bytes, source: Source, key: bytes, folder: Path, planes: frozenset[str]) -> MaskRecord | str:
    opened = open_nifti(data, source.orientation)
    try:
        affine = ras_to_lps(opened.affine)
        axes = {axis_across(plane, affine) for plane in planes} or {widest_axis(affine)}
    except ValueError as error:
        raise Unreadable("unreadable_nifti") from error
    volume = np.empty(opened.voxels.shape, np.uint16)
    for k, part in enumerate(opened.voxels.T):  # part by part: copies of the whole would not fit
        values = part * opened.slope + opened.intercept
        if (
            not np.isfinite(values).all()
            or (values != np.round(values)).any()
            or not 0 <= values.min() <= values.max() <= 65535
        ):
            return "not_a_label_map"
        volume[..., k] = values.T
    names = label_table(opened.header)
    if not names and len(np.unique(volume)) <= 2 and (label := _class_of_file(source)):
        names = {int(volume.max()): label}
    slices = []
    for axis in sorted(axes):
        for number, (picture, placement) in enumerate(display_frames(volume, affine, slice_axis=axis)):
            if picture.any():
                slices.append(_write(picture, placement, source, key, folder, f"{axis} {number}"))
            else:
                slices.append(MaskSlice("", placement))
    return MaskRecord(names, tuple(slices))


def _class_of_file(source: Source) -> str:
    """The label that a file of one class is named after: `kidney_left.nii.gz`; empty if its name is no class."""
    return source.stem if is_label(source.stem) else ""


def label_table(header: nibabel.Nifti1Header) -> dict[int, str]:
    """Value → name of the label table that TotalSegmentator and Connectome Workbench write into NIfTI extensions."""
    for extension in getattr(header, "extensions", ()):
        content = extension.get_content()
        text = content if isinstance(content, bytes) else str(content).encode()
        start, end = text.find(b"<LabelTable"), text.find(b"</LabelTable>")
        if start < 0 or end < 0 or b"<!DOCTYPE" in text or b"<!ENTITY" in text:
            continue
        try:
            table = ElementTree.fromstring(text[start : end + len(b"</LabelTable>")])
        except ElementTree.ParseError:
            continue
        found = {
            int(e.get("Key", "0")): (e.text or "").strip()
            for e in table.iter("Label")
            if (e.get("Key") or "").isdigit()
        }
        return {value: name for value, name in found.items() if value > 0 and name}
    return {}


def _read_seg(data: bytes, source: Source, key: bytes, folder: Path) -> MaskRecord | str:
    """A DICOM SEG, frame by frame, so that irregular spacing and missing slices are no obstacle (PS3.3 C.8.20)."""
    dataset = parse_dicom(data)
    if sop_class(dataset) not in SEGMENTATIONS:
        return "not_a_mask"
    try:
        names = {int(segment.SegmentNumber): _segment_name(segment) for segment in dataset.SegmentSequence}
        kind = text_of(dataset, "SegmentationType")
        half = int(dataset.get("MaximumFractionalValue") or 1) / 2
        numbers = (
            []
            if kind == "LABELMAP"
            else [_segment_number(g, dataset) for g in dataset.PerFrameFunctionalGroupsSequence]
        )
        frames = list(shown_slices(dataset))
    except BROKEN as error:
        raise Unreadable("unreadable_segmentation") from error
    pictures: dict[int, tuple[np.ndarray, Placement]] = {}
    for n, frame in enumerate(frames):
        values = frame.picture if kind == "LABELMAP" else np.where(frame.picture > half, numbers[n], 0)
        depth = round(frame.placement.depth * 1000)
        picture, _ = pictures.setdefault(depth, (np.zeros(values.shape, np.uint16), frame.placement))
        np.copyto(picture, values, where=(picture == 0) & (values > 0), casting="unsafe")
    slices = tuple(
        _write(picture, placement, source, key, folder, f"seg {depth}") if picture.any() else MaskSlice("", placement)
        for depth, (picture, placement) in sorted(pictures.items())
    )
    references = dataset.get("ReferencedSeriesSequence") or [pydicom.Dataset()]
    return MaskRecord(names, slices, str(references[0].get("SeriesInstanceUID", "")))


def _segment_number(groups: pydicom.Dataset, dataset: pydicom.Dataset) -> int:
    shared = dataset.get("SharedFunctionalGroupsSequence") or [pydicom.Dataset()]
    place = groups if "SegmentIdentificationSequence" in groups else shared[0]
    return int(place.SegmentIdentificationSequence[0].ReferencedSegmentNumber)


def _segment_name(segment: pydicom.Dataset) -> str:
    """A segment's class: its label if that names one, else the meaning of its coded type with its side, else text."""
    text = text_of(segment, "SegmentLabel")
    label = find_label(text)
    if label is None and (coded := segment.get("SegmentedPropertyTypeCodeSequence")):
        modifier = coded[0].get("SegmentedPropertyTypeModifierCodeSequence")
        side = text_of(modifier[0], "CodeMeaning") if modifier else ""
        label = find_label(f"{side} {text_of(coded[0], 'CodeMeaning')}".strip())
    return label.name if label else text


def _write(
    picture: np.ndarray, placement: Placement, source: Source, key: bytes, folder: Path, number: str
) -> MaskSlice:
    name = pseudonym(key, "mask", source.name, number)
    save_array(folder / f"{name}.npy", picture)
    return MaskSlice(name, placement)
