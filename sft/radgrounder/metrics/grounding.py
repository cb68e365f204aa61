"""The measures of grounded text, each for one item: G-IoU, counts of entities, unreadable markup.

    >>> liver = Entity("liver", "liver", (0.0, 0.0, 0.5, 0.5))
    >>> g_iou([liver], [liver])
    1.0

All values are in [0, 1], higher is better; but lower `invalid` is better, and G-IoU with cosines can fall below 0.
Definitions, sources and worked examples: docs/evaluation.md.
"""

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
from scipy.optimize import linear_sum_assignment

from radgrounder.metrics.boxes import iou, iou_matrix
from refrad2d.grounding import Box, Parsed

FOUND_IOU = 0.5  # a predicted entity counts as found from this overlap on, as in PASCAL VOC


class Entity(NamedTuple):
    """A grounded mention: its words, its class and its box."""

    text: str
    label: str
    box: Box


class EntityCounts(NamedTuple):
    """Entities of one text, counted: found in place, named without a true counterpart, true but never named."""

    found: int
    hallucinated: int
    missed: int
    predicted: int
    true: int

    @property
    def precision(self) -> float:
        """Found of predicted; nothing predicted where something is true is 0, nothing on both sides is NaN."""
        return self.found / self.predicted if self.predicted else (0.0 if self.true else np.nan)

    @property
    def recall(self) -> float:
        """Found of true; something predicted where nothing is true is 0, nothing on both sides is NaN."""
        return self.found / self.true if self.true else (0.0 if self.predicted else np.nan)

    @property
    def f1(self) -> float:
        """Twice the found over predicted and true together; NaN where both are empty."""
        both = self.predicted + self.true
        return 2 * self.found / both if both else np.nan


Similarity = Callable[[Sequence[Entity], Sequence[Entity]], np.ndarray]  # (n true, m predicted) → (n, m)


def entities(parsed: Parsed) -> list[Entity]:
    """The grounded mentions of a parsed text."""
    return [Entity(parsed.text[span.start : span.end], span.label, span.box) for span in parsed.spans]


def invalid(parsed: Parsed) -> float:
    """1.0 if the text held markup that could not be read, else 0.0."""
    return float(parsed.invalid > 0)


def same_class(true: Sequence[Entity], predicted: Sequence[Entity]) -> np.ndarray:
    """The similarity of `g_iou_class`: 1 where the labels are equal, else 0; (n true, m predicted)."""
    pairs = [[float(t.label == p.label) for p in predicted] for t in true]
    return np.asarray(pairs, dtype=np.float64).reshape(len(true), len(predicted))


def g_iou(
    true: Sequence[Entity],
    predicted: Sequence[Entity],
    similarity: Similarity = same_class,
    *,
    matching: str = "greedy",
) -> float:
    """Grounded IoU of one text: the sum of similarity x IoU over matched entities, over max(#true, #predicted).

    `greedy` matches globally and one to one by falling similarity (the paper); equal similarities are taken by falling
    IoU, then by box, so the order of the entities never matters. `optimal` takes the matching with the largest sum of
    max(similarity, 0) x IoU. NaN without a true entity: the paper leaves such texts out.
    ValueError for another matching.

    With `greedy` an added hallucination can help: it can take away a true entity that a good prediction was wrongly
    matched to. With `optimal` it cannot.
    """
    if matching not in ("greedy", "optimal"):
        raise ValueError(f"Unknown matching {matching!r}. Choose greedy or optimal.")
    if not true:
        return np.nan
    if not predicted:
        return 0.0
    # A fixed order makes what is equal in every respect but its place come out the same for every permutation.
    true, predicted = (sorted(side, key=lambda e: (e.box, e.text, e.label)) for side in (true, predicted))
    alike = np.asarray(similarity(true, predicted), dtype=np.float64)
    overlap = iou_matrix([e.box for e in true], [e.box for e in predicted])
    return matched_overlap(alike, overlap, matching=matching) / max(len(true), len(predicted))


def matched_overlap(alike: np.ndarray, overlap: np.ndarray, *, matching: str = "greedy") -> float:
    """The sum of similarity x overlap over entities matched one to one, as `g_iou` matches; both (n true, m predicted).

    ValueError for a matching that is neither "greedy" nor "optimal".
    """
    if matching not in ("greedy", "optimal"):
        raise ValueError(f"Unknown matching {matching!r}. Choose greedy or optimal.")
    if matching == "optimal":
        gain = np.clip(alike, 0, None) * overlap
        return float(gain[linear_sum_assignment(gain, maximize=True)].sum())
    return float(sum(alike[i, j] * overlap[i, j] for i, j in _match_greedily(alike, overlap)))


def _match_greedily(alike: np.ndarray, overlap: np.ndarray) -> list[tuple[int, int]]:
    """Pairs (true, predicted), most similar first, each entity once; rounding makes equal what differs by noise."""
    order = np.lexsort((-np.round(overlap.ravel(), 9), -np.round(alike.ravel(), 6)))
    wanted, pairs, rows, columns = min(alike.shape), [], set(), set()
    for i, j in zip(*(axis.tolist() for axis in np.unravel_index(order, alike.shape)), strict=True):
        if i in rows or j in columns:
            continue
        pairs.append((i, j))
        rows.add(i)
        columns.add(j)
        if len(pairs) == wanted:
            break
    return pairs


def g_iou_peer(true: Sequence[Entity], predicted: Sequence[Entity], similarity: Similarity) -> float:
    """The detection figure of the RadGrounder release, bug included: only to be set beside its published numbers.

    The release looks for the most similar pair of mentions, removes both from the lists of mentions, but leaves their
    boxes in the lists of boxes; later pairs are then scored on the boxes of other mentions. A perfect but reordered
    prediction can score 2/3, and two swapped boxes of three can score 1. Order matters. NaN without a true entity.
    """
    if not true:
        return np.nan
    if not predicted:
        return 0.0
    alike = np.asarray(similarity(true, predicted), dtype=np.float64)
    rows, columns, total = list(range(len(true))), list(range(len(predicted))), 0.0
    while rows and columns:
        left = alike[np.ix_(rows, columns)]
        i, j = (int(k) for k in np.unravel_index(left.argmax(), left.shape))
        total += left[i, j] * iou(true[i].box, predicted[j].box)
        del rows[i], columns[j]
    return float(total / max(len(true), len(predicted)))


def count_entities(
    true: Sequence[Entity], predicted: Sequence[Entity], *, threshold: float = FOUND_IOU
) -> EntityCounts:
    """How many entities were found: matched one to one within a class, as many as possible.

    Found means same class and IoU >= `threshold`; hallucinated means that no true entity of this class is left for it,
    wherever its box is; missed means that no predicted entity of this class is left for it.
    """
    found = hallucinated = missed = 0
    for label in {entity.label for entity in (*true, *predicted)}:
        boxes = [[e.box for e in side if e.label == label] for side in (true, predicted)]
        hallucinated += max(len(boxes[1]) - len(boxes[0]), 0)
        missed += max(len(boxes[0]) - len(boxes[1]), 0)
        hit = iou_matrix(*boxes) >= threshold
        found += int(hit[linear_sum_assignment(hit, maximize=True)].sum())
    return EntityCounts(found, hallucinated, missed, len(predicted), len(true))
