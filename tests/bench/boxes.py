"""Union boxes of a 512 × 512 mask with 20 classes: connected components merged class by class, and ours.

    python -m tests.bench.boxes [--rounds 15] [--json FILE]

Both in one run, turn by turn: CPU seconds of one thread, medians.
"""

import argparse
import itertools
import statistics
import time
from pathlib import Path

import numpy as np
from scipy import ndimage

from refrad2d.boxes import class_boxes, merge_boxes, objects
from refrad2d.phantom import sample_slice
from refrad2d.system.files import write_json
from refrad2d.system.markdown import table

CLASSES = 20


def components(mask: np.ndarray) -> list[tuple[int, int, tuple[int, ...]]]:
    """(id, area, box) as `class_boxes`, from the connected components of each class: the usual way."""
    found = []
    for class_id in np.unique(mask[mask > 0]).tolist():
        labelled, _ = ndimage.label(mask == class_id)
        boxes = [(x.start, y.start, x.stop, y.stop) for y, x in ndimage.find_objects(labelled)]
        found.append((class_id, int((labelled > 0).sum()), tuple(merge_boxes(boxes))))
    return found


def make_mask() -> np.ndarray:
    """A phantom slice of 20 classes: of one with fewer, what stands in the lower right quarter becomes others."""
    mask = max((sample_slice(seed, size=512)["mask"] for seed in range(3, 9)), key=lambda one: len(np.unique(one)))
    new = itertools.count(200)
    while len(np.unique(mask)) - 1 < CLASSES:
        largest = np.bincount(mask.ravel())[1:].argmax() + 1
        rows, columns = np.nonzero(mask == largest)
        half = rows > np.median(rows)
        mask[rows[half], columns[half]] = next(new)
    return mask


def seconds(function, mask: np.ndarray) -> float:
    begun = time.process_time()
    function(mask)
    return time.process_time() - begun


def measure(rounds: int = 15) -> dict[str, dict[str, float]]:
    """Milliseconds by way, and how many times as fast as the usual one it is. ValueError if their boxes differ."""
    mask = make_mask()
    if components(mask) != class_boxes(mask):
        raise ValueError("The two ways do not give the same boxes. Compare them class by class.")
    ways = {
        "components, merged per class": components,
        "class_boxes": class_boxes,
        "objects (rows of a dataset)": objects,
    }
    took = {name: [] for name in ways}
    for _, (name, way) in itertools.product(range(rounds), ways.items()):
        took[name].append(min(seconds(way, mask) for _ in range(3)))
    usual = statistics.median(took["components, merged per class"])
    return {
        name: {"ms": round(1000 * (s := statistics.median(t)), 3), "ratio": round(usual / s, 1)}
        for name, t in took.items()
    }


def main() -> None:
    """Print milliseconds and ratios."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--json", type=Path)
    given = parser.parse_args()
    found = measure(given.rounds)
    head = [f"{CLASSES} classes, 512 × 512", "ms", "times as fast"]
    print(table(head, [[n, f["ms"], f["ratio"]] for n, f in found.items()]))
    if given.json:
        write_json(given.json, found)


if __name__ == "__main__":
    main()
