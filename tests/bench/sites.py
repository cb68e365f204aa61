"""How well the base finds its way by region and site: `python -m tests.bench.sites`.

Two fresh slices each of so many new patients of every region at every site, the demo's region too, which the base has
never seen; none of these slices is drawn by pretraining, base-results or the demo. Locate prompt, decoded as in use.
Controls are made as `radgrounder eval` makes them: the mean box of a class in a plane over other patients of the same
region and site, and the same questions asked of another patient's picture of the same plane. What the base is better
by is paired. Results go to docs/results/sites.json; about ten minutes of one core.
"""

import argparse
import json
import sys
from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import product
from math import isnan, nan, sqrt
from pathlib import Path

import numpy as np
from PIL import Image

from radgrounder.benchmarks.priors import average_boxes, partners
from radgrounder.benchmarks.refrad2d import eligible
from radgrounder.inference.predictor import Predictor
from radgrounder.metrics.boxes import iou
from radgrounder.metrics.intervals import figures, resample_means
from radgrounder.models.fingerprint import weights_digest
from radgrounder.pretraining.pool import SLICES_OF_STUDY, draw_row
from radgrounder.results.comparison import show_figure
from refrad2d.boxes import objects
from refrad2d.conversations import prompt
from refrad2d.grounding import Box, parse
from refrad2d.labels import label_by_name
from refrad2d.phantom import REGIONS, draw_series, make_patient, render_grid
from refrad2d.windows import IMAGE_SIZE
from tests.fixtures.paths import ROOT

FIRST = 850_000_000  # seeds that neither pretraining nor base-results draw
OTHERS, OTHER_SLICES = 95_000_000, 4  # patients of the mean boxes, numbered from here; slices of each
SITES = ("A", "B", "C")
UNSEEN = "pelvis_mr"  # by the base
LARGE = 16  # pixels of the image: side of a square as large as the box
KINDS = ("base", "large", "mean box", "shuffled", "above mean box", "above shuffled")

Scores = Mapping[str, Sequence[float]]  # by kind, one a question, NaN where a kind does not score it


