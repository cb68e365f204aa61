"""How well the base finds its way by region and site: `python -m tests.bench.sites`.

Two fresh slices each of so many new patients of every region at every site, the demo's region too, which the base has
never seen; none of these slices is drawn by pretraining, base-results or the demo. Locate prompt, decoded as in use.
Beside each row the mean box of the class over the other half of its patients, and the same questions asked of another
patient's picture; what the base is better by is paired. Results go to docs/results/sites.json.
"""

import argparse
import json
import sys
from collections.abc import Sequence
from itertools import product
from math import sqrt
from pathlib import Path

from PIL import Image

from radgrounder.benchmarks.refrad2d import eligible, mean_boxes
from radgrounder.inference.predictor import Predictor
from radgrounder.metrics.boxes import iou
from radgrounder.metrics.intervals import figure
from radgrounder.models.fingerprint import weights_digest
from radgrounder.pretraining.pool import SLICES_OF_STUDY, draw_row
from radgrounder.results.comparison import show_figure
from refrad2d.conversations import prompt
from refrad2d.grounding import Box, parse
from refrad2d.labels import label_by_name
from refrad2d.phantom import REGIONS
from refrad2d.windows import IMAGE_SIZE
from tests.fixtures.paths import ROOT

FIRST = 850_000_000  # seeds that neither pretraining nor base-results draw
SITES = ("A", "B", "C")
LARGE = 16  # pixels of the image: side of a square as large as the box


def draw_rows(site: str, region: str, patients: int) -> list[dict]:
    """Two slices of each patient, pictures as a dataset has them."""
    rows = []
    for seed in range(FIRST, FIRST + SLICES_OF_STUDY * patients, SLICES_OF_STUDY // 2):
        row = draw_row(seed, sites=(site,), regions=(region,))
        rows.append({**row, "image": Image.fromarray(row["image"])})
    return rows


def find(predictor: Predictor, pictures: Sequence[Image.Image], names: Sequence[str]) -> list[Box | None]:
    """The box that is drawn for each name in the picture beside it, None where none is."""
    answers = predictor.generate(pictures, [prompt("locate", "en", name=name) for name in names], locate=True)
    spans = [parse(answer).spans for answer in answers]
    return [found[0].box if found else None for found in spans]


def score(predictor: Predictor, rows: Sequence[dict]) -> dict[str, dict]:
    """Figures by name: mIoU of the base, of what is large, of its controls, and the paired differences to these."""
    asked = [(n, label, box) for n, row in enumerate(rows) for label, box in eligible(row)]
    names = [label_by_name(label).english for _, label, _ in asked]
    who = [rows[n]["patient"] for n, *_ in asked]
    half = set(sorted(set(who))[::2])
    prior = {side: mean_boxes(row for row in rows if (row["patient"] in half) != side) for side in (True, False)}
    boxes = {
        "base": find(predictor, [rows[n]["image"] for n, *_ in asked], names),
        "mean box": [
            prior[rows[n]["patient"] in half].get((label, rows[n]["modality"], rows[n]["plane"]))
            for n, label, _ in asked
        ],
        "shuffled": find(predictor, [rows[(n + 2) % len(rows)]["image"] for n, *_ in asked], names),
    }
    overlap = {kind: [iou(box, true) for box, (*_, true) in zip(of, asked, strict=True)] for kind, of in boxes.items()}
    large = [n for n, (*_, box) in enumerate(asked) if IMAGE_SIZE * sqrt(_area(box)) >= LARGE]
    found = {kind: figure(values, who) for kind, values in overlap.items()}
    found["large"] = figure([overlap["base"][n] for n in large], [who[n] for n in large])
    for kind in ("mean box", "shuffled"):
        more = [mine - other for mine, other in zip(overlap["base"], overlap[kind], strict=True)]
        found[f"above {kind}"] = figure(more, who)
    return {name: one.as_dict() for name, one in found.items()}


def _area(box: Box) -> float:
    return (box[2] - box[0]) * (box[3] - box[1])


def main() -> int:
    """Measure, print and write the file."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", type=Path, default=ROOT / "sft/bases/nano")
    parser.add_argument("--patients", type=int, default=12, help="of each row (default 12)")
    parser.add_argument("--sites", nargs="+", default=SITES)
    parser.add_argument("--regions", nargs="+", default=tuple(REGIONS))
    parser.add_argument("--out", type=Path, default=ROOT / "docs/results/sites.json")
    options = parser.parse_args()
    predictor = Predictor.load(options.model, batch_size=64)
    results: dict[str, dict] = {}
    for region, site in product(options.regions, options.sites):
        one = results.setdefault(region, {})[site] = score(predictor, draw_rows(site, region, options.patients))
        print(region, site, *(f"{name} {show_figure(found)}" for name, found in one.items()), sep=" | ", flush=True)
    options.out.write_text(
        json.dumps({"base": weights_digest(Path(options.model)), **results}, indent=2) + "\n", encoding="utf-8"
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
