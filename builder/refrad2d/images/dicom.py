"""DICOM datasets as slices in display orientation, and what of their header may be kept.

>>> hu = next(shown_slices(parse_dicom(Path("slice.dcm").read_bytes()))).values()
"""

from __future__ import annotations

import io
import re
import struct
import zlib
from collections.abc import Collection, Iterator, Sequence
from typing import TYPE_CHECKING

import numpy as np

from refrad2d.images.evidence.phases import phase_of
from refrad2d.images.evidence.units import hounsfield_fault
from refrad2d.images.geometry import CORNERS, REORIENTATIONS, display_frames, frame_affine, reorient
from refrad2d.images.slices import Slice
from refrad2d.images.sources import Unreadable
from refrad2d.labels import MODALITIES
from refrad2d.system.later import later

if TYPE_CHECKING:
    import pydicom
else:
    pydicom = later("pydicom")

MAX_PIXELS = 1 << 29  # of all frames of one file
BODY_PARTS = frozenset(
    "abdomen abdomenpelvis ankle arm breast brain calf chest chestabdomen chestabdpelvis cspine elbow extremity face "
    "femur foot hand head headneck heart hip humerus kidney knee leg liver lspine lung neck pancreas pelvis prostate "
    "rectum sacrum shoulder skull spine sspine thigh thorax tspine uterus wholebody wrist".split()
)
IMAGE_CLASSES = (  # by the names that pydicom has for them
    "CTImageStorage", "EnhancedCTImageStorage", "LegacyConvertedEnhancedCTImageStorage",
    "MRImageStorage", "EnhancedMRImageStorage", "LegacyConvertedEnhancedMRImageStorage",
)  # fmt: skip
LABEL_MAP_SEGMENTATION = "1.2.840.10008.5.1.4.1.1.66.7"  # PS3.4 since 2024; pydicom 3.0 has no name for it yet


def broken() -> tuple[type[Exception], ...]:
    """What pydicom and its codecs raise for bytes that are not what they say (found by test_fuzz_parsers.py)."""
    return (
        pydicom.errors.InvalidDicomError, pydicom.errors.BytesLengthException, ArithmeticError, AttributeError,
        EOFError, LookupError, NotImplementedError, OSError, RecursionError, RuntimeError, TypeError, ValueError,
        struct.error, zlib.error,
    )  # fmt: skip


def is_segmentation(kind: str) -> bool:
    """True for the SOP classes of segmentations."""
    return kind in (pydicom.uid.SegmentationStorage, LABEL_MAP_SEGMENTATION)


def parse_dicom(data: bytes) -> pydicom.Dataset:
    """A dataset from bytes; `Unreadable` if it cannot be parsed."""
    try:
        dataset = pydicom.dcmread(io.BytesIO(data), force=True)
        for part in (getattr(dataset, "file_meta", pydicom.Dataset()), dataset):
            _decode(part)
    except broken() as error:
        raise Unreadable("unreadable_dicom") from error
    meta = getattr(dataset, "file_meta", None) or pydicom.dataset.FileMetaDataset()
    if "TransferSyntaxUID" not in meta:  # a bare dataset: as it was just read
        implicit, little = dataset.original_encoding
        meta.TransferSyntaxUID = (
            pydicom.uid.ImplicitVRLittleEndian
            if implicit
            else pydicom.uid.ExplicitVRLittleEndian
            if little
            else pydicom.uid.ExplicitVRBigEndian
        )
    dataset.file_meta = meta
    return dataset


def _decode(dataset: pydicom.Dataset) -> None:
    """Decode every element, nested ones too: pydicom does so when one is first used, and broken ones must show here.

    A private one that does not hold what its dictionary says becomes bytes: nothing here reads it.
    """
    for tag in list(dataset.keys()):
        try:
            element = dataset[tag]
        except broken():
            raw = dataset.get_item(tag)
            if not tag.is_private or not isinstance(raw, pydicom.dataelem.RawDataElement):
                raise
            dataset[tag] = element = pydicom.DataElement(tag, "UN", raw.value or b"")
        if element.VR == "SQ":
            for item in element.value:
                _decode(item)


def sop_class(dataset: pydicom.Dataset) -> str:
    """The SOP class, from the file meta information where the dataset leaves it empty."""
    meta = getattr(dataset, "file_meta", pydicom.Dataset())
    return text_of(dataset, "SOPClassUID") or text_of(meta, "MediaStorageSOPClassUID")


