"""Whether pixel values are Hounsfield units and steps are millimetres: by header, and refused where bounds contradict.

A modality is never read from values. Values only refuse: a stack that says CT and cannot be in Hounsfield units.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from refrad2d.system.later import later

if TYPE_CHECKING:
    import pydicom
else:
    pydicom = later("pydicom")

# Words of ImageType and of descriptions for maps of multi-energy, subtraction and perfusion CT, whose values are no
# attenuation. They are read with their words apart: "DE_IodineMap" says "de iodine map".
_MAP_TYPES = frozenset(
    "MAT_SPECIFIC MAT_REMOVED MAT_FRACTIONAL MAT_MODIFIED MAT_VALUE_BASED IODINE WATER PERFUSION BONE_MARROW".split()
)
_MAP_WORDS = re.compile(
    r"electron ?densit|elektronendicht|\beff(ecti?ve?|ektive)?( atomic| z\b|.{0,3} ordnungszahl)|ordnungszahl|\bz ?eff"
    r"|\brho\b|virtu(al|ell)\w* ?(non|un|nati|nicht|ohne)|\bv(nc|nca|nuc|ue)\b"
    r"|\b(iodine|iod|jod) ?(map|density|overlay|image|no|water|only|concentration|karte|dichte|bild)"
    r"|\bde (iodine|iod|jod)\b"
    r"|jod(karte|bild|dichte)|iodkarte|\b(water|wasser)(karte|bild)? ?(iodine|iod|jod|calcium|hap|fat)"
    r"|material ?(density|specific|decomposition|map)|\bgsi md\b|\bmd (iodine|water|calcium|hap|fat|uric|blood|i|cu)\b"
    r"|uric acid|harns(ae|a|\u00e4)ure|\bca ?supp|calcium supp|bone marrow (edema|map|image)|\bk edge\b"
    r"|fat (fraction|map)"
    r"|perfused blood|\bpbv\b|\b(cbf|cbv|mtt|ttp|ttd|tmax|ktrans)\b|permeab|blood (flow|volume)"
    r"|subtra(ction|ktion)|\bdifferen(ce|z) ?(image|bild)|differenzbild|\boverlay\b",
)
_HOUNSFIELD_CODES = ("[hnsf'U]", "HU", "112031")
_HOUNSFIELD_TYPES = frozenset(("HU", "HOUNSFIELD", "HOUNSFIELD UNIT", "HOUNSFIELD UNITS", "[HNSF'U]"))
_NO_TYPES = frozenset(("US", "UNSPECIFIED"))  # PS3.3 C.11.1.1.2: the unit is not said
CLIPPED_LOW, CLIPPED_HIGH = -300.0, 1000.0  # a CT reaches beyond one of them, but for a window that was cut out of it
CLIPPED_SHARE, CLIPPED_VOXELS = 0.003, 100  # of the voxels, and how many, that pile up at either end of such a window
CLIPPED_TOPS = (200.0, 450.0)  # where windows for learning end, below the bones that every CT volume shows
NARROWEST = 50.0  # of a window that anyone cuts out; less contrast than that shows no unit
AIR = -300.0  # what a CT volume without a header must fall below: every one holds air, around or inside the patient
SOFT, SOFT_SHARE = (-150.0, 250.0), 0.005  # fat, water and organs, and the least share of them in a CT volume
MAX_STEP_MM, MAX_EXTENT_MM, MIN_STEP_MM = 50.0, 3000.0, 0.05  # of the voxels and the volume of an image of a person


@dataclass(frozen=True)
class Extremes:
    """The lowest and highest value of a slice, how many pixels have each, how many there are, how many are `SOFT`."""

    low: float
    high: float
    at_low: int
    at_high: int
    count: int
    soft: int = 0


def extremes(pixels: np.ndarray, slope: float, intercept: float) -> Extremes:
    """What a slice's pixels, (rows, columns) integers, reach as values = pixels * slope + intercept."""
    low, high = pixels.min(), pixels.max()
    ends = [(float(end) * slope + intercept, int((pixels == end).sum())) for end in (low, high)]
    (first, at_first), (second, at_second) = sorted(ends)
    bounds = sorted((end - intercept) / slope for end in SOFT)
    soft = int(((pixels >= bounds[0]) & (pixels <= bounds[1])).sum())
    return Extremes(first, second, at_first, at_second, pixels.size, soft)


