"""Confidence that can be believed: fitted on validation patients, judged on those that the fit has not seen.

    python -m radgrounder.evaluation.calibrate build/demo/model --data build/demo/dataset/refrad2d

Writes MODEL/calibration.json, which `Predictor.load` picks up, and calibration.svg: risk against coverage, for boxes
and for answers. A box is right if its IoU is at least 0.5, an answer if it equals the true one.
"""

import argparse
import json
import sys
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from huggingface_hub import hf_hub_download
from huggingface_hub.errors import EntryNotFoundError

from radgrounder.metrics.boxes import iou
from radgrounder.metrics.text import exact_match
from refrad2d.conversations import MIN_LOCATE_PIXELS, prompt, vqa_prompt
from refrad2d.grounding import Box, parse
from refrad2d.labels import label_by_name
from refrad2d.windows import count_pixels

if TYPE_CHECKING:
    from radgrounder.inference.predictor import Predictor

FILE = "calibration.json"
BINS = 10  # of the calibration error
RIGHT_IOU = 0.5
KINDS = ("box", "answer")
MAX_NEW_TOKENS = 64  # of a probe: a span costs about 20
_EDGE = 1e-4  # log-odds of a confidence are taken no closer to 0 and 1 than this


@dataclass(frozen=True)
class Scale:
    """calibrated log-odds = slope · log-odds + offset (temperature 1 / slope; Platt 1999); the order stays."""

    slope: float = 1.0
    offset: float = 0.0

    def __call__(self, confidence: float) -> float:
        """The calibrated confidence, in [0, 1]."""
        return float(_sigmoid(self.slope * _log_odds(np.float64(confidence)) + self.offset))


@dataclass(frozen=True)
class Calibration:
    """One scale for boxes, one for answers."""

    box: Scale = Scale()
    answer: Scale = Scale()

    @classmethod
    def load(cls, model: str | Path) -> "Calibration":
        """That of a model folder or Hub name; without a calibration.json confidences stay as they are."""
        path = Path(model) / FILE
        if not Path(model).is_dir():
            try:
                path = Path(hf_hub_download(str(model), FILE))
            except EntryNotFoundError:
                return cls()
        if not path.is_file():
            return cls()
        stored = json.loads(path.read_text(encoding="utf-8"))
        return cls(**{kind: Scale(stored[kind]["slope"], stored[kind]["offset"]) for kind in KINDS})


def _log_odds(p: np.ndarray) -> np.ndarray:
    p = np.clip(p, _EDGE, 1 - _EDGE)
    return np.log(p / (1 - p))


def _sigmoid(x: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp(-x))


def fit_scale(confidences: Sequence[float], right: Sequence[bool]) -> Scale:
    """The scale of greatest likelihood; Platt's smoothed targets keep it finite.

    The slope stays positive. Without any item the identity.
    """
    import torch

    x, y = _log_odds(np.asarray(confidences, np.float64)), np.asarray(right, bool)
    if not len(x):
        return Scale()
    positive, negative = int(y.sum()), int((~y).sum())
    target = torch.from_numpy(np.where(y, (positive + 1) / (positive + 2), 1 / (negative + 2)))
    centre, width = x.mean(), x.std() + 1e-3  # confidences may lie close together and far from one half
    standard = torch.from_numpy((x - centre) / width)
    weights = torch.zeros(2, dtype=torch.float64, requires_grad=True)
    optimizer = torch.optim.LBFGS([weights], max_iter=200, line_search_fn="strong_wolfe")

    def loss() -> torch.Tensor:
        optimizer.zero_grad()
        cost = torch.nn.functional.binary_cross_entropy_with_logits(weights[0] * standard + weights[1], target)
        cost.backward()
        return cost

    optimizer.step(loss)
    slope, offset = weights.detach().tolist()
    slope = max(slope / width, 1e-3)
    return Scale(slope, offset - slope * centre)


def calibration_error(confidences: Sequence[float], right: Sequence[bool], *, bins: int = BINS) -> float:
    """Expected calibration error: |mean confidence − share right| over bins of equal width, weighted by their items
    (Guo et al. 2017). NaN without any item."""
    c, y = np.asarray(confidences, np.float64), np.asarray(right, np.float64)
    if not len(c):
        return float("nan")
    which = np.minimum((c * bins).astype(int), bins - 1)
    gaps = [abs(c[which == b].mean() - y[which == b].mean()) * (which == b).sum() for b in np.unique(which)]
    return float(sum(gaps) / len(c))


