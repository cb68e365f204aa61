"""Boxes of masks: the union box of the pixels of one or more classes, xyxy in [0, 1], ends exclusive.

>>> [found["label"] for found in visible(objects(mask))]      # what can be asked for
"""

from collections.abc import Iterable, Sequence

import numpy as np

from refrad2d.labels import label_by_id, label_by_name
from refrad2d.rows import ObjectRow
from refrad2d.windows import count_pixels

Box = tuple[float, float, float, float]
IDS = 256  # of a mask of 8 bits
MIN_PIXELS = 20  # of the image: a class with fewer is neither asked for nor called visible


def union_box(mask: np.ndarray) -> Box | None:
    """The box around all true pixels of (rows, columns); None if there are none."""
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    if not rows.size:
        return None
    height, width = mask.shape
    return (
        float(columns[0] / width),
        float(rows[0] / height),
        float((columns[-1] + 1) / width),
        float((rows[-1] + 1) / height),
    )


def objects(mask: np.ndarray) -> list[ObjectRow]:
    """Every class of a mask of unified ids, in order of id; `area` in mask pixels, `pixels` in those of the image."""
    height, width = mask.shape
    pixels, found = count_pixels(mask), list[ObjectRow]()
    for class_id, area, (left, top, right, bottom) in class_boxes(mask):
        if label := label_by_id(class_id):
            box = [left / width, top / height, right / width, bottom / height]
            found.append({"label": label, "box": box, "area": area, "pixels": int(pixels[class_id])})
    return found


def class_boxes(mask: np.ndarray) -> list[tuple[int, int, tuple[int, int, int, int]]]:
    """(id, area, box) of each id from 1 to 255 in a mask of integers, in order; boxes in pixels, xyxy, ends exclusive.

    A row of a mask is a few runs of one id, and all is read off where they begin.
    """
    width = mask.shape[1]
    begins = np.ones(mask.shape, bool)
    np.not_equal(mask[:, 1:], mask[:, :-1], out=begins[:, 1:])
    starts = np.flatnonzero(begins)
    ids, lengths = mask.ravel()[starts].astype(np.intp), np.diff(starts, append=mask.size)
    shown = (ids > 0) & (ids < IDS)
    ids, lengths = ids[shown], lengths[shown]
    rows, columns = np.divmod(starts[shown], max(width, 1))
    top, bottom, left, right = np.zeros((4, IDS), np.intp)
    top[ids[::-1]], bottom[ids] = rows[::-1], rows + 1  # the last that is written stays
    left[:] = width
    np.minimum.at(left, ids, columns)
    np.maximum.at(right, ids, columns + lengths)
    areas, boxes = np.bincount(ids, lengths, IDS).astype(int), np.stack([left, top, right, bottom], axis=1)
    return [(n, int(areas[n]), tuple(boxes[n].tolist())) for n in np.flatnonzero(areas).tolist()]


def pixels_of(found: Iterable[ObjectRow]) -> dict[str, int]:
    """The visible size of each object by label: its pixels at the size of the image.

    ValueError if nobody counted them, as in datasets of format 1.
    """
    sizes = {shown["label"]: shown.get("pixels") for shown in found}
    if None in sizes.values():
        raise ValueError(
            "An object has no `pixels`, the visible size that is counted since format 2. Build the dataset again."
        )
    return sizes


def visible(found: Sequence[ObjectRow]) -> list[ObjectRow]:
    """The objects that cover at least MIN_PIXELS of the image. ValueError as for `pixels_of`."""
    sizes = pixels_of(found)
    return [shown for shown in found if sizes[shown["label"]] >= MIN_PIXELS]


def merge_boxes(boxes: list[Box]) -> Box:
    """The smallest box around all of them."""
    x_min, y_min, x_max, y_max = zip(*boxes, strict=True)
    return min(x_min), min(y_min), max(x_max), max(y_max)


def iou(a: Sequence[float], b: Sequence[float]) -> float:
    """Intersection over union of two boxes; 0 if they do not overlap."""
    width, height = min(a[2], b[2]) - max(a[0], b[0]), min(a[3], b[3]) - max(a[1], b[1])
    if width <= 0 or height <= 0:
        return 0.0
    both = width * height
    return both / ((a[2] - a[0]) * (a[3] - a[1]) + (b[2] - b[0]) * (b[3] - b[1]) - both)


def box_of(mask: np.ndarray, names: list[str]) -> Box | None:
    """The union box of some classes in a mask of unified ids; None if none of them is there."""
    return union_box(np.isin(mask, [label_by_name(name).id for name in names]))
