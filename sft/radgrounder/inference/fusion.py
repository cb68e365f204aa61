"""Boxes on the slices of a series become one box in 3D.

>>> fuse([SliceVote(3, (0.2, 0.3, 0.5, 0.6), 0.9), SliceVote(4, (0.2, 0.3, 0.5, 0.6), 0.8)], range(10), grid)
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from refrad2d.grounding import Box
from refrad2d.images.geometry import Grid

VoxelBox = tuple[float, float, float, float, float, float]  # xyzxyz from the first voxel, ends exclusive
BRIDGED = 1  # silent slices in a row that do not end a structure
SLACK = 0.05  # of the picture's side: an edge that lies further out than those beside it is a mistake


class SliceVote(NamedTuple):
    """A slice, by its number from 0, on which a structure has a box (xyxy in [0, 1]), and how sure the model is of
    that, in [0, 1]."""

    number: int
    box: Box
    confidence: float


@dataclass(frozen=True)
class FusedBox:
    """A structure in a series: `voxel_box` (column, row, slice; ends exclusive), how sure the model is of it, and the
    numbers of the slices that have a box of it."""

    voxel_box: VoxelBox
    confidence: float
    slices: tuple[int, ...]


def fuse(votes: Iterable[SliceVote], asked: Sequence[int], grid: Grid) -> FusedBox | None:
    """The box of a structure, from its boxes on slices of a series; None without a box.

    `asked` are the numbers of the slices that were looked at, rising. The rule, a robust union:

    1. Slices with a box that follow each other among those asked are a run; up to `BRIDGED` slices without one do not
       end it. The structure is the run whose confidences sum to the most (of equal ones the first): boxes elsewhere are
       taken for mistakes. Several boxes on one slice count as their union, with the highest confidence.
    2. Along the run an edge that lies further out than both of those beside it (at an end, the two next to it), by more
       than `SLACK`, becomes the outer one of these: one slice alone does not widen the box, and a structure that grows
       keeps its widest part. A run of less than three stays as it is.
    3. The box is the union of these: from the first slice of the run to its last, and where slices between were not
       asked, half of the way to the next that was.
    4. Its confidence is the mean of those of the run, a bridged slice counting 0.
    """
    best = max(_runs(_one_a_slice(votes), asked), key=lambda run: sum(vote.confidence for vote in run), default=[])
    if not best:
        return None
    left, top, right, bottom = (_smooth([v.box[side] for v in best], -1 if side < 2 else 1) for side in range(4))
    _, rows, columns = grid.shape
    first, last = asked.index(best[0].number), asked.index(best[-1].number)
    start, end = _reach(asked, first, last)
    box = (min(left) * columns, min(top) * rows, start, max(right) * columns, max(bottom) * rows, end)
    confidence = sum(vote.confidence for vote in best) / (last - first + 1)
    return FusedBox(box, confidence, tuple(vote.number for vote in best))


def _one_a_slice(votes: Iterable[SliceVote]) -> dict[int, SliceVote]:
    found: dict[int, SliceVote] = {}
    for vote in votes:
        if (other := found.get(vote.number)) is not None:
            (a, b, c, d), (e, f, g, h) = vote.box, other.box
            box = (min(a, e), min(b, f), max(c, g), max(d, h))
            vote = SliceVote(vote.number, box, max(vote.confidence, other.confidence))
        found[vote.number] = vote
    return found


def _runs(votes: dict[int, SliceVote], asked: Sequence[int]) -> list[list[SliceVote]]:
    runs: list[list[SliceVote]] = []
    silent = BRIDGED + 1
    for number in asked:
        if number not in votes:
            silent += 1
            continue
        if silent > BRIDGED:
            runs.append([])
        runs[-1].append(votes[number])
        silent = 0
    return runs


def _smooth(edges: Sequence[float], outwards: int) -> list[float]:
    """Edges along a run without those that stick out alone; `outwards` is 1 for right and bottom, else -1."""
    if len(edges) < 3:
        return list(edges)
    kept = []
    for n, edge in enumerate(edges):
        start = min(max(n - 1, 0), len(edges) - 3)
        beside = max(outwards * edges[k] for k in range(start, start + 3) if k != n)
        kept.append(outwards * beside if outwards * edge > beside + SLACK else edge)
    return kept


def _reach(asked: Sequence[int], first: int, last: int) -> tuple[float, float]:
    """Where slices from the first to the last begin and end: each stands for what is nearer to it than to another."""
    start = (asked[first - 1] + asked[first] + 1) / 2 if first else asked[0]
    end = (asked[last] + asked[last + 1] + 1) / 2 if last + 1 < len(asked) else asked[-1] + 1
    return float(start), float(end)