def risk_coverage(confidences: Sequence[float], right: Sequence[bool]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """(threshold, coverage, risk), one entry a distinct confidence, highest first: what share is answered at or above
    the threshold, and what share of that is wrong."""
    c, y = np.asarray(confidences, np.float64), np.asarray(right, np.float64)
    order = np.argsort(-c, kind="stable")
    c, wrong = c[order], np.cumsum(1 - y[order])
    last = np.flatnonzero(np.append(np.diff(c) != 0, True)) if len(c) else np.array([], int)
    return c[last], (last + 1) / max(len(c), 1), wrong[last] / (last + 1)


def choose_threshold(confidences: Sequence[float], right: Sequence[bool], *, risk: float) -> float:
    """The lowest confidence at which no more than `risk` of the answers are wrong; above 1 (never answer) if none."""
    thresholds, _, risks = risk_coverage(confidences, right)
    good = np.flatnonzero(risks <= risk)
    return float(thresholds[good[-1]]) if len(good) else 1.01


# Confidence of a generated text


def answer_confidence(probabilities: Sequence[float]) -> float:
    """The probability of an answer: the product over its tokens, the end token among them. 0 for no token."""
    return float(np.prod(probabilities)) if len(probabilities) else 0.0


def box_confidences(
    bins: Sequence[int | None], probabilities: Sequence[float], boxes: Sequence[Box], decode: Any
) -> list[float]:
    """One confidence a box: the mean probability of its four coordinate tokens.

    `bins` has the coordinate of every token, None for others; runs of four that are no box of the text (unreadable
    markup) are passed over. `decode` makes a box of four bins.
    """
    runs = []
    for n in range(len(bins) - 3):
        if all(b is not None for b in bins[n : n + 4]) and (n == 0 or bins[n - 1] is None):
            runs.append((decode(bins[n : n + 4]), float(np.mean(probabilities[n : n + 4]))))
    found, at = [], 0
    for box in boxes:
        while at < len(runs) and runs[at][0] != box:
            at += 1
        found.append(runs[at][1] if at < len(runs) else 0.0)
        at += 1
    return found


# The validation split


@dataclass(frozen=True)
class Probe:
    """A question with a known answer: `kind` box or answer, `true` a box or a text."""

    kind: str
    image: Any
    prompt: str
    true: Any
    language: str
    patient: str


def probes(dataset: str, *, limit: int, split: str = "validation") -> list[Probe]:
    """At most `limit` locate prompts and as many questions of a split, drawn by hash. ValueError without the split."""
    from datasets import get_dataset_config_names, load_dataset

    found: list[Probe] = []
    for config, read in (("grounded", _locate_probes), ("vqa", _question_probes)):
        if config not in get_dataset_config_names(dataset):
            continue
        rows = load_dataset(dataset, config)
        if split in rows:
            found += _draw([probe for row in rows[split] for probe in read(row)], limit)
    if not found:
        raise ValueError(f"{dataset} has no {split} rows with boxes or questions. Give the refrad2d folder of a build.")
    return found


def _locate_probes(row: dict) -> Iterator[Probe]:
    sizes = count_pixels(row["mask"])
    for found in row["objects"]:
        label = label_by_name(found["label"])
        if sizes[label.id] >= MIN_LOCATE_PIXELS:
            question = prompt("locate", "en", name=label.display("en"))
            yield Probe("box", row["image"], question, tuple(found["box"]), "en", row["patient"])


def _question_probes(row: dict) -> Iterator[Probe]:
    for entry in row["vqa"]:
        yield Probe("answer", row["image"], vqa_prompt(entry), entry["answer"], entry["language"], row["patient"])


def _draw(items: list[Probe], limit: int) -> list[Probe]:
    order = sorted(range(len(items)), key=lambda n: sha256(f"{items[n].patient} {n}".encode()).digest())
    return [items[n] for n in sorted(order[:limit])]


def measure(predictor: "Predictor", asked: Sequence[Probe]) -> tuple[np.ndarray, np.ndarray]:
    """(confidence, right) of each probe, before calibration; a box that is missing is wrong with confidence 0."""
    images, prompts = [p.image for p in asked], [p.prompt for p in asked]
    generated = predictor.generate_scored(images, prompts, max_new_tokens=MAX_NEW_TOKENS)
    confidences, right = np.zeros(len(asked)), np.zeros(len(asked), bool)
    for n, (probe, one) in enumerate(zip(asked, generated, strict=True)):
        if probe.kind == "answer":
            confidences[n] = predictor.answer_confidence(one)
            right[n] = exact_match(parse(one.markup).text, probe.true, language=probe.language) == 1
        elif boxes := [span.box for span in parse(one.markup).spans]:
            confidences[n] = predictor.box_confidences(one, boxes)[0]
            right[n] = iou(boxes[0], probe.true) >= RIGHT_IOU
    return confidences, right


def cross_fit(confidences: np.ndarray, right: np.ndarray, patients: Sequence[str]) -> np.ndarray:
    """Every item calibrated by a scale fitted on the other half of the patients, so that the error is an honest one.

    NaN everywhere where a single patient leaves nothing to fit on.
    """
    drawn = sorted(set(patients), key=lambda patient: sha256(patient.encode()).digest())
    half = np.array([drawn.index(patient) % 2 for patient in patients])
    out = np.full(len(confidences), np.nan)
    if len(drawn) < 2:
        return out
    for side in (0, 1):
        scale = fit_scale(confidences[half != side], right[half != side])
        out[half == side] = [scale(c) for c in confidences[half == side]]
    return out


def summarise(confidences: np.ndarray, right: np.ndarray, patients: Sequence[str], *, risk: float) -> dict[str, Any]:
    """The scale of one kind with its calibration error before and after, and the threshold that keeps the risk."""
    scale = fit_scale(confidences, right)
    held_out = cross_fit(confidences, right, patients)
    threshold = choose_threshold([scale(c) for c in confidences], right, risk=risk)
    answered = np.array([scale(c) for c in confidences]) >= threshold
    return {
        **asdict(scale),
        "n": len(right),
        "patients": len(set(patients)),
        "right": float(right.mean()),
        "ece_before": calibration_error(confidences, right),
        "ece_after": None if np.isnan(held_out).any() else calibration_error(held_out, right),
        "abstain_below": threshold,
        "risk_wanted": risk,
        "coverage": float(answered.mean()),
    }


def run(model: Path, dataset: str, *, limit: int = 400, risk: float = 0.1, batch_size: int = 16) -> dict[str, Any]:
    """Calibrate a model folder on its dataset's validation patients; returns what calibration.json holds."""
    from radgrounder.inference.predictor import Predictor

    asked = probes(dataset, limit=limit)
    confidences, right = measure(Predictor.load(model, batch_size=batch_size), asked)
    result: dict[str, Any] = {}
    curves = {}
    for kind in KINDS:
        mine = np.array([probe.kind == kind for probe in asked])
        patients = [probe.patient for probe in asked if probe.kind == kind]
        if not mine.any():
            result[kind] = {**asdict(Scale()), "n": 0}
            continue
        result[kind] = summarise(confidences[mine], right[mine], patients, risk=risk)
        curves[kind] = risk_coverage(confidences[mine], right[mine])[1:]
    (model / FILE).write_text(json.dumps(result, indent=2) + "\n", encoding="utf-8")
    (model / FILE).with_suffix(".svg").write_text(draw_curves(curves), encoding="utf-8")
    return result


def draw_curves(curves: dict[str, tuple[np.ndarray, np.ndarray]], *, width: int = 480, height: int = 320) -> str:
    """An SVG of risk (upwards) against coverage (rightwards), a line a kind."""
    colours = dict(zip(KINDS, ("#1f6feb", "#d1242f"), strict=True))
    left, top = 48, 16
    inner_width, inner_height = width - left - 16, height - top - 44
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" font-family="sans-serif" '
        'font-size="12">',
        f'<rect width="{width}" height="{height}" fill="white"/>',
        f'<path d="M{left} {top}v{inner_height}h{inner_width}" fill="none" stroke="#57606a"/>',
        f'<text x="{left + inner_width / 2}" y="{height - 8}" text-anchor="middle">coverage (share answered)</text>',
        f'<text transform="translate(14 {top + inner_height / 2}) rotate(-90)" text-anchor="middle">'
        "risk (share wrong)</text>",
    ]
    for tick in (0, 0.5, 1):
        x, y = left + tick * inner_width, top + (1 - tick) * inner_height
        parts.append(f'<text x="{x}" y="{height - 26}" text-anchor="middle">{tick:g}</text>')
        parts.append(f'<text x="{left - 6}" y="{y + 4}" text-anchor="end">{tick:g}</text>')
    for number, (kind, (coverage, risk)) in enumerate(curves.items()):
        points = " ".join(
            f"{left + c * inner_width:.1f},{top + (1 - r) * inner_height:.1f}"
            for c, r in zip(coverage, risk, strict=True)
        )
        parts.append(f'<polyline points="{points}" fill="none" stroke="{colours[kind]}" stroke-width="2"/>')
        parts.append(f'<text x="{left + 12}" y="{top + 14 + 16 * number}" fill="{colours[kind]}">{kind}</text>')
    return "\n".join([*parts, "</svg>", ""])


def main(argv: Sequence[str] | None = None) -> int:
    """Calibrate a model folder and print its figures."""
    parser = argparse.ArgumentParser(prog="python -m radgrounder.evaluation.calibrate", description=__doc__)
    parser.add_argument("model", type=Path, metavar="MODEL")
    parser.add_argument("--data", required=True, metavar="DATASET")
    parser.add_argument("--limit", type=int, default=400, help="boxes and questions asked of each (default 400)")
    parser.add_argument("--risk", type=float, default=0.1, help="share of wrong answers to stay below (default 0.1)")
    parser.add_argument("--batch-size", type=int, default=16)
    options = parser.parse_args(argv)
    try:
        result = run(options.model, options.data, limit=options.limit, risk=options.risk, batch_size=options.batch_size)
    except ValueError as error:
        print(f"calibrate: error: {error}", file=sys.stderr)
        return 2
    for kind, figures in result.items():
        print(f"{kind}: " + ", ".join(f"{name} {value:.4g}" for name, value in figures.items() if value is not None))
    return 0


if __name__ == "__main__":
    sys.exit(main())
