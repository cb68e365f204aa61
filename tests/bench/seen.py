"""Does the base know the slices it was pretrained on better than new ones? `python -m tests.bench.seen`.

Slices of the pool that it was pretrained on (`pretraining.json`: its sites and regions) and slices drawn in
the same way of patients it has never seen; locate prompt, decoded as in use. Where both figures are alike, more slices
would not help: the weights have not learned what these show. Results go to docs/results/seen.json; about three minutes
of one core.
"""

import argparse
import json
import sys
from pathlib import Path

import numpy as np
from PIL import Image

from radgrounder.benchmarks.refrad2d import eligible
from radgrounder.inference.predictor import Predictor
from radgrounder.metrics.boxes import iou
from radgrounder.metrics.intervals import figure, gap
from radgrounder.models.fingerprint import weights_digest
from radgrounder.pretraining.foreign import FOREIGN_EVERY
from radgrounder.pretraining.plan import choose_regions, first_seed
from radgrounder.pretraining.pool import SLICES_OF_STUDY, draw_row
from radgrounder.results.comparison import show_figure
from refrad2d.labels import label_by_name
from tests.bench.sites import find
from tests.fixtures.paths import ROOT

NEW = 870_000_000  # seeds that neither pretraining nor another measurement draws


def score(predictor: Predictor, first: int, slices: int, plan: dict) -> tuple[list[float], list[str]]:
    """IoU of every structure that can be asked for on so many slices, two of a patient, and its patient."""
    seeds = [n for n in range(first, first + slices * SLICES_OF_STUDY // 2, SLICES_OF_STUDY // 2)]
    drawn = [n + 1 if n % FOREIGN_EVERY == FOREIGN_EVERY - 1 else n for n in seeds]  # those show no body
    regions = choose_regions(tuple(plan["regions"]), tuple(plan["leave_out"]))
    rows = [draw_row(seed, sites=tuple(plan["sites"]), regions=regions) for seed in drawn]
    asked = [(row, label, box) for row in rows for label, box in eligible(row)]
    pictures = [Image.fromarray(row["image"]) for row, *_ in asked]
    boxes = find(predictor, pictures, [label_by_name(label).english for _, label, _ in asked])
    scores = [iou(found, box) for found, (*_, box) in zip(boxes, asked, strict=True)]
    return scores, [row["patient"] for row, *_ in asked]


def main() -> int:
    """Measure, print and write the file."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", type=Path, default=ROOT / "sft/bases/nano")
    parser.add_argument("--slices", type=int, default=240, help="of each kind (default 240)")
    parser.add_argument("--out", type=Path, default=ROOT / "docs/results/seen.json")
    options = parser.parse_args()
    plan = json.loads((options.model / "pretraining.json").read_text(encoding="utf-8"))["plan"]
    predictor = Predictor.load(options.model, batch_size=64)
    kinds = {
        name: score(predictor, at, options.slices, plan)
        for name, at in (("seen", first_seed(plan["seed"])), ("new", NEW))
    }
    results = {name: figure(*scored).as_dict() for name, scored in kinds.items()}
    values = np.concatenate([scores for scores, _ in kinds.values()]).tolist()
    which = [name for name, (scores, _) in kinds.items() for _ in scores]
    patients = [patient for _, of in kinds.values() for patient in of]
    results["seen - new"] = gap(values, which, patients, "seen", "new").as_dict()
    for name, one in results.items():
        print(f"{name}: {show_figure(one)}, n {one['n']}")
    results["base"] = weights_digest(options.model)
    options.out.write_text(json.dumps(results, indent=2) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
