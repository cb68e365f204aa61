"""Slices of one series and grid → one list a phase, echo, b-value or reconstruction; what cannot be told apart is left.

    parts = split_phases(slices)      # one slice a depth in each; slices of no part were not told apart

What is the same for all slices of a reconstruction always parts (`FIXED`), save where each depth has one slice and each
slice a value of its own; what may change from slice to slice in one (`VARYING`) parts only where depths are taken twice
or ranges overlap, and never into single slices. Slices that nothing else parts are parted by passes of InstanceNumber
where these overlap and their slices lie unevenly or inside of each other.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Hashable, Iterable, Sequence
from functools import partial
from itertools import groupby, pairwise
from statistics import median
from typing import TYPE_CHECKING

from refrad2d.images.slices import Slice
from refrad2d.system.later import later

if TYPE_CHECKING:
    import pydicom
else:
    pydicom = later("pydicom")

# Each with the names it has in plain datasets and in functional groups.
FIXED = (
    ("FrameType", "ImageType"),
    ("SequenceName", "PulseSequenceName"),
    ("ConvolutionKernel",),
    ("EchoNumbers",),
    ("EchoTime", "EffectiveEchoTime"),
    ("InversionTime", "InversionTimes"),
    ("DiffusionBValue",),
    ("DiffusionGradientOrientation",),
    ("TemporalPositionIdentifier", "TemporalPositionIndex"),
    ("SeriesDescription",),
    ("ContrastBolusAgent",),
    ("KVP",),
    ("FilterType",),
    ("ReconstructionDiameter",),
    ("ReconstructionAlgorithm",),
    ("SliceThickness",),
    ("FlipAngle",),
    ("ScanOptions",),
    ("SeriesNumber",),
    ("StackID",),
)
VARYING = (
    ("AcquisitionNumber", "FrameAcquisitionNumber"),
    ("TriggerTime", "NominalCardiacTriggerDelayTime", "CardiacTriggerDelayTime", "NominalPercentageOfCardiacPhase"),
    ("AcquisitionTime",),
    ("AcquisitionDateTime", "FrameAcquisitionDateTime"),
    ("RepetitionTime",),
    ("DerivationDescription",),
    ("ImageComments", "FrameComments"),
)
_THICKNESS, _ACQUISITION = FIXED.index(("SliceThickness",)), len(FIXED)
_TIMES = range(_ACQUISITION + 2, _ACQUISITION + 4)  # places of the times of day
# Numbers that were measured or rounded; all others are names, of which 1000 and 1001 are two.
_MEASURED = frozenset(
    n
    for n, names in enumerate((*FIXED, *VARYING))
    if names[0] in ("EchoTime", "InversionTime", "DiffusionBValue", "DiffusionGradientOrientation", "KVP",
                    "ReconstructionDiameter", "SliceThickness", "FlipAngle", "TriggerTime", "RepetitionTime")
)  # fmt: skip
_INSIDE = 0.75  # of the slice thickness: slices of one acquisition that lie nearer are in each other
_SHORTEST_PASS = 3  # slices
# Where makers write the b-value: group, element, creator.
_PRIVATE_B_VALUES = (
    (0x0019, 0x0C, "SIEMENS MR HEADER"),
    (0x0043, 0x39, "GEMS_PARM_01"),
    (0x2001, 0x03, "Philips Imaging DD 001"),
)
DEPTH_TOLERANCE_MM = 0.05  # no two slices of a patient lie nearer; positions of one slice differ less
MISSING = 1 << 30  # a number that comes after all others
_RELATIVE = 1e-3  # numbers that differ less are one: 4.6 and 4.6004 ms are one echo


def phase_of(groups: Sequence[pydicom.Dataset]) -> tuple[str, ...]:
    """What tells the phase of a frame, an entry for each of FIXED and VARYING; empty texts where nothing is said.

    `groups` are the datasets that speak of the frame, the most specific first.
    """
    said = [_said(groups, names) for names in (*FIXED, *VARYING)]
    place = FIXED.index(("DiffusionBValue",))
    said[place] = said[place] or _private_b_value(groups[-1])
    return tuple(said)


def _private_b_value(dataset: pydicom.Dataset) -> str:
    for group, element, creator in _PRIVATE_B_VALUES:
        try:
            value = dataset.get_private_item(group, element, creator).value
        except (KeyError, ValueError):
            continue
        return _plain(value[:1] if isinstance(value, pydicom.multival.MultiValue) else value)
    return ""


def _plain(value: object) -> str:
    parts = list(value) if isinstance(value, pydicom.multival.MultiValue | list | tuple) else [value]
    return "\\".join(str(part).strip() for part in parts)


def _said(groups: Sequence[pydicom.Dataset], names: Iterable[str]) -> str:
    for name in names:
        for group in groups:
            value = group.get(name)
            if value is not None and value != "":
                return _plain(value)
    return ""


def split_phases(slices: Sequence[Slice], *, interleaved: bool = True) -> list[list[Slice]]:
    """One slice a depth in each list, in order of depth; the lists in the order of their first instance number.

    Files that were exported twice are left out, as are slices at one depth that nothing tells apart. `interleaved`:
    one acquisition takes every other slice first, as MR does, so that times which overlap part nothing.
    """
    parts = [_depths(slices)]
    for n in range(len(FIXED)):
        parts = [part for whole in parts for part in _by_value(whole, n)]
    parts = [part for whole in parts for part in _untangle(_without_copies(whole), interleaved=interleaved)]
    found = [[known for _, known in sorted(part, key=lambda pair: pair[0])] for part in parts]
    return sorted(found, key=lambda part: min((_instance(known), known.position, known.number) for known in part))


_Part = list[tuple[int, Slice]]  # slices with the rank of their depth


def _depths(slices: Iterable[Slice]) -> _Part:
    """Slices with the ranks of their depths: those within the tolerance of the first at a depth have one rank."""
    ranked: _Part = []
    rank, start = -1, float("-inf")
    for known in sorted(slices, key=lambda s: (s.placement.depth, _instance(s), s.position, s.number)):
        if known.placement.depth - start > DEPTH_TOLERANCE_MM:
            rank, start = rank + 1, known.placement.depth
        ranked.append((rank, known))
    return ranked


def _value(known: Slice, n: int) -> str:
    return known.phase[n] if n < len(known.phase) else ""


def _by_value(part: _Part, n: int) -> list[_Part]:
    """The part by the n-th entry of the phase; numbers that differ by rounding are one value."""
    values = {_value(known, n) for _, known in part}
    if len(values) == 1:
        return [part]
    names = _merge(values) if n in _MEASURED else {value: value for value in values}
    groups: dict[Hashable, _Part] = defaultdict(list)
    for rank, known in part:
        groups[names[_value(known, n)]].append((rank, known))
    ranks = {rank for rank, _ in part}
    if len(groups) == len(part) == len(ranks) > 2:  # a value for each slice and each depth tells no phases apart
        return [part]
    return list(groups.values())


def _merge(values: Iterable[str]) -> dict[str, Hashable]:
    """Value → the one that stands for it: each text itself, vectors of numbers that of the first one near them."""
    names: dict[str, Hashable] = {}
    leaders: list[tuple[float, ...]] = []
    for value in sorted(values):
        try:
            numbers = tuple(float(v) for v in value.split("\\"))
        except ValueError:
            names[value] = value
            continue
        leader = next((other for other in leaders if _near(numbers, other)), None)
        if leader is None:
            leaders.append(leader := numbers)
        names[value] = leader
    return names


def _near(one: tuple[float, ...], other: tuple[float, ...]) -> bool:
    within = _RELATIVE * max(map(abs, (*one, *other)))
    return len(one) == len(other) and all(abs(a - b) <= within for a, b in zip(one, other, strict=True))


def _without_copies(part: _Part) -> _Part:
    """One of the slices that are equal in depth, pixels and phase."""
    kept, seen = [], set()
    for rank, known in part:
        name = (rank, known.digest, known.phase)
        if name not in seen:
            seen.add(name)
            kept.append((rank, known))
    return kept


def _untangle(part: _Part, *, interleaved: bool) -> list[_Part]:
    """Parts without two slices at a depth, by what may vary from slice to slice; none if nothing tells them apart."""
    crowd = max(Counter(rank for rank, _ in part).values(), default=0)
    for n in range(len(FIXED), len(FIXED) + len(VARYING)):
        groups = _by_value(part, n)
        ranged = n == _ACQUISITION or (n in _TIMES and not interleaved)
        apart = crowd > 1 or (ranged and _overlap(groups))
        if len(groups) == 1 or not apart:
            continue
        if len(groups) <= 2 * crowd:
            return [small for group in groups for small in _untangle(group, interleaved=interleaved)]
        if ordered := _by_order(part, partial(_number, n=n)):
            return ordered
    if crowd <= 1:
        return _overlapping_passes(part) or ([part] if part else [])
    return _by_order(part, _instance) or _by_order(_one_a_picture(part), _instance)


def _overlapping_passes(part: _Part) -> list[_Part]:
    """Passes of InstanceNumber whose slices lie between each other, but not as those of one acquisition would; else
    nothing: one acquisition that is numbered in the order of time takes every other slice first, evenly."""
    numbers = [_instance(known) for _, known in part]
    if len(set(numbers)) < len(numbers) or max(numbers, default=MISSING) >= MISSING:
        return []
    passes = _passes([pair for _, pair in sorted(zip(numbers, part, strict=True), key=lambda both: both[0])])
    if len(passes) < 2 or min(map(len, passes)) < _SHORTEST_PASS or not _overlap(passes):
        return []
    depths = sorted(known.placement.depth for _, known in part)
    steps = [after - before for before, after in pairwise(depths)]
    uneven = min(steps) < _INSIDE * median(steps)
    try:
        inside = median(steps) < _INSIDE * float(_value(part[0][1], _THICKNESS))
    except ValueError:
        inside = False
    return passes if uneven or inside else []


def _overlap(groups: Iterable[_Part]) -> bool:
    """True where the depths of two groups interleave; single slices have no range."""
    ranges = sorted((min(r for r, _ in g), max(r for r, _ in g)) for g in groups if len(g) > 1)
    return any(ahead[0] < before[1] for before, ahead in pairwise(ranges))


def _one_a_picture(part: _Part) -> _Part:
    """One of the slices with equal pixels at a depth."""
    return [next(same) for _, same in groupby(sorted(part, key=lambda p: (p[0], p[1].digest)), _picture)]


def _picture(pair: tuple[int, Slice]) -> tuple[int, str]:
    return pair[0], pair[1].digest


def _by_order(part: _Part, order: Callable[[Slice], float]) -> list[_Part]:
    """Parts by a number that runs through them: from end to end, all depths once and again, or depth by depth.

    Nothing where the numbers repeat, are missing, or show neither.
    """
    numbers = [order(known) for _, known in part]
    if len({rank for rank, _ in part}) == len(part):
        return [part]
    if len(set(numbers)) < len(numbers) or max(numbers) >= MISSING:
        return []
    ordered = [pair for _, pair in sorted(zip(numbers, part, strict=True), key=lambda both: both[0])]
    passes, size = _passes(ordered), max(Counter(rank for rank, _ in part).values())
    if len(passes) == size:  # as few as can be
        return passes
    depths = len({rank for rank, _ in part})
    if depths * size != len(part):
        return []
    rounds = [ordered[n : n + depths] for n in range(0, len(ordered), depths)]
    if all(len({rank for rank, _ in turn}) == depths for turn in rounds):
        return rounds
    stops = [ordered[n : n + size] for n in range(0, len(ordered), size)]
    if all(len({rank for rank, _ in stop}) == 1 for stop in stops):
        return [list(turn) for turn in zip(*stops, strict=True)]
    return []


def _passes(ordered: _Part) -> list[_Part]:
    """The slices in order, cut where the depth turns back or repeats."""
    passes: list[_Part] = []
    for pair in ordered:
        last = passes[-1] if passes else []
        turned = len(last) > 1 and (pair[0] - last[-1][0]) * (last[1][0] - last[0][0]) <= 0
        if not last or turned or pair[0] == last[-1][0]:
            passes.append([pair])
        else:
            last.append(pair)
    return passes


def _instance(known: Slice) -> int:
    return known.instance if known.instance is not None else MISSING


def _number(known: Slice, *, n: int) -> float:
    try:
        return float(_value(known, n))
    except ValueError:
        return MISSING
