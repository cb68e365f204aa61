"""Overlap of boxes and masks, each for one pair, in [0, 1], higher is better.

    >>> iou((0.0, 0.0, 0.5, 1.0), (0.25, 0.0, 0.75, 1.0))
    0.3333333333333333

Boxes are xyxy in [0, 1], ends exclusive. Definitions and worked examples: docs/evaluation.md.
"""

from collections.abc import Sequence

import numpy as np


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


def iou_3d(a: Sequence[float] | None, b: Sequence[float] | None) -> float:
    """Intersection over union of two xyzxyz boxes on one grid; 0.0 if either is missing or they have no volume."""
    if a is None or b is None:
        return 0.0
    first, second = np.asarray([a, b], dtype=np.float64)
    shared = np.clip(np.minimum(first[3:], second[3:]) - np.maximum(first[:3], second[:3]), 0, None).prod()
    union = sum(np.clip(box[3:] - box[:3], 0, None).prod() for box in (first, second)) - shared
    return float(shared / union) if union > 0 else 0.0


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
