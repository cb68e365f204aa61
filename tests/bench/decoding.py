"""What bound decoding gains: `python -m tests.bench.decoding build/base-results/heldout`.

Locate prompts of the same test slices, decoded freely as a bare `generate` does, bound to the grammar with the likeliest
coordinate, and bound with their median, as in use. Differences are paired. Results go to docs/results/decoding.json.
"""

import argparse
import json
import sys
import time
from pathlib import Path
from unittest.mock import patch

import numpy as np
from PIL import Image

from radgrounder.benchmarks.base import Item, load_benchmark
from radgrounder.inference.bound import BoundDecoding
from radgrounder.inference.confidence import Generated
from radgrounder.inference.predictor import Predictor
from radgrounder.inference.tasks import TOKENS
from radgrounder.metrics.boxes import iou
from radgrounder.metrics.intervals import figure
from radgrounder.models.fingerprint import weights_digest
from refrad2d.grounding import parse
from tests.fixtures.paths import ROOT

FREE, PEAK, MEDIAN = "free", "bound, likeliest coordinate", "bound, median"


def main() -> int:
    """Measure, print and write the file."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("dataset", type=Path)
    parser.add_argument("--model", type=Path, default=ROOT / "sft/bases/nano")
    parser.add_argument("--limit", type=int, default=60, help="test slices (default 60)")
    options = parser.parse_args()
    benchmark = load_benchmark("refrad2d", str(options.dataset), limit=options.limit)
    asked = [item for item in benchmark.items if item.task == "locate" and not item.control]
    pictures = {key: Image.fromarray(benchmark.picture(key)) for key in {item.image for item in asked}}
    predictor, clusters = Predictor.load(options.model, batch_size=64), [item.cluster for item in asked]
    rows, scores = {}, {}
    for name in (FREE, PEAK, MEDIAN):
        began = time.process_time()
        answers = write(predictor, [pictures[item.image] for item in asked], [item.prompt for item in asked], name)
        seconds = (time.process_time() - began) / len(asked)
        scores[name] = np.array([score(item, answer) for item, answer in zip(asked, answers, strict=True)])
        rows[name] = {
            "miou": figure(scores[name], clusters).as_dict(),
            "gain": figure(scores[name] - scores[FREE], clusters).as_dict(),
            "invalid": sum(parse(answer.markup).invalid > 0 for answer in answers) / len(answers),
            "looped": sum(answer.looped for answer in answers) / len(answers),
            "cpu seconds": seconds,
        }
        print(name, rows[name])
    (ROOT / "docs/results/decoding.json").write_text(
        json.dumps({"base": weights_digest(Path(options.model)), **rows}, indent=2) + "\n", encoding="utf-8"
    )
    return 0


def write(predictor: Predictor, images: list, prompts: list[str], how: str) -> list[Generated]:
    """The answers, decoded in one of the three ways; every picture is looked at anew."""
    predictor.decoder.features.clear()
    ask = {"max_new_tokens": TOKENS["locate"], "constrained": how != FREE}
    if how != PEAK:
        return predictor.generate_scored(images, prompts, **ask)
    with patch.object(BoundDecoding, "_at_median", lambda self, scores: scores):
        return predictor.generate_scored(images, prompts, **ask)


def score(item: Item, answer: Generated) -> float:
    """IoU of the first box, 0 without one."""
    spans = parse(answer.markup).spans
    return iou(spans[0].box if spans else None, item.true.spans[0].box)


if __name__ == "__main__":
    sys.exit(main())
