"""Whether pixel values are Hounsfield units and steps are millimetres: by header, and refused where bounds contradict.

A modality is never read from values. Values only refuse: a stack that says CT and cannot be in Hounsfield units.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import pydicom
from pydicom.multival import MultiValue

# Words of ImageType and of descriptions for maps of multi-energy and perfusion CT, whose values are no attenuation.
_MAP_TYPES = frozenset(
    "MAT_SPECIFIC MAT_REMOVED MAT_FRACTIONAL MAT_MODIFIED MAT_VALUE_BASED EFF_ATOMIC_NUM ELECTRON_DENSITY VNC VNUC RHO "
    "RHO_Z ZEFF Z_EFF IODINE IODINE_MAP WATER CBF CBV MTT TTP TMAX TTD PERMEABILITY PERFUSION".split()
)
_MAP_WORDS = re.compile(
    r"electron.?density|eff(ective)?[. _]*(atomic|z\b)|\bz.?eff|\brho(.?z)?\b|virtual.?(non|un).?(contrast|enhanced)"
    r"|\bv(nc|ue)\b|\biodine.?(map|density|overlay|image|no|\()|\bwater.?\(?(iodine|calcium|hap)"
    r"|material.?(density|specific|decomposition)|\b(cbf|cbv|mtt|ttp|tmax)\b",
    re.IGNORECASE,
)
_HOUNSFIELD_CODES = ("[hnsf'U]", "HU", "112031")
CLIPPED_LOW, CLIPPED_HIGH = -300.0, 1000.0  # a CT reaches beyond one of them, but for a window that was cut out of it
CLIPPED_SHARE, CLIPPED_VOXELS = 0.003, 100  # of the voxels, and how many, that pile up at either end of such a window
CLIPPED_TOPS = (200.0, 450.0)  # where windows for learning end, below the bones that every CT volume shows
NARROWEST = 50.0  # of a window that anyone cuts out; less contrast than that shows no unit
AIR = -300.0  # what a CT volume without a header must fall below: every one holds air, around or inside the patient
MAX_STEP_MM, MAX_EXTENT_MM, MIN_STEP_MM = 50.0, 3000.0, 0.05  # of the voxels and the volume of an image of a person


@dataclass(frozen=True)
class Extremes:
    """The lowest and highest value of a slice, how many pixels have each, and how many there are."""

    low: float
    high: float
    at_low: int
    at_high: int
    count: int


def extremes(pixels: np.ndarray, slope: float, intercept: float) -> Extremes:
    """What a slice's pixels, (rows, columns) integers, reach as values = pixels * slope + intercept."""
    low, high = pixels.min(), pixels.max()
    ends = [(float(end) * slope + intercept, int((pixels == end).sum())) for end in (low, high)]
    (first, at_first), (second, at_second) = sorted(ends)
    return Extremes(first, second, at_first, at_second, pixels.size)


def cannot_be_hounsfield(slices: Sequence[Extremes], *, says_unit: bool, shifted: bool = False) -> bool:
    """True for the slices of a CT volume whose values cannot be Hounsfield units.

    Nothing lies below water, unless the header's rescale `shifted` the values down; or both ends are a window that was
    cut out; or, where no header `says_unit`, there is no air or the upper end was cut off.
    """
    low, high = min(s.low for s in slices), max(s.high for s in slices)
    if not says_unit and (low > AIR or (CLIPPED_TOPS[0] <= high <= CLIPPED_TOPS[1] and _pile(slices, high))):
        return True
    if low >= 0 and not shifted:
        return high <= 1 or high - low >= NARROWEST
    if low < CLIPPED_LOW or high > CLIPPED_HIGH or high - low < NARROWEST:
        return False
    return _pile(slices, high) and _pile(slices, low)


def _pile(slices: Sequence[Extremes], end: float) -> bool:
    """True where so many voxels have the lowest or highest value that what lay beyond it was cut off."""
    pile = sum(n for s in slices for value, n in ((s.low, s.at_low), (s.high, s.at_high)) if value == end)
    return pile >= max(CLIPPED_VOXELS, CLIPPED_SHARE * sum(s.count for s in slices))


def hounsfield_fault(dataset: pydicom.Dataset) -> str:
    """Why the header of a CT does not say Hounsfield units, as a reason of accounting; empty if it does."""
    groups = [dataset, *_nested(dataset)]
    types = {_text(g, "RescaleType").upper() for g in groups} - {""}
    kinds = {str(v).upper() for g in groups for name in ("ImageType", "FrameType") for v in _values(g, name)}
    words = " ".join(_text(dataset, name) for name in ("SeriesDescription", "DerivationDescription", "ProtocolName"))
    units = {
        _text(unit, "CodeValue")
        for g in groups
        for mapping in g.get("RealWorldValueMappingSequence") or ()
        for unit in mapping.get("MeasurementUnitsCodeSequence") or ()
    }
    if types - {"HU", "US"} or kinds & _MAP_TYPES or _MAP_WORDS.search(words) or units - {"", *_HOUNSFIELD_CODES}:
        return "not_in_hounsfield_units"
    rescaled = [all(_text(g, name) for name in ("RescaleSlope", "RescaleIntercept")) for g in groups]
    return "" if any(rescaled) else "no_rescale_to_hounsfield_units"


def grid_fault(steps: Iterable[float], shape: Iterable[int]) -> str:
    """`not_in_millimetres` for voxel sizes and a shape that no image of a person has in mm; empty if they may be."""
    sizes = list(steps)
    extents = [size * count for size, count in zip(sizes, shape, strict=True)]
    fits = max(sizes) <= MAX_STEP_MM and max(extents) <= MAX_EXTENT_MM and max(sizes) >= MIN_STEP_MM
    return "" if fits else "not_in_millimetres"


def _nested(dataset: pydicom.Dataset) -> list[pydicom.Dataset]:
    """The items of the functional groups, shared and per frame."""
    places = [
        group
        for name in ("SharedFunctionalGroupsSequence", "PerFrameFunctionalGroupsSequence")
        for group in dataset.get(name) or ()
    ]
    items = [item for place in places for element in place if element.VR == "SQ" for item in element.value]
    return [*places, *items]


def _text(dataset: pydicom.Dataset, keyword: str) -> str:
    value = dataset.get(keyword)
    return "" if value is None else str(value).strip()


def _values(dataset: pydicom.Dataset, keyword: str) -> list:
    value = dataset.get(keyword)
    return list(value) if isinstance(value, MultiValue) else [] if value is None else [value]
