"""The series of an export, found by what masks say of them: each mask looks at the few that it may belong to.

    index = SeriesIndex(rows)
    index.find("uid", {keyed})          # numbers of the series that say this of themselves
    index.near(mask)                    # of those whose slices may lie on the grid of a mask

What is looked up is kept as hashes in arrays, 12 bytes each, since instances are many; whoever is found is asked again.
"""

from array import array
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from itertools import product
from typing import NamedTuple

import numpy as np

from refrad2d.images.geometry import TOLERANCE_MM, Placement, mean_step
from refrad2d.images.masks.records import MaskRecord

Row = Mapping
BIN_MM, STEADY_MM = 8.0, 1.0  # of bins of origins within the plane; what those of one stack may differ in
MOST_BINS = 64  # that are looked into for a mask; one that may lie in more is compared with all series of its shape


class Said(NamedTuple):
    """What a series says of itself in one respect; not `known` if it says nothing."""

    known: bool
    values: Collection[str]


class SeriesIndex(Sequence[Row]):
    """Rows of series.jsonl. `say` tells what a row says, by the kind of statement: "uid", "patient_id", …"""

    def __init__(self, rows: Iterable[Row], say: Callable[[Row, str], Said]) -> None:
        self._rows, self._say = list(rows), say
        self._found: dict[str, _Statements] = {}
        self._silent: dict[frozenset[str], bool] = {}
        self._places: _Places | None = None

    def __len__(self) -> int:
        return len(self._rows)

    def __getitem__(self, number):
        return self._rows[number]

    def find(self, kind: str, values: Collection[str]) -> list[int]:
        """The numbers of the rows that say one of the values, in order."""
        wanted = set(values)
        return [n for n in self._of(kind).find(wanted) if wanted.intersection(self._say(self._rows[n], kind).values)]

    def is_silent(self, number: int, kinds: Iterable[str]) -> bool:
        """True if a row says nothing of these kinds."""
        return all(number in self._of(kind).silent for kind in kinds)

    def any_silent(self, kinds: Collection[str]) -> bool:
        """True if there is a row that says nothing of these kinds."""
        if (key := frozenset(kinds)) not in self._silent:
            self._silent[key] = bool(set(range(len(self))).intersection(*(self._of(kind).silent for kind in kinds)))
        return self._silent[key]

    def near(self, mask: MaskRecord) -> list[int]:
        """The numbers of the rows, in order, that a mask may fit; `joins.align` says whether it does."""
        if self._places is None:
            self._places = _Places(self._rows)
        return self._places.find(mask)

    def _of(self, kind: str) -> "_Statements":
        if kind not in self._found:
            self._found[kind] = _Statements(self._say(row, kind) for row in self._rows)
        return self._found[kind]


class _Statements:
    """Hashes of all values of a kind with the numbers of their rows, and the rows that say none."""

    def __init__(self, said: Iterable[Said]) -> None:
        hashes, numbers = array("q"), array("i")
        self.silent: set[int] = set()
        for number, (known, values) in enumerate(said):
            if not known:
                self.silent.add(number)
            hashes.extend(map(hash, values))
            numbers.extend([number] * len(values))
        order = np.argsort(np.frombuffer(hashes, np.int64), kind="stable")
        self._hashes = np.frombuffer(hashes, np.int64)[order]
        self._numbers = np.frombuffer(numbers, np.intc)[order]

    def find(self, values: Iterable[str]) -> list[int]:
        hashes = np.array([hash(value) for value in values], np.int64)
        ends = zip(*(np.searchsorted(self._hashes, hashes, side) for side in ("left", "right")), strict=True)
        return sorted({int(n) for begin, end in ends for n in self._numbers[begin:end]})


class _Places:
    """Where the slices of each row lie within their plane: all of a stack begin at one place, but those of a tilted
    gantry."""

    def __init__(self, rows: Sequence[Row]) -> None:
        self._shapes: dict[tuple, list[int]] = defaultdict(list)
        self._bins: dict[tuple, list[int]] = defaultdict(list)
        self._tilted: dict[tuple, list[int]] = defaultdict(list)
        for number, row in enumerate(rows):
            places = [placement_of(frame) for frame in row["frames"]]
            shape = row["plane"], places[0].shape
            low, high = _extent(places)
            self._shapes[shape].append(number)
            if (high - low).max() > STEADY_MM:
                self._tilted[shape].append(number)
            else:
                self._bins[*shape, *_bin(low)].append(number)

    def find(self, mask: MaskRecord) -> list[int]:
        found: set[int] = set()
        for plane in {one.placement.plane for one in mask.slices}:
            places = sorted((s.placement for s in mask.slices if s.placement.plane == plane), key=lambda p: p.depth)
            for shape in {place.shape for place in places}:
                found.update(self._at((plane, shape), places))
        return sorted(found)

    def _at(self, shape: tuple, places: Sequence[Placement]) -> Iterable[int]:
        low, high = _extent(places)
        margin = STEADY_MM + _doubt(places)
        first, last = _bin(low - margin), _bin(high + margin)
        ranges = [range(a, b + 1) for a, b in zip(first, last, strict=True)]
        if len(ranges[0]) * len(ranges[1]) > MOST_BINS:
            return self._shapes[shape]
        near = (number for at in product(*ranges) for number in self._bins.get((*shape, *at), ()))
        return [*near, *self._tilted.get(shape, ())]


def _extent(places: Sequence[Placement]) -> tuple[np.ndarray, np.ndarray]:
    """Of the origins, along the rows and the columns of the first slice: the least and the most in mm."""
    along = np.array([places[0].down, places[0].across]).T
    origins = np.array([place.origin for place in places]) @ (along / np.linalg.norm(along, axis=0))
    return origins.min(axis=0), origins.max(axis=0)


def _bin(place: np.ndarray) -> tuple[int, ...]:
    return tuple(np.floor(place / BIN_MM).astype(int).tolist())


def _doubt(places: Sequence[Placement]) -> float:
    """Millimetres by which a slice that `joins.align` takes for one of these may seem to lie elsewhere in the plane.

    Its origin may be a hundredth of a step away, coordinates differ as `Placement.matches` lets them, and directions
    that differ so turn the origin.
    """
    farthest = max(float(np.abs(place.origin).max()) for place in places)
    moved = max(TOLERANCE_MM, 0.01 * float(np.linalg.norm(mean_step(places)))) + TOLERANCE_MM + 1e-5 * farthest
    turned = max(2 * (TOLERANCE_MM + 1e-5 * size) / size for size in places[0].spacing)
    return 2 * moved + 4 * turned * farthest


def placement_of(frame: Mapping) -> Placement:
    """The placement of a frame row of series.jsonl."""
    place = frame["placement"]
    return Placement(place["plane"], *(tuple(place[name]) for name in ("shape", "origin", "down", "across")))
