"""Does a nano look? `python -m radgrounder.heldout MODEL --site A --slices 40` on fresh phantom patients.

mIoU of the locate prompt beside its controls: the mean box of each class over other patients, and the same questions
asked of another patient's slice. A quick look during pretraining; the judge is `radgrounder eval`.
"""

import argparse
import sys
from collections import defaultdict
from collections.abc import Sequence

import numpy as np
from PIL import Image

from radgrounder.metrics import iou
from radgrounder.phantom_pool import PhantomSlice, draw_slice
from radgrounder.predict import Predictor
from refrad2d.cards import table
from refrad2d.conversations import prompt
from refrad2d.grounding import parse
from refrad2d.labels import labels

FIRST_SEED = 900_000_000  # pretraining draws far below


def main(argv: Sequence[str] | None = None) -> int:
    """Print one table."""
    parser = argparse.ArgumentParser(prog="python -m radgrounder.heldout", description=__doc__)
    parser.add_argument("model")
    parser.add_argument("--site", default="A", choices=("A", "B", "C"))
    parser.add_argument("--slices", type=int, default=40)
    parser.add_argument("--regions", nargs="+", default=["abdomen_ct"])
    arguments = parser.parse_args(argv)
    predictor = Predictor.load(arguments.model, batch_size=64)
    size = predictor.model.config.vision_config.image_size

    def draw(first: int) -> list[PhantomSlice]:
        seeds = range(first, first + 8 * arguments.slices, 8)  # a patient each
        return [draw_slice(s, sites=(arguments.site,), size=size, regions=arguments.regions) for s in seeds]

    slices, others = draw(FIRST_SEED), draw(FIRST_SEED // 2)
    pairs = [(n, class_id) for n, one in enumerate(slices) for class_id in sorted(one.boxes) if _asked(one, class_id)]
    true = [slices[n].boxes[c] for n, c in pairs]
    questions = [prompt("locate", "en", name=labels()[c - 1].english) for _, c in pairs]
    shuffled = [(n + len(slices) // 2) % len(slices) for n, _ in pairs]
    mean = _mean_boxes(others)
    rows = [
        ["model", _score(_places(predictor, [slices[n] for n, _ in pairs], questions), true)],
        ["another patient's slice", _score(_places(predictor, [slices[n] for n in shuffled], questions), true)],
        ["mean box of the class", _score([mean.get(c) for _, c in pairs], true)],
    ]
    print(table([f"site {arguments.site}, {len(pairs)} places on {len(slices)} slices", "mIoU"], rows))
    return 0


def _asked(one: PhantomSlice, class_id: int) -> bool:
    """True if the slice is asked for this class in training: it covers enough of the picture."""
    return any(prompt("locate", "en", name=labels()[class_id - 1].english) == question for question, _ in one.turns)


def _places(predictor: Predictor, slices: Sequence[PhantomSlice], questions: Sequence[str]) -> list:
    answers = predictor.generate([Image.fromarray(one.image) for one in slices], questions, max_new_tokens=48)
    found = [parse(answer).spans for answer in answers]
    return [spans[0].box if spans else None for spans in found]


def _mean_boxes(slices: Sequence[PhantomSlice]) -> dict[int, np.ndarray]:
    boxes = defaultdict(list)
    for one in slices:
        for class_id, box in one.boxes.items():
            boxes[class_id].append(box)
    return {class_id: np.mean(some, axis=0) for class_id, some in boxes.items()}


def _score(boxes: Sequence, true: Sequence) -> str:
    return f"{np.mean([0.0 if b is None else iou(b, t) for b, t in zip(boxes, true, strict=True)]):.3f}"


if __name__ == "__main__":
    sys.exit(main())
