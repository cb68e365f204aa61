"""The measures of masks, each for one pair, what they are set beside (controls), and masks as run lengths.

    >>> mask = ellipse_in_box((0.0, 0.0, 0.5, 1.0), (4, 4))
    >>> mask_iou(mask, decode_rle(encode_rle(mask)))
    1.0

A mask is (rows, columns) bool; None stands for a mask that was never given. Boxes are xyxy in [0, 1], ends exclusive.
Overlaps lie in [0, 1], higher is better; distances are in mm, lower is better. Definitions: docs/masks.md.
"""

from collections.abc import Hashable, Iterable, Mapping, Sequence
from typing import NamedTuple, TypedDict

import numpy as np
from scipy import ndimage

from radgrounder.metrics.boxes import dice, iou
from radgrounder.metrics.grounding import matched_overlap
from refrad2d.boxes import union_box
from refrad2d.grounding import Box

HAUSDORFF_SHARE = 95  # percentile of the distances from one boundary to the other


class Rle(TypedDict):
    """Run lengths of a mask, as COCO writes them without compression.

    `size` is [rows, columns]. `counts` are the lengths of runs of equal pixels down the columns, columns from left to
    right; the first run is of background and may be 0.
    """

    size: list[int]
    counts: list[int]


class MaskEntity(NamedTuple):
    """A grounded mention: its words, its class and its mask, None where there is none."""

    text: str
    label: str
    mask: np.ndarray | None


def encode_rle(mask: np.ndarray) -> Rle:
    """The run lengths of a mask (rows, columns). ValueError if it has not two axes or no pixel."""
    pixels = np.asarray(mask, dtype=bool)
    if pixels.ndim != 2 or not pixels.size:
        raise ValueError(
            f"A mask of shape {pixels.shape} has no run lengths. Give rows and columns, at least one each."
        )
    column = np.concatenate([[False], pixels.ravel(order="F")])
    changes = np.flatnonzero(column[1:] != column[:-1])
    counts = np.diff(np.concatenate([[0], changes, [pixels.size]]))
    return {"size": [int(n) for n in pixels.shape], "counts": [int(n) for n in counts]}


def decode_rle(rle: Rle) -> np.ndarray:
    """The mask (rows, columns) bool of run lengths. ValueError if they do not fill it exactly."""
    rows, columns = (int(n) for n in rle["size"])
    counts = np.asarray(rle["counts"], dtype=np.int64)
    if rows < 1 or columns < 1 or (counts < 0).any() or counts.sum() != rows * columns:
        raise ValueError(
            f"Runs of {int(counts.sum())} pixels do not fill {rows} rows by {columns} columns. "
            "Give lengths of 0 or more that sum to rows times columns."
        )
    runs = np.arange(len(counts)) % 2 == 1
    return np.repeat(runs, counts).reshape((rows, columns), order="F")


def mask_dice(a: np.ndarray | None, b: np.ndarray | None) -> float:
    """Dice of two masks of one shape; 0.0 if either is missing. Two empty masks agree. ValueError as for `dice`."""
    return 0.0 if a is None or b is None else dice(a, b)


def mask_iou(a: np.ndarray | None, b: np.ndarray | None) -> float:
    """Intersection over union of two masks of one shape; 0.0 if either is missing. Two empty masks agree (1.0)."""
    overlap = mask_dice(a, b)
    return overlap / (2 - overlap)


def mask_box_iou(mask: np.ndarray | None, box: Sequence[float] | None) -> float:
    """Intersection over union of the box around a mask with a true box; 0.0 for a mask that is missing or empty."""
    return 0.0 if mask is None else iou(union_box(np.asarray(mask, dtype=bool)), box)


def hausdorff95(a: np.ndarray | None, b: np.ndarray | None, spacing: Sequence[float]) -> float:
    """The 95 % Hausdorff distance of two masks of one shape, in mm.

    The larger of the two directed distances: the 95th percentile, over the boundary pixels of one mask, of the distance
    to the nearest boundary pixel of the other. A boundary pixel has one of its four neighbours outside its mask or the
    picture. `spacing` is mm between rows, mm between columns. Two empty masks are 0 apart; where only one has pixels,
    nothing can be measured, and the diagonal of the picture, which no distance exceeds, is given.
    ValueError if the shapes differ or the spacing is not positive.
    """
    down, across = (float(mm) for mm in spacing)
    if not (down > 0 and across > 0 and np.isfinite(down + across)):
        raise ValueError(f"Spacing {tuple(spacing)} is not positive. Give mm between rows and mm between columns.")
    known = [np.asarray(mask, dtype=bool) for mask in (a, b) if mask is not None]
    if len({mask.shape for mask in known}) > 1:
        shapes = " and ".join(str(mask.shape) for mask in known)
        raise ValueError(f"Masks of shape {shapes} cannot be compared. Resize one to the other's grid.")
    filled = [mask for mask in known if mask.any()]
    if not filled:
        return 0.0
    if len(filled) == 1:
        rows, columns = filled[0].shape
        return float(np.hypot(rows * down, columns * across))
    window = ndimage.find_objects((filled[0] | filled[1]).astype(np.uint8))[0]
    edges = [boundary(mask[window]) for mask in filled]
    far = [ndimage.distance_transform_edt(~edge, sampling=(down, across)) for edge in edges]
    directed = (np.percentile(far[1][edges[0]], HAUSDORFF_SHARE), np.percentile(far[0][edges[1]], HAUSDORFF_SHARE))
    return float(max(directed))