def refuse_unsuitable(dataset: pydicom.Dataset) -> None:
    """Raise `Unreadable` for what is DICOM but no slice to learn from."""
    kind = sop_class(dataset)
    kinds = {str(v).upper() for v in _values(dataset, "ImageType")}
    if kind and kind not in {getattr(pydicom.uid, name) for name in IMAGE_CLASSES}:
        raise Unreadable("not_a_ct_or_mr_image")
    if text_of(dataset, "Modality") not in MODALITIES:
        raise Unreadable("not_a_ct_or_mr_image")
    if kinds & {"LOCALIZER", "SCOUT"}:
        raise Unreadable("localizer")
    if text_of(dataset, "BurnedInAnnotation").upper() == "YES":
        raise Unreadable("burned_in_annotation")
    if (whole_number(dataset, "SamplesPerPixel") or 1) != 1:
        raise Unreadable("colour_image")
    if "MOSAIC" in kinds or _tiles(dataset) > 1:
        raise Unreadable("mosaic")
    if text_of(dataset, "Modality") == "CT" and (fault := hounsfield_fault(dataset)):
        raise Unreadable(fault)
    rows, columns, frames = (whole_number(dataset, name) or 0 for name in ("Rows", "Columns", "NumberOfFrames"))
    if rows < 2 or columns < 2 or rows * columns * max(frames, 1) > MAX_PIXELS:
        raise Unreadable("no_pixels" if min(rows, columns) < 2 else "too_large")


def _tiles(dataset: pydicom.Dataset) -> int:
    """How many slices a picture is tiled of, where its maker says so in a private element."""
    try:
        return int(dataset.get_private_item(0x0019, 0x0A, "SIEMENS MR HEADER").value)
    except (KeyError, ValueError, TypeError):
        return 1


def shown_slices(dataset: pydicom.Dataset, wanted: Collection[int] | None = None) -> Iterator[Slice]:
    """The frames of a suitable dataset, with pixels, decoded one by one; `Unreadable` if pixels or geometry are missing
    or broken. `wanted` are the numbers of the frames that are decoded, None for all."""
    for number, picture in _pictures(dataset, wanted):
        try:
            groups = _frame_groups(dataset, number)
            position, orientation, spacing = (
                tuple(map(float, _first(groups, name)))
                for name in ("ImagePositionPatient", "ImageOrientationPatient", "PixelSpacing")
            )
            affine = frame_affine(position, orientation, spacing)
            shown, placement = next(display_frames(picture[:, :, None], affine, slice_axis=2))
            corners, _ = next(display_frames(CORNERS[:, :, None], affine, slice_axis=2))
            slope, intercept = float(_first(groups, "RescaleSlope", 1)), float(_first(groups, "RescaleIntercept", 0))
        except (TypeError, ValueError, LookupError, AttributeError, OverflowError) as error:
            raise Unreadable("no_geometry") from error
        if not (np.isfinite([slope, intercept]).all() and slope != 0 and np.isfinite(shown).all()):
            raise Unreadable("non_finite_pixels")
        reoriented = next(how for how in REORIENTATIONS if np.array_equal(reorient(CORNERS, how), corners))
        yield Slice(placement, slope, intercept, shown, reoriented, number, phase=phase_of(groups))


def _pictures(dataset: pydicom.Dataset, wanted: Collection[int] | None) -> Iterator[tuple[int, np.ndarray]]:
    """The frames with their numbers. Where one frame is changed by what the others hold, all are decoded at once."""
    inverted = text_of(dataset, "PhotometricInterpretation") == "MONOCHROME1" and text_of(dataset, "Modality") == "MR"
    padded = _stored_value(dataset, "PixelPaddingValue") is not None and not is_segmentation(sop_class(dataset))
    if (whole_number(dataset, "NumberOfFrames") or 1) > 1 and not inverted and not padded:
        yield from _decoded(dataset, wanted)
        return
    try:
        pixels = dataset.pixel_array
    except broken() as error:
        raise Unreadable("undecodable_pixels") from error
    pixels = _without_padding(pixels if pixels.ndim == 3 else pixels[None], dataset)
    if inverted:  # CT values stay: inversion changes how HU are shown, not what they are
        pixels = pixels.max() + pixels.min() - pixels
    yield from ((number, picture) for number, picture in enumerate(pixels) if wanted is None or number in wanted)


