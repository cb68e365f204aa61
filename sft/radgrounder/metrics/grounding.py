"""The measures of text and grounding, each for one item; `intervals` turns items into figures.

    >>> round(token_f1("Die Leber ist glatt.", "Leber glatt", language="de"), 2)
    0.8
    >>> iou((0.0, 0.0, 0.5, 1.0), (0.25, 0.0, 0.75, 1.0))
    0.3333333333333333

Boxes are xyxy in [0, 1], ends exclusive. All values are in [0, 1], higher is better; but lower `invalid` is
better, and G-IoU with cosines can fall below 0. Definitions, sources and worked examples: docs/evaluation.md.
"""

import unicodedata
from collections import Counter
from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
from scipy.optimize import linear_sum_assignment

from refrad2d.grounding import Box, Parsed

ARTICLES = {
    "en": frozenset({"a", "an", "the"}),
    "de": frozenset("der die das den dem des ein eine einen einem einer eines".split()),
}
FOUND_IOU = 0.5  # a predicted entity counts as found from this overlap on, as in PASCAL VOC


class Entity(NamedTuple):
    """A grounded mention: its words, its class and its box."""

    text: str
    label: str
    box: Box


class Grounding(NamedTuple):
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


# Text


def normalise(text: str, language: str | None = None) -> str:
    """The text as SQuAD compares it: case, punctuation and articles gone, one space between words.

    `language` ("en", "de") says whose articles go, None means both. Umlauts count as letters, however they were
    composed; ß equals ss; Chinese characters are words of their own. A text of articles alone keeps them, so that the
    choice "A" does not become nothing. Source: Rajpurkar et al. 2016, evaluation script, extended to German.
    """
    folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())
    kept = (c for c in folded if unicodedata.category(c)[0] not in "PS" and unicodedata.category(c) != "Cf")
    words = "".join(f" {c} " if _is_chinese(c) else c for c in kept).split()
    articles = ARTICLES[language] if language in ARTICLES else ARTICLES["en"] | ARTICLES["de"]
    return " ".join([word for word in words if word not in articles] or words)


def _is_chinese(character: str) -> bool:
    return "\u3400" <= character <= "\u9fff"


def exact_match(prediction: str, truth: str, *, language: str | None = None) -> float:
    """1.0 if both are the same after `normalise`, else 0.0."""
    return float(normalise(prediction, language) == normalise(truth, language))


def token_overlap(prediction: str, truth: str, *, language: str | None = None) -> tuple[float, float, float]:
    """(precision, recall, F1) of the words as bags. Two empty texts score 1, an empty one and a full one 0."""
    predicted, true = (normalise(text, language).split() for text in (prediction, truth))
    if not predicted or not true:
        return (1.0,) * 3 if predicted == true else (0.0,) * 3
    shared = sum((Counter(predicted) & Counter(true)).values())
    return shared / len(predicted), shared / len(true), 2 * shared / (len(predicted) + len(true))


def token_f1(prediction: str, truth: str, *, language: str | None = None) -> float:
    """Token F1 of SQuAD."""
    return token_overlap(prediction, truth, language=language)[2]


def token_recall(prediction: str, truth: str, *, language: str | None = None) -> float:
    """The share of the true words that the prediction has."""
    return token_overlap(prediction, truth, language=language)[1]


# Boxes and masks


def iou(a: Sequence[float] | None, b: Sequence[float] | None) -> float:
    """Intersection over union of two xyxy boxes; 0.0 if either is missing or their union has no area."""
    return float(iou_matrix([a], [b])[0, 0]) if a is not None and b is not None else 0.0


def iou_matrix(a: Sequence[Sequence[float]], b: Sequence[Sequence[float]]) -> np.ndarray:
    """Intersection over union of every box of `a` (n, xyxy) with every box of `b` (m, xyxy): (n, m) float64."""
    first, second = (np.asarray(boxes, dtype=np.float64).reshape(-1, 4) for boxes in (a, b))
    low = np.maximum(first[:, None, :2], second[None, :, :2])
    high = np.minimum(first[:, None, 2:], second[None, :, 2:])
    shared = np.clip(high - low, 0, None).prod(axis=-1)
    areas = [np.clip(boxes[:, 2:] - boxes[:, :2], 0, None).prod(axis=-1) for boxes in (first, second)]
    union = areas[0][:, None] + areas[1][None, :] - shared
    return np.divide(shared, union, out=np.zeros_like(shared), where=union > 0)


def dice(a: np.ndarray, b: np.ndarray) -> float:
    """Dice of two boolean masks of the same shape; two empty masks agree (1.0).

    ValueError if the shapes differ.
    """
    a, b = np.asarray(a, dtype=bool), np.asarray(b, dtype=bool)
    if a.shape != b.shape:
        raise ValueError(f"Masks of shape {a.shape} and {b.shape} cannot be compared. Resize one to the other's grid.")
    total = int(a.sum()) + int(b.sum())
    return 2 * int((a & b).sum()) / total if total else 1.0


def pointing(box: Sequence[float] | None, target: Sequence[float] | np.ndarray) -> float:
    """1.0 if the centre of the box lies in the target: an xyxy box, or a (height, width) boolean mask."""
    if box is None:
        return 0.0
    x, y = (box[0] + box[2]) / 2, (box[1] + box[3]) / 2
    if isinstance(target, np.ndarray) and target.ndim == 2:
        height, width = target.shape
        return float(bool(target[min(int(y * height), height - 1), min(int(x * width), width - 1)]))
    x_min, y_min, x_max, y_max = target
    return float(x_min <= x < x_max and y_min <= y < y_max)


# Grounded text


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
    if matching == "optimal":
        gain = np.clip(alike, 0, None) * overlap
        total = gain[linear_sum_assignment(gain, maximize=True)].sum()
    else:
        total = sum(alike[i, j] * overlap[i, j] for i, j in _match_greedily(alike, overlap))
    return float(total / max(len(true), len(predicted)))


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


def count_entities(true: Sequence[Entity], predicted: Sequence[Entity], *, threshold: float = FOUND_IOU) -> Grounding:
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
    return Grounding(found, hallucinated, missed, len(predicted), len(true))
