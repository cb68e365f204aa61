"""Confidence that can be believed: fitted on validation patients, judged on those that the fit has not seen.

    radgrounder calibrate build/demo/model --data build/demo/dataset/refrad2d

Writes MODEL/calibration.json, which `Predictor.load` picks up, and calibration.svg: risk against coverage, for boxes
and for answers. A box is right if its IoU is at least 0.5, an answer if it equals the true one.
"""

import json
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from scipy.optimize import minimize
from scipy.special import expit

from radgrounder.evaluation.absence import choose_offset
from radgrounder.inference.confidence import (
    FILE,
    KINDS,
    Calibration,
    Generated,
    Scale,
    chance_of_box,
    log_odds,
)
from radgrounder.metrics.boxes import iou
from radgrounder.metrics.text import exact_match
from radgrounder.results.curves import draw_curves
from refrad2d.boxes import visible
from refrad2d.conversations import prompt, vqa_prompt
from refrad2d.grounding import parse
from refrad2d.labels import label_by_name
from refrad2d.system.files import write_text

if TYPE_CHECKING:
    from radgrounder.inference.predictor import Predictor

BINS = 10  # of the calibration error
RIGHT_IOU = 0.5
MAX_NEW_TOKENS = 64  # of a probe: a span costs about 20
LOST = 0.02  # share of the structures that are shown which may be called not visible
MIN_SLOPE = 1e-3  # a scale keeps the order of confidences, even where the less sure answers are the right ones

Confidences = Sequence[float] | np.ndarray
Judged = Sequence[bool] | np.ndarray  # is the answer right


def fit_scale(confidences: Confidences, right: Judged) -> Scale:
    """The scale of greatest likelihood; Platt's smoothed targets keep it finite.

    The slope stays positive. Without any item the identity.
    """
    x, y = log_odds(np.asarray(confidences, np.float64)), np.asarray(right, bool)
    if not len(x):
        return Scale()
    positive, negative = int(y.sum()), int((~y).sum())
    target = np.where(y, (positive + 1) / (positive + 2), 1 / (negative + 2))
    centre, width = x.mean(), x.std() + 1e-3  # confidences may lie close together and far from one half
    standard = (x - centre) / width

    def cost(weights: np.ndarray) -> tuple[float, np.ndarray]:
        """The mean cross entropy of slope and offset, and its gradient."""
        odds = weights[0] * standard + weights[1]
        error = expit(odds) - target
        gradient = np.array([np.mean(error * standard), np.mean(error)])
        return float(np.mean(np.logaddexp(0, odds) - target * odds)), gradient

    slope, offset = minimize(cost, np.zeros(2), jac=True, method="BFGS", options={"gtol": 1e-9}).x.tolist()
    slope = max(slope / width, MIN_SLOPE)
    return Scale(slope, offset - slope * centre)


def calibration_error(confidences: Confidences, right: Judged, *, bins: int = BINS) -> float:
    """Expected calibration error: |mean confidence − share right| over bins of equal width, weighted by their items
    (Guo et al. 2017). NaN without any item."""
    c, y = np.asarray(confidences, np.float64), np.asarray(right, np.float64)
    if not len(c):
        return float("nan")
    which = np.minimum((c * bins).astype(int), bins - 1)
    gaps = [abs(c[which == b].mean() - y[which == b].mean()) * (which == b).sum() for b in np.unique(which)]
    return float(sum(gaps) / len(c))


def risk_coverage(confidences: Confidences, right: Judged) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """(threshold, coverage, risk), one entry a distinct confidence, highest first: what share is answered at or above
    the threshold, and what share of that is wrong."""
    c, y = np.asarray(confidences, np.float64), np.asarray(right, np.float64)
    order = np.argsort(-c, kind="stable")
    c, wrong = c[order], np.cumsum(1 - y[order])
    last = np.flatnonzero(np.append(np.diff(c) != 0, True)) if len(c) else np.array([], int)
    return c[last], (last + 1) / max(len(c), 1), wrong[last] / (last + 1)


def choose_threshold(confidences: Confidences, right: Judged, *, risk: float) -> float:
    """The lowest confidence at which no more than `risk` of the answers are wrong; above 1 (never answer) if none."""
    thresholds, _, risks = risk_coverage(confidences, right)
    good = np.flatnonzero(risks <= risk)
    return float(thresholds[good[-1]]) if len(good) else 1.01


# The validation split


@dataclass(frozen=True)
class Probe:
    """A question with a known answer: `kind` box, answer or absent, `true` a box, a text or None."""

    kind: str
    image: Any
    prompt: str
    true: Any
    language: str
    patient: str


def probes(dataset: str, *, limit: int, split: str = "validation") -> list[Probe]:
    """At most `limit` locate prompts of structures that are shown, as many of absent ones, and as many questions of a
    split, drawn by hash. ValueError without the split."""
    from radgrounder.benchmarks.refrad2d import config_names, read_split

    found: list[Probe] = []
    for config, readers in (("grounded", (_locate_probes, _absent_probes)), ("vqa", (_question_probes,))):
        rows = list(read_split(dataset, config, split) or ()) if config in config_names(dataset) else []
        for read in readers:
            found += _draw([probe for row in rows for probe in read(row)], limit)
    if not found:
        raise ValueError(f"{dataset} has no {split} rows with boxes or questions. Give the refrad2d folder of a build.")
    return found


