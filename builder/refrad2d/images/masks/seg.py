"""A DICOM SEG as a mask, frame by frame, so that irregular spacing and missing slices are no obstacle (PS3.3 C.8.20).

Pixels of a SEG are labels: no padding, rescale or inversion of pictures is applied to them.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from refrad2d.images.dicom import broken, is_segmentation, parse_dicom, shown_slices, sop_class, text_of
from refrad2d.images.geometry import Placement
from refrad2d.images.masks.names import meaning
from refrad2d.images.masks.records import MaskRecord, SliceFile, Statement
from refrad2d.images.sources import Source, Unreadable
from refrad2d.system.later import later

if TYPE_CHECKING:
    import pydicom
else:
    pydicom = later("pydicom")

_OF_PICTURES = (  # what a picture's pixels are changed by
    "PixelPaddingValue", "PixelPaddingRangeLimit", "RescaleSlope", "RescaleIntercept", "WindowCenter", "WindowWidth",
)  # fmt: skip
_ABNORMAL = ("49755003", "M-01000", "M-01100")  # morphologically abnormal structure, in SNOMED CT and SRT
_ANY_STRUCTURE = frozenset(("organ", "anatomical structure", "anatomic structure", "tissue", "body structure"))


def read_seg(data: bytes, source: Source, key: bytes, folder: Path) -> MaskRecord | str:
    """The mask in a DICOM SEG, or the reason for which it is none; `Unreadable` if it is broken."""
    dataset = parse_dicom(data)
    if not is_segmentation(sop_class(dataset)):
        return "not_a_mask"
    try:
        names = {int(segment.SegmentNumber): segment_name(segment) for segment in dataset.SegmentSequence}
        abnormal = {int(s.SegmentNumber) for s in dataset.SegmentSequence if _is_abnormal(s)}
        statement = statement_of(dataset)
        pictures = _layers_by_depth(dataset)
    except broken() as error:
        raise Unreadable("unreadable_segmentation") from error
    shown = [
        (int(value), layer)
        for layers, _ in pictures.values()
        for layer in layers
        for value in np.unique(layer)
        if value
    ]
    values = {value for value, _ in shown}
    inside = {value for value, layer in shown if not _in_corners(layer, value)}
    written = SliceFile(source, key, folder)
    slices = tuple(written.write(np.stack(layers), placement) for _, (layers, placement) in sorted(pictures.items()))
    return MaskRecord(
        names, frozenset(values), slices, statement, frozenset(abnormal), sparse=True,
        surrounding=frozenset(values - inside), contradicts=any(map(_says_two_classes, dataset.SegmentSequence)),
    )  # fmt: skip


def _in_corners(layer: np.ndarray, value: int) -> bool:
    return bool((layer[np.ix_((0, -1), (0, -1))] == value).all())


def _layers_by_depth(dataset: pydicom.Dataset) -> dict[int, tuple[list[np.ndarray], Placement]]:
    """Depth in micrometres → label pictures and their placement; segments that overlap there lie in several."""
    pictures: dict[int, tuple[list[np.ndarray], Placement]] = {}
    for values, placement in _labelled_frames(dataset):
        layers, _ = pictures.setdefault(round(placement.depth * 1000), ([], placement))
        place = values > 0
        free = (layer for layer in layers if not layer[place].any())
        layer = next(free, None)
        if layer is None:
            layer = np.zeros(values.shape, np.uint16)
            layers.append(layer)
        layer[place] = values[place]
    return pictures


def _labelled_frames(dataset: pydicom.Dataset) -> Iterator[tuple[np.ndarray, Placement]]:
    """The frames in display orientation with the numbers of their segments, 0 where there is none."""
    label_map = text_of(dataset, "SegmentationType") == "LABELMAP"
    half = int(dataset.get("MaximumFractionalValue") or 1) / 2
    groups = [] if label_map else list(dataset.PerFrameFunctionalGroupsSequence)
    for name in _OF_PICTURES:
        if name in dataset:
            delattr(dataset, name)
    dataset.PhotometricInterpretation = "MONOCHROME2"
    for n, frame in enumerate(shown_slices(dataset)):
        picture = frame.picture
        if label_map:
            yield picture.astype(np.uint16), frame.placement
        else:
            yield np.where(picture > half, _segment_number(groups[n], dataset), 0).astype(np.uint16), frame.placement


def _segment_number(groups: pydicom.Dataset, dataset: pydicom.Dataset) -> int:
    shared = dataset.get("SharedFunctionalGroupsSequence") or [pydicom.Dataset()]
    place = groups if "SegmentIdentificationSequence" in groups else shared[0]
    return int(place.SegmentIdentificationSequence[0].ReferencedSegmentNumber)


def segment_name(segment: pydicom.Dataset) -> str:
    """A segment's name: its label if that means something, else the meaning of its coded type with its side."""
    text = text_of(segment, "SegmentLabel")
    if meaning(text).known:
        return text
    coded = _coded_name(segment)
    return coded if meaning(coded).known else text


def _coded_name(segment: pydicom.Dataset) -> str:
    """The meaning of the coded type of a segment with its side; of its region, where the type is just an organ."""
    places = (
        ("SegmentedPropertyTypeCodeSequence", "SegmentedPropertyTypeModifierCodeSequence"),
        ("AnatomicRegionSequence", "AnatomicRegionModifierSequence"),
    )
    names = []
    for name, modifier in places:
        code = (segment.get(name) or [pydicom.Dataset()])[0]
        side = (code.get(modifier) or segment.get(modifier) or [pydicom.Dataset()])[0]
        names.append(f"{text_of(side, 'CodeMeaning')} {text_of(code, 'CodeMeaning')}".strip())
    return names[1] if names[0].casefold() in _ANY_STRUCTURE and not _is_abnormal(segment) else names[0]


def _says_two_classes(segment: pydicom.Dataset) -> bool:
    """True if label and code name two different structures."""
    label, coded = meaning(text_of(segment, "SegmentLabel")).label, meaning(_coded_name(segment)).label
    return bool(label and coded and label != coded)


def _is_abnormal(segment: pydicom.Dataset) -> bool:
    """True if the segment's coded category says that it is no normal structure."""
    category = segment.get("SegmentedPropertyCategoryCodeSequence")
    return bool(category) and text_of(category[0], "CodeValue") in _ABNORMAL


def statement_of(dataset: pydicom.Dataset) -> Statement:
    """What a SEG states: patient, study, frame of reference, the series and the instances that it was drawn on."""
    series = dataset.get("ReferencedSeriesSequence") or []
    drawn_on = [s for g in dataset.get("PerFrameFunctionalGroupsSequence") or [] for s in _sources(g)]
    listed = [
        *(item for one in series for item in one.get("ReferencedInstanceSequence") or []),
        *(dataset.get("SourceImageSequence") or []),
    ]
    return Statement(
        text_of(dataset, "PatientID"),
        text_of(dataset, "StudyInstanceUID"),
        frozenset(filter(None, (text_of(one, "SeriesInstanceUID") for one in series))),
        text_of(dataset, "FrameOfReferenceUID"),
        frozenset(filter(None, (text_of(item, "ReferencedSOPInstanceUID") for item in drawn_on or listed))),
    )


def _sources(groups: pydicom.Dataset) -> Iterator[pydicom.Dataset]:
    for derivation in groups.get("DerivationImageSequence") or []:
        yield from derivation.get("SourceImageSequence") or []
