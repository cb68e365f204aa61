"""How well the base finds its way at other sites and in MR: `python -m tests.bench.sites build/demo/dataset`.

Two fresh slices each of so many new patients a row, then slices of each split of the demo's dataset, none of which the
base has seen; locate prompt: what of the demo's gap is the site, what its few test patients, and what is left to learn.
Beside it the mean box of the class over the other half of the patients. Results go to docs/results/sites.json.
"""

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path

from datasets import load_dataset
from PIL import Image

from radgrounder.benchmarks.refrad2d import eligible, mean_boxes
from radgrounder.inference.predictor import Predictor
from radgrounder.metrics.boxes import iou
from radgrounder.metrics.intervals import figure
from radgrounder.pretraining.pool import SLICES_OF_STUDY, draw_row
from radgrounder.results.comparison import show_figure
from refrad2d.conversations import prompt
from refrad2d.grounding import parse
from refrad2d.labels import label_by_name
from refrad2d.schema import SPLITS
from tests.fixtures.paths import ROOT

FIRST = 800_000_000  # seeds that neither pretraining nor base-results draw
ROWS = (("A", "abdomen_ct"), ("B", "abdomen_ct"), ("C", "abdomen_ct"), ("A", "abdomen_mr"), ("B", "abdomen_mr"))


def draw_rows(site: str, region: str, patients: int) -> list[dict]:
    """Two slices of each patient, pictures as a dataset has them."""
    rows = []
    for seed in range(FIRST, FIRST + SLICES_OF_STUDY * patients, SLICES_OF_STUDY // 2):
        row = draw_row(seed, sites=(site,), regions=(region,))
        rows.append({**row, "image": Image.fromarray(row["image"]), "mask": Image.fromarray(row["mask"])})
    return rows


def read_rows(dataset: Path, split: str, most: int) -> list[dict]:
    """At most so many slices of a split, evenly spaced."""
    rows = load_dataset(str(dataset / "refrad2d"), "grounded", split=split)
    return list(rows.select(range(0, len(rows), -(-len(rows) // most))))


def score(predictor: Predictor, rows: Sequence[dict]) -> dict[str, dict]:
    """mIoU of the locate prompt and of the mean boxes of the other patients, with intervals."""
    pairs = [(row, label, box) for row in rows for label, box in eligible(row)]
    asked = [prompt("locate", "en", name=label_by_name(label).english) for _, label, _ in pairs]
    answers = predictor.generate([row["image"] for row, *_ in pairs], asked)
    found = [parse(answer).spans for answer in answers]
    names = sorted({row["patient"] for row in rows})
    half = set(names[::2])
    prior = {side: mean_boxes(row for row in rows if (row["patient"] in half) != side) for side in (True, False)}
    means = [prior[r["patient"] in half].get((label, r["modality"], r["plane"])) for r, label, _ in pairs]
    who = [row["patient"] for row, *_ in pairs]
    answered = zip(found, pairs, strict=True)
    return {
        "base": figure([iou(spans[0].box if spans else None, box) for spans, (*_, box) in answered], who).as_dict(),
        "mean box": figure([iou(mean, box) for mean, (*_, box) in zip(means, pairs, strict=True)], who).as_dict(),
    }


def main() -> int:
    """Measure, print and write the file."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("dataset", type=Path)
    parser.add_argument("--model", type=Path, default=ROOT / "sft/bases/nano")
    parser.add_argument("--patients", type=int, default=50, help="of each row (default 50)")
    options = parser.parse_args()
    predictor = Predictor.load(options.model, batch_size=64)
    drawn = {f"site {site}, {region}": draw_rows(site, region, options.patients) for site, region in ROWS}
    read = {f"the demo's {split}": read_rows(options.dataset, split, 2 * options.patients) for split in SPLITS}
    results = {}
    for name, rows in (drawn | read).items():
        results[name] = score(predictor, rows)
        print(name, *(f"{kind} {show_figure(one)}" for kind, one in results[name].items()), sep=" | ")
    (ROOT / "docs/results/sites.json").write_text(json.dumps(results, indent=2) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
