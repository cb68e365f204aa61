"""Boxes of masks: the union box of the pixels of one or more classes, xyxy in [0, 1], ends exclusive."""

import numpy as np
from scipy import ndimage

from refrad2d.labels import label_by_id, label_by_name

Box = tuple[float, float, float, float]


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


def objects(mask: np.ndarray) -> list[dict]:
    """Every class of a mask of unified ids, in order of id: {label, box, area in mask pixels}."""
    height, width = mask.shape
    areas = np.bincount(mask.ravel(), minlength=256)
    found = []
    for class_id, window in enumerate(ndimage.find_objects(mask), start=1):
        label = label_by_id(class_id)
        if window is None or label is None:
            continue
        rows, columns = window
        box = (columns.start / width, rows.start / height, columns.stop / width, rows.stop / height)
        found.append({"label": label, "box": list(box), "area": int(areas[class_id])})
    return found


def merge_boxes(boxes: list[Box]) -> Box:
    """The smallest box around all of them."""
    x_min, y_min, x_max, y_max = zip(*boxes, strict=True)
    return min(x_min), min(y_min), max(x_max), max(y_max)


def box_of(mask: np.ndarray, names: list[str]) -> Box | None:
    """The union box of some classes in a mask of unified ids; None if none of them is there."""
    return union_box(np.isin(mask, [label_by_name(name).id for name in names]))
