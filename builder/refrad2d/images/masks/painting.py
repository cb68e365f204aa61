"""The masks of one series as one picture a slice, with the boxes of findings beside it.

Findings lie outside the picture and may overlap it and each other. A pixel that two organs claim goes to the smaller
one, counted over the series ("organ_overlap_pixels"), whatever the order of files and segments; two organs that are
nearly the same voxels contradict each other, and neither is painted ("contradicting_organs").
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from refrad2d.boxes import Box, union_box
from refrad2d.images.masks.classes import Classes
from refrad2d.images.masks.records import MaskSlice, read_layers

THE_SAME = 0.5  # share of common voxels from where two organs contradict each other


@dataclass(frozen=True)
class AlignedMask:
    """A mask on a series: its classes, and its slice for each slice of the series, None where it has none."""

    classes: Classes
    slices: Sequence[MaskSlice | None]


def paint_slices(
    masks: Sequence[AlignedMask], shapes: Sequence[tuple[int, int]], raw: Path, counts: Counter
) -> Iterator[tuple[np.ndarray, list[tuple[str, Box]]]]:
    """For each slice of a series, of `shapes` (rows, columns): unified class ids, and (label, box) of each finding.

    `raw` is the folder that holds the layers of the slices. What was resolved is added to `counts`.
    """
    sizes, common = (Counter(), Counter()) if _is_one_layer(masks, shapes) else _measure(masks, len(shapes), raw)
    dropped = _contradicting(sizes, common)
    if dropped:
        counts["contradicting_organs"] += len(dropped)
    order = sorted(sizes.keys() - dropped, key=lambda organ: (-sizes[organ], organ))  # the smallest is painted last
    kept = np.arange(1 << 8, dtype=np.uint8)
    kept[list(dropped)] = 0
    for n, shape in enumerate(shapes):
        if (single := _single(masks, n, raw)) is not None and single.shape == shape:  # nothing can overlap
            yield kept[single], _findings(masks, n, raw)
            continue
        organs = _organs(masks, n, raw)
        unified, claims = np.zeros(shape, np.uint8), np.zeros(shape, np.uint16)
        for organ in order:
            if organ in organs:
                unified[organs[organ]] = organ
                claims += organs[organ]
        if (claims > 1).any():
            counts["organ_overlap_pixels"] += int((claims > 1).sum())
        yield unified, _findings(masks, n, raw)


def cut_blanked(
    unified: np.ndarray, findings: list[tuple[str, Box]], blanked: Sequence[Sequence[int]], counts: Counter
) -> list[tuple[str, Box]]:
    """The findings that no blank of burnt-in text touches; `unified` loses each class of which one takes pixels.

    `blanked` are boxes in pixels, ends exclusive. A structure without its whole picture would be taught a false box, so
    it is unknown on such a slice; `counts` says of how many ("under_burnt_in_text").
    """
    if not blanked:
        return findings
    hit = organs_under(unified, blanked)
    unified[np.isin(unified, list(hit))] = 0
    rows, columns = unified.shape
    kept = [
        (label, box)
        for label, box in findings
        if not any(
            box[0] * columns < c and a < box[2] * columns and box[1] * rows < d and b < box[3] * rows
            for a, b, c, d in blanked
        )
    ]
    if lost := len(hit) + len(findings) - len(kept):
        counts["under_burnt_in_text"] += lost
    return kept


def organs_under(unified: np.ndarray, blanked: Sequence[Sequence[int]]) -> set[int]:
    """The class ids of which blanks of burnt-in text, boxes in pixels with ends exclusive, take pixels."""
    return {int(organ) for a, b, c, d in blanked for organ in np.unique(unified[b:d, a:c])} - {0}


def _is_one_layer(masks: Sequence[AlignedMask], shapes: Sequence[tuple[int, int]]) -> bool:
    """True where one mask of one layer says all slices: then nothing overlaps, and nothing need be measured."""
    return len(masks) == 1 and all(
        shown is None or not shown.file or (shown.layers == 1 and tuple(shown.placement.shape) == tuple(shape))
        for shown, shape in zip(masks[0].slices, shapes, strict=True)
    )


def _measure(masks: Sequence[AlignedMask], slices: int, raw: Path) -> tuple[Counter, Counter]:
    """Voxels of each organ, and of each pair of organs in common."""
    sizes, common = Counter[int](), Counter[tuple[int, int]]()
    for n in range(slices):
        if (single := _single(masks, n, raw)) is not None:
            voxels = np.bincount(single.ravel(), minlength=1)
            sizes.update({int(organ): int(voxels[organ]) for organ in np.flatnonzero(voxels) if organ})
            continue
        organs = _organs(masks, n, raw)
        claimed: np.ndarray | int = 0
        for organ, where in organs.items():
            sizes[organ] += int(where.sum())
            claimed = claimed + where.astype(np.uint16)
        crowded = [organ for organ, where in organs.items() if (where & (claimed > 1)).any()]
        for i, first in enumerate(crowded):
            for second in crowded[i + 1 :]:
                common[min(first, second), max(first, second)] += int((organs[first] & organs[second]).sum())
    return sizes, common


def _contradicting(sizes: Mapping[int, int], common: Mapping[tuple[int, int], int]) -> set[int]:
    return {
        organ
        for (first, second), both in common.items()
        if both and both / (sizes[first] + sizes[second] - both) >= THE_SAME
        for organ in (first, second)
    }


def _table(mask: AlignedMask) -> np.ndarray:
    """Value of the mask → class id."""
    table = np.zeros(1 << 16, np.uint8)
    for value, class_id in mask.classes.ids.items():
        table[value] = class_id
    return table


def _single(masks: Sequence[AlignedMask], n: int, raw: Path) -> np.ndarray | None:
    """The class ids of the n-th slice where one mask of one layer says them all."""
    if len(masks) != 1 or len(layers := read_layers(raw, masks[0].slices[n])) != 1:
        return None
    return _table(masks[0])[layers[0]]


def _organs(masks: Sequence[AlignedMask], n: int, raw: Path) -> dict[int, np.ndarray]:
    """Class id → where any mask has it on the n-th slice."""
    organs: dict[int, np.ndarray] = {}
    for mask in masks:
        table = _table(mask)
        for layer in read_layers(raw, mask.slices[n]):
            shown = table[layer]
            for organ in np.flatnonzero(np.bincount(shown.ravel(), minlength=1)):
                if organ:
                    organs[int(organ)] = organs.get(int(organ), False) | (shown == organ)
    return organs


def _findings(masks: Sequence[AlignedMask], n: int, raw: Path) -> list[tuple[str, Box]]:
    found = []
    for mask in masks:
        if not mask.classes.findings:
            continue
        layers = read_layers(raw, mask.slices[n])
        for value, label in mask.classes.findings.items():
            if len(layers) and (box := union_box((layers == value).any(axis=0))):
                found.append((label, box))
    return found