def cannot_be_hounsfield(slices: Sequence[Extremes], *, says_unit: bool, shifted: bool = False) -> bool:
    """True for the slices of a CT volume whose values cannot be Hounsfield units.

    Nothing lies below water, unless the header's rescale `shifted` the values down and none was cut off there; or both
    ends are a window that was cut out; or, where no header `says_unit`, there is no air, hardly any soft tissue, or the
    upper end was cut off.
    """
    low, high = min(s.low for s in slices), max(s.high for s in slices)
    if not says_unit and (low > AIR or (CLIPPED_TOPS[0] <= high <= CLIPPED_TOPS[1] and _pile(slices, high))):
        return True
    if not says_unit and sum(s.soft for s in slices) < SOFT_SHARE * sum(s.count for s in slices):
        return True
    if low >= 0 and (not shifted or _pile(slices, low)):
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
    kinds = [str(v).upper() for g in groups for name in ("ImageType", "FrameType") for v in _values(g, name)]
    series = _text(dataset, "SeriesDescription") or _text(dataset, "ProtocolName")
    told = [series, _text(dataset, "DerivationDescription")]
    units = {
        _text(unit, "CodeValue")
        for g in groups
        for mapping in g.get("RealWorldValueMappingSequence") or ()
        for unit in mapping.get("MeasurementUnitsCodeSequence") or ()
    }
    other = _rescale_types(groups) - _HOUNSFIELD_TYPES - _NO_TYPES or _MAP_TYPES & {
        kind.replace(" ", "_") for kind in kinds
    }
    if other or any(map(_names_map, [*kinds, *told])) or units - {"", *_HOUNSFIELD_CODES}:
        return "not_in_hounsfield_units"
    return "" if all(map(_is_rescaled, _frames(dataset))) else "no_rescale_to_hounsfield_units"


def says_unit(dataset: pydicom.Dataset) -> bool:
    """False for a CT whose header says that the unit of its values is not specified ("US")."""
    return not _rescale_types([dataset, *_nested(dataset)]) & _NO_TYPES


def _rescale_types(groups: Iterable[pydicom.Dataset]) -> set[str]:
    return {_text(group, "RescaleType").upper() for group in groups} - {""}


def _names_map(text: str) -> bool:
    """True for a description, or a value of ImageType, of a map whose values are no attenuation."""
    apart = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", text)
    return bool(_MAP_WORDS.search(" ".join(re.findall(r"[^\W_]+", apart)).lower()))


def _is_rescaled(groups: Sequence[pydicom.Dataset]) -> bool:
    return any(all(_text(g, name) for name in ("RescaleSlope", "RescaleIntercept")) for g in groups)


def _frames(dataset: pydicom.Dataset) -> list[list[pydicom.Dataset]]:
    """For each frame the groups that speak of it: its own items, the shared ones, the dataset."""
    common = [dataset, *_items(dataset.get("SharedFunctionalGroupsSequence") or ())]
    return [[*_items([place]), *common] for place in dataset.get("PerFrameFunctionalGroupsSequence") or ()] or [common]


def grid_fault(steps: Iterable[float], shape: Iterable[int]) -> str:
    """`not_in_millimetres` for voxel sizes and a shape that no image of a person has in mm; empty if they may be."""
    sizes = list(steps)
    extents = [size * count for size, count in zip(sizes, shape, strict=True)]
    fits = max(sizes) <= MAX_STEP_MM and max(extents) <= MAX_EXTENT_MM and max(sizes) >= MIN_STEP_MM
    return "" if fits else "not_in_millimetres"


def _nested(dataset: pydicom.Dataset) -> list[pydicom.Dataset]:
    """The items of the functional groups, shared and per frame."""
    names = ("SharedFunctionalGroupsSequence", "PerFrameFunctionalGroupsSequence")
    return _items(place for name in names for place in dataset.get(name) or ())


def _items(places: Iterable[pydicom.Dataset]) -> list[pydicom.Dataset]:
    """Functional groups with the items of their sequences."""
    return [
        item
        for place in places
        for item in (place, *(inner for element in place if element.VR == "SQ" for inner in element.value))
    ]


def _text(dataset: pydicom.Dataset, keyword: str) -> str:
    value = dataset.get(keyword)
    return "" if value is None else str(value).strip()


def _values(dataset: pydicom.Dataset, keyword: str) -> list:
    value = dataset.get(keyword)
    return list(value) if isinstance(value, pydicom.multival.MultiValue) else [] if value is None else [value]