def _locate_probes(row: dict) -> Iterator[Probe]:
    for found in visible(row["objects"]):
        question = prompt("locate", "en", name=label_by_name(found["label"]).display("en"))
        yield Probe("box", row["image"], question, tuple(found["box"]), "en", row["patient"])


def _absent_probes(row: dict) -> Iterator[Probe]:
    for label in row.get("absent") or ():
        question = prompt("locate", "en", name=label_by_name(label).display("en"))
        yield Probe("absent", row["image"], question, None, "en", row["patient"])


def _question_probes(row: dict) -> Iterator[Probe]:
    for entry in row["vqa"]:
        yield Probe("answer", row["image"], vqa_prompt(entry), entry["answer"], entry["language"], row["patient"])


def _draw(items: list[Probe], limit: int) -> list[Probe]:
    order = sorted(range(len(items)), key=lambda n: sha256(f"{items[n].patient} {n}".encode()).digest())
    return [items[n] for n in sorted(order[:limit])]


def _ask(predictor: "Predictor", asked: Sequence[Probe], *, locate: bool) -> list[Generated]:
    images, prompts = [p.image for p in asked], [p.prompt for p in asked]
    return predictor.generate_scored(images, prompts, max_new_tokens=MAX_NEW_TOKENS, locate=locate)


def measure(predictor: "Predictor", asked: Sequence[Probe]) -> tuple[np.ndarray, np.ndarray]:
    """(confidence, right) of probes of one kind, decoded as in use, not calibrated; a box that is missing is wrong with
    confidence 0."""
    generated = _ask(predictor, asked, locate=asked[0].kind == "box")
    confidences, right = np.zeros(len(asked)), np.zeros(len(asked), bool)
    for n, (probe, one) in enumerate(zip(asked, generated, strict=True)):
        if probe.kind == "answer":
            confidences[n] = predictor.answer_confidence(one)
            right[n] = exact_match(parse(one.markup).text, probe.true, language=probe.language) == 1
        elif boxes := [span.box for span in parse(one.markup).spans]:
            confidences[n] = predictor.box_confidences(one, boxes)[0]
            right[n] = iou(boxes[0], probe.true) >= RIGHT_IOU
    return confidences, right


def summarise_absence(odds: np.ndarray, shown: np.ndarray, patients: Sequence[str]) -> dict[str, Any]:
    """The offset of `choose_offset`, and which shares get a box with it: of what is shown, and of what is not.

    `odds` are the log-odds of "not visible" (n,). Shares are of patients that the offset was not fitted on, None where
    a single one leaves nothing to fit on.
    """
    half = _halves(patients)
    offsets = np.full(len(odds), np.nan)
    for side in (0, 1):
        mine = half != side
        offsets[half == side] = choose_offset(odds[mine & shown], lost=LOST)
    boxed, one_patient = odds + offsets < 0, len(set(patients)) < 2
    return {
        "offset": choose_offset(odds[shown], lost=LOST),
        "n": int((~shown).sum()),
        "patients": len(set(patients)),
        "boxed_before": float((odds[~shown] < 0).mean()) if (~shown).any() else None,
        "boxed_after": float(boxed[~shown].mean()) if (~shown).any() and not one_patient else None,
        "shown_boxed_before": float((odds[shown] < 0).mean()) if shown.any() else None,
        "shown_boxed_after": float(boxed[shown].mean()) if shown.any() and not one_patient else None,
    }


def _halves(patients: Sequence[str]) -> np.ndarray:
    """0 or 1 of each item (n,): half of the patients, drawn by hash."""
    drawn = sorted(set(patients), key=lambda patient: sha256(patient.encode()).digest())
    side = {patient: number % 2 for number, patient in enumerate(drawn)}
    return np.array([side[patient] for patient in patients], int)


def cross_fit(confidences: np.ndarray, right: np.ndarray, patients: Sequence[str]) -> np.ndarray:
    """Every item calibrated by a scale fitted on the other half of the patients, so that the error is an honest one.

    NaN everywhere where a single patient leaves nothing to fit on.
    """
    half, out = _halves(patients), np.full(len(confidences), np.nan)
    if len(set(patients)) < 2:
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

    predictor, asked = Predictor.load(model, batch_size=batch_size), probes(dataset, limit=limit)
    predictor.calibration = Calibration()  # not what an earlier run left in the folder
    absent: dict[str, Any] = {}
    if any(probe.kind == "absent" for probe in asked):
        places = [probe for probe in asked if probe.kind != "answer"]
        odds = log_odds(1 - np.array([chance_of_box(one) for one in _ask(predictor, places, locate=False)]))
        shown = np.array([probe.kind == "box" for probe in places])
        absent = {"absent": summarise_absence(odds, shown, [probe.patient for probe in places])}
        predictor.calibration = Calibration(absent=absent["absent"]["offset"])  # boxes are judged as they are in use
    result: dict[str, Any] = {}
    curves = {}
    for kind in KINDS:
        mine = [probe for probe in asked if probe.kind == kind]
        if not mine:
            result[kind] = {**asdict(Scale()), "n": 0}
            continue
        confidences, right = measure(predictor, mine)
        result[kind] = summarise(confidences, right, [probe.patient for probe in mine], risk=risk)
        curves[kind] = risk_coverage(confidences, right)[1:]
    result |= absent
    write_text(model / FILE, json.dumps(result, indent=2) + "\n")
    write_text((model / FILE).with_suffix(".svg"), draw_curves(curves))
    return result