def _decoded(dataset: pydicom.Dataset, wanted: Collection[int] | None) -> Iterator[tuple[int, np.ndarray]]:
    """The frames of a file of several, decoded as they are asked for."""
    numbers = None if wanted is None else sorted(wanted)
    count = 0
    try:
        for picture in pydicom.pixels.iter_pixels(dataset, indices=numbers):
            yield (count if numbers is None else numbers[count]), picture
            count += 1
    except broken() as error:
        raise Unreadable("undecodable_pixels") from error
    if count < (len(numbers) if numbers is not None else whole_number(dataset, "NumberOfFrames") or 1):
        raise Unreadable("undecodable_pixels")


def body_part(text: str) -> str | None:
    """BodyPartExamined in lower case if it is one of the standard's terms; free text could name anything, so None."""
    term = text.strip().lower()
    return term if term in BODY_PARTS else None


def age_decade(text: str) -> int | None:
    """PatientAge ("067Y") as a decade, 90 for everyone older; months, weeks and days are decade 0."""
    match = re.fullmatch(r"(\d{3})([YMWD])", text.strip().upper())
    if not match:
        return None
    return min(int(match.group(1)) // 10 * 10, 90) if match.group(2) == "Y" else 0


def _frame_groups(dataset: pydicom.Dataset, number: int) -> list[pydicom.Dataset]:
    """Where a frame's geometry and rescale stand: its functional groups, the shared ones, the dataset itself."""
    per_frame, shared = dataset.get("PerFrameFunctionalGroupsSequence"), dataset.get("SharedFunctionalGroupsSequence")
    places = [*(per_frame[number : number + 1] if per_frame else []), *(shared[:1] if shared else [])]
    nested = [item for place in places for element in place if element.VR == "SQ" for item in element.value[:1]]
    return [*nested, dataset]


def _first(groups: Sequence[pydicom.Dataset], keyword: str, default=None):
    return next((group.get(keyword) for group in groups if group.get(keyword) is not None), default)


def _without_padding(pixels: np.ndarray, dataset: pydicom.Dataset) -> np.ndarray:
    """Padding outside the reconstructed circle set to the smallest real value (PS3.3 C.7.5.1.1.2); labels have none."""
    if is_segmentation(sop_class(dataset)):
        return pixels
    value = _stored_value(dataset, "PixelPaddingValue")
    if value is None:
        return pixels
    limit = _stored_value(dataset, "PixelPaddingRangeLimit")
    low, high = sorted((value, value if limit is None else limit))
    padding = (pixels >= low) & (pixels <= high)
    return np.where(padding, pixels[~padding].min(), pixels) if padding.any() and not padding.all() else pixels


def _stored_value(dataset: pydicom.Dataset, keyword: str) -> int | None:
    """An element that holds a pixel's value, in the sign that the pixels have, whatever sign it was written with."""
    value = dataset.get(keyword)
    if isinstance(value, bytes) and len(value) == 2:  # of unknown representation
        syntax = dataset.file_meta.TransferSyntaxUID
        number: int | None = int.from_bytes(value, "little" if syntax.is_little_endian else "big")
    else:
        number = whole_number(dataset, keyword)
    if number is None:
        return None
    span = 1 << (whole_number(dataset, "BitsAllocated") or 16)
    if whole_number(dataset, "PixelRepresentation") == 1:
        return number - span if span // 2 <= number < span else number
    return number + span if -span // 2 <= number < 0 else number


def _values(dataset: pydicom.Dataset, keyword: str) -> list:
    value = dataset.get(keyword)
    return list(value) if isinstance(value, pydicom.multival.MultiValue) else [] if value is None else [value]


def whole_number(dataset: pydicom.Dataset, keyword: str) -> int | None:
    """An element as an integer; None if it is missing, empty, several, or no number."""
    try:
        return int(dataset.get(keyword))
    except (TypeError, ValueError, OverflowError):
        return None


def text_of(dataset: pydicom.Dataset, keyword: str) -> str:
    """An element as text without outer blanks; empty if it is missing."""
    value = dataset.get(keyword)
    return "" if value is None else str(value).strip()