def draw_rows(site: str, region: str, patients: int) -> list[dict]:
    """Two slices of each patient, pictures as a dataset has them."""
    rows = []
    for seed in range(FIRST, FIRST + SLICES_OF_STUDY * patients, SLICES_OF_STUDY // 2):
        row = draw_row(seed, sites=(site,), regions=(region,))
        rows.append({**row, "image": Image.fromarray(row["image"])})
    return rows


def mean_boxes(site: str, region: str, patients: int) -> dict[tuple[str, str], Box]:
    """The mean box of every (class, plane) over slices that lie evenly in a series of so many other patients."""
    place, boxes = REGIONS[region], []
    for number in range(OTHERS, OTHERS + patients):
        patient, rng = make_patient(number, site, parts=place.parts), np.random.default_rng(number)
        series = draw_series(patient, rng, region=region)
        for at in (np.arange(OTHER_SLICES) + rng.random()) / OTHER_SLICES * len(series.positions):
            drawn = render_grid(patient, replace(series, size=IMAGE_SIZE).grid(int(at)), series.protocol, rng)
            shown = eligible({"objects": objects(place.select(drawn.mask))})
            boxes += [((label, series.plane), box) for label, box in shown]
    return average_boxes(boxes)


def find(predictor: Predictor, pictures: Sequence[Image.Image], names: Sequence[str]) -> list[Box | None]:
    """The box that is drawn for each name in the picture beside it, None where none is."""
    answers = predictor.generate(pictures, [prompt("locate", "en", name=name) for name in names], locate=True)
    spans = [parse(answer).spans for answer in answers]
    return [found[0].box if found else None for found in spans]


def score(predictor: Predictor, rows: Sequence[dict], prior: Mapping[tuple[str, str], Box]) -> tuple[Scores, list[str]]:
    """IoU of the base and its controls on every question, what the base is better by, and the patient of each.

    A class without a mean box scores 0 there, as in eval; a slice without a counterpart is not asked of another's.
    """
    asked = [(row, label, box) for row in rows for label, box in eligible(row)]
    names = [label_by_name(label).english for _, label, _ in asked]
    true = [box for *_, box in asked]
    base = _overlap(find(predictor, [row["image"] for row, *_ in asked], names), true)
    mean = _overlap([prior.get((label, row["plane"])) for row, label, _ in asked], true)
    partner, by_id = partners(rows, 0), {row["id"]: row for row in rows}
    other = [by_id[partner.get(row["id"], row["id"])] for row, *_ in asked]
    alone = np.array([row["id"] not in partner for row, *_ in asked])
    shuffled = np.where(alone, nan, _overlap(find(predictor, [row["image"] for row in other], names), true))
    large = np.array([IMAGE_SIZE * sqrt(_area(box)) >= LARGE for box in true])
    values = (base, np.where(large, base, nan), mean, shuffled, base - mean, base - shuffled)
    return dict(zip(KINDS, values, strict=True)), [row["patient"] for row, *_ in asked]


def _overlap(boxes: Sequence[Box | None], true: Sequence[Box]) -> np.ndarray:
    return np.array([iou(*pair) for pair in zip(boxes, true, strict=True)])


def _area(box: Box) -> float:
    return (box[2] - box[0]) * (box[3] - box[1])


def summarise(scores: Scores, patients: Sequence[str]) -> dict[str, dict]:
    """A figure a kind."""
    columns = figures(np.column_stack([scores[kind] for kind in KINDS]), patients)
    return {kind: one.as_dict() for kind, one in zip(KINDS, columns, strict=True)}


def mean_of_regions(regions: Sequence[tuple[Scores, Sequence[str]]]) -> dict[str, dict]:
    """The plain mean of the regions' means, a figure a kind; a patient is drawn with what all regions have of him."""
    patients = [one for _, of in regions for one in of]
    where = np.repeat(np.arange(len(regions)), [len(of) for _, of in regions])
    found = {}
    for kind in KINDS:
        values = np.concatenate([scores[kind] for scores, _ in regions])
        table = np.where(where[:, None] == np.arange(len(regions)), values[:, None], nan)
        low, high = np.nanpercentile(np.nanmean(resample_means(table, patients), axis=1), (2.5, 97.5))
        number = sum(not isnan(value) for value in values)
        mean = float(np.nanmean(table, axis=0).mean())
        found[kind] = {"mean": mean, "low": float(low), "high": float(high), "n": number}
    return found


def main() -> int:
    """Measure, print and write the file."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", type=Path, default=ROOT / "sft/bases/nano")
    parser.add_argument("--patients", type=int, default=12, help="of each row (default 12)")
    parser.add_argument("--others", type=int, default=60, help="patients of the mean boxes of each row (default 60)")
    parser.add_argument("--sites", nargs="+", default=SITES)
    parser.add_argument("--regions", nargs="+", default=tuple(REGIONS))
    parser.add_argument("--out", type=Path, default=ROOT / "docs/results/sites.json")
    options = parser.parse_args()
    predictor = Predictor.load(options.model, batch_size=64)
    scored, results = {}, {}
    for region, site in product(options.regions, options.sites):
        prior = mean_boxes(site, region, options.others)
        one = scored[region, site] = score(predictor, draw_rows(site, region, options.patients), prior)
        results.setdefault(region, {})[site] = _show(region, site, summarise(*one))
    known = [region for region in options.regions if region != UNSEEN]
    if len(known) > 1:
        name = f"mean of {len(known)} known regions"
        results[name] = {
            site: _show(name, site, mean_of_regions([scored[region, site] for region in known]))
            for site in options.sites
        }
    options.out.write_text(
        json.dumps({"base": weights_digest(Path(options.model)), **results}, indent=2) + "\n", encoding="utf-8"
    )
    return 0


def _show(region: str, site: str, found: dict[str, dict]) -> dict[str, dict]:
    print(region, site, *(f"{kind} {show_figure(one)}" for kind, one in found.items()), sep=" | ", flush=True)
    return found


if __name__ == "__main__":
    sys.exit(main())