def boundary(mask: np.ndarray) -> np.ndarray:
    """The pixels of a mask (rows, columns) bool with one of four neighbours that is not of it; beyond the picture
    nothing is."""
    return mask & ~ndimage.binary_erosion(mask, border_value=0)


def g_iou_masks(
    true: Sequence[MaskEntity],
    predicted: Sequence[MaskEntity],
    similarity: np.ndarray | None = None,
    *,
    matching: str = "greedy",
) -> float:
    """Grounded IoU of one text with masks: the sum of similarity x mask IoU over matched entities, over max(#true,
    #predicted), as `grounding.g_iou` has it with boxes.

    `similarity` (n true, m predicted) is 1 for equal classes and else 0 if it is not given. An entity without a mask
    counts among its side and overlaps nothing. NaN without a true entity. ValueError for another matching.
    """
    if not true:
        return np.nan
    if not predicted:
        return 0.0
    alike = _same_class(true, predicted) if similarity is None else np.asarray(similarity, dtype=np.float64)
    rows, columns = _order(true), _order(predicted)
    overlap = np.array([[mask_iou(true[i].mask, predicted[j].mask) for j in columns] for i in rows])
    return matched_overlap(alike[np.ix_(rows, columns)], overlap, matching=matching) / max(len(true), len(predicted))


def _same_class(true: Sequence[MaskEntity], predicted: Sequence[MaskEntity]) -> np.ndarray:
    return np.array([[float(t.label == p.label) for p in predicted] for t in true])


def _order(entities: Sequence[MaskEntity]) -> list[int]:
    """Numbers of entities in an order that does not depend on theirs."""
    keys = [(e.text, e.label, b"" if e.mask is None else np.asarray(e.mask, bool).tobytes()) for e in entities]
    return sorted(range(len(entities)), key=keys.__getitem__)


# --- controls: what a mask has to be better than --------------------------------------------------------------------


def filled_box(box: Box | None, shape: tuple[int, int]) -> np.ndarray | None:
    """The pixels of a picture of (rows, columns) whose centre lies in the box; None without a box."""
    if box is None:
        return None
    x, y = _centres(shape)
    x_min, y_min, x_max, y_max = box
    return (x >= x_min) & (x < x_max) & (y >= y_min) & (y < y_max)


def ellipse_in_box(box: Box | None, shape: tuple[int, int]) -> np.ndarray | None:
    """The pixels of a picture of (rows, columns) whose centre lies in the ellipse that fills the box; None without."""
    if box is None:
        return None
    x, y = _centres(shape)
    x_min, y_min, x_max, y_max = box
    if x_max <= x_min or y_max <= y_min:
        return np.zeros(shape, dtype=bool)
    across = (2 * x - x_min - x_max) / (x_max - x_min)
    down = (2 * y - y_min - y_max) / (y_max - y_min)
    return across**2 + down**2 <= 1


def _centres(shape: tuple[int, int]) -> tuple[np.ndarray, np.ndarray]:
    rows, columns = shape
    return (np.arange(columns)[None] + 0.5) / columns, (np.arange(rows)[:, None] + 0.5) / rows


def mean_masks(masks: Iterable[tuple[Hashable, np.ndarray]]) -> Mapping[Hashable, np.ndarray]:
    """One mask a key, of all masks (rows, columns) of that key: the pixels that are covered most often, as many as the
    masks have on average. All masks must have one shape.

    Such a mask is what can be known of a structure without looking; a threshold at one half would leave nothing of
    small ones.
    """
    sums: dict[Hashable, np.ndarray] = {}
    counts: dict[Hashable, int] = {}
    for key, mask in masks:
        sums[key] = sums.get(key, 0) + np.asarray(mask, dtype=np.float64)
        counts[key] = counts.get(key, 0) + 1
    return {key: _most_covered(total, int(round(total.sum() / counts[key]))) for key, total in sums.items()}


def _most_covered(total: np.ndarray, pixels: int) -> np.ndarray:
    chosen = np.argsort(-total, axis=None, kind="stable")[: max(pixels, 1)]
    out = np.zeros(total.size, dtype=bool)
    out[chosen] = True
    return out.reshape(total.shape) & (total > 0)
