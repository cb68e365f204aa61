"""What a tower knows, on new patients: which sentences it finds for a slice, and which findings can be read off it.

    radgrounder contrast-judge build/contrast/model --base sft/bases/nano --data build/masks/data --out build/judged

Retrieval: all sentences of the test split, each once, are ranked for a slice; one that is true of it is a hit, one of
which nobody knows is left out (`truth`). Beside it what chance gives, and a ranking of the region's sentences by how
often they are true of training slices, which looks at no picture.

Probe: a linear classifier of each finding on the tower's tokens, mean and maximum over the places, fitted on validation
patients, on whom nothing was adapted, and judged on test patients by the area under the ROC curve; among slices of the
regions in which the finding occurs.
"""

import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import comb
from pathlib import Path
from typing import Any

import numpy as np
import torch
from scipy.optimize import minimize
from torch.nn import functional
from transformers import SiglipVisionModel

from radgrounder.benchmarks.refrad2d import read_split
from radgrounder.contrast.pairs import Pairs, Slice, Study, encode_texts, read_pairs, truth_table
from radgrounder.contrast.towers import Towers, load_tower, load_towers, random_tower
from radgrounder.contrast.truth import Sentence, Truth
from radgrounder.metrics.intervals import LEVEL, Figure, figure
from radgrounder.models.fingerprint import weights_digest
from refrad2d.labels import LANGUAGES
from refrad2d.system.files import write_text
from refrad2d.system.markdown import table

RANKS = (1, 5)
BATCH = 32
RIDGE = 30.0  # weight of the probe's squared weights beside the sum of its losses
LEAST_PATIENTS = 5  # with a finding, in either split, for it to be probed
DRAWS = 2000  # of the intervals of the probe

Figures = dict[str, dict[str, float | int | None]]


def run(model: Path, base: Path, data: str, out: Path, *, control: Path | None = None, seed: int = 0) -> dict[str, Any]:
    """Judge the tower of `model`, which `learning.run` made of `base`, and write OUT/contrast.json and contrast.md.

    `control` is a model made alike whose tower was kept as it was (`tower_share` 0): what head and text tower alone
    find. ValueError if a folder is none of these, or the dataset lacks a split.
    """
    train, fit, test = (read_pairs(read_split(data, "grounded", split)) for split in ("train", "validation", "test"))
    towers = {"adapted": load_towers(model)} | ({"before": load_towers(control)} if control else {})
    before = load_tower(base)
    eyes: dict[str, SiglipVisionModel] = {
        "adapted": load_tower(model), "before": before, "random": random_tower(before, seed=seed)
    }  # fmt: skip
    images = towers["adapted"].image_processor
    features = {name: (look(eye, images, fit), look(eye, images, test)) for name, eye in eyes.items()}
    result = {
        "base": weights_digest(base),
        "adapted": json.loads((model / "contrast.json").read_text(encoding="utf-8")),
        "patients": len({found.facts.patient for found in test.slices}),
        "slices": len(test),
        "retrieval": {language: retrieve(towers, train, test, language) for language in LANGUAGES},
        "probe": probe(features, fit.slices, test.slices, seed=seed),
    }
    out.mkdir(parents=True, exist_ok=True)
    write_text(out / "contrast.json", json.dumps(result, indent=2) + "\n")
    write_text(out / "contrast.md", format_judged(result))
    return result


# Retrieval


def retrieve(towers: Mapping[str, Towers], train: Pairs, test: Pairs, language: str) -> dict[str, Any]:
    """R@1 and R@5 of each model, of chance and of the region's most frequent sentences; differences from the latter."""
    origins: dict[str, tuple[Sentence, set[Study]]] = {}
    for found in test.slices:
        for sentence in found.sentences:
            if sentence.language == language:
                origins.setdefault(sentence.key, (sentence, set()))[1].add(found.study)
    candidates = list(origins.values())
    truths = truth_table(test.slices, candidates)
    asked = np.flatnonzero((truths == Truth.TRUE).any(axis=1)).tolist()
    who = [test.slices[n].facts.patient for n in asked]
    hits: dict[str, np.ndarray] = {"chance": np.array([chance(truths[n]) for n in asked]).reshape(-1, len(RANKS))}
    ranked = {"region": _region_scores(train.slices, test.slices, [sentence for sentence, _ in candidates])}
    for name, pair in towers.items():
        texts = read(pair, [sentence.text for sentence, _ in candidates])
        ranked[name] = (see(pair, test) @ texts.T).numpy()
    hits |= {name: np.array([hit(scores[n], truths[n]) for n in asked]) for name, scores in ranked.items()}
    names = [f"R@{k}" for k in RANKS]
    return {
        "candidates": len(candidates),
        "slices": len(asked),
        **{name: _columns(names, values, who) for name, values in hits.items()},
        "adapted - region": _columns(names, hits["adapted"] - hits["region"], who),
        **({"adapted - before": _columns(names, hits["adapted"] - hits["before"], who)} if "before" in hits else {}),
    }


def _columns(names: Sequence[str], values: np.ndarray, who: Sequence[str]) -> Figures:
    return {name: figure(values[:, n].tolist(), who).as_dict() for n, name in enumerate(names)}


def hit(scores: np.ndarray, truths: np.ndarray) -> list[float]:
    """Of one slice: is a true sentence among the first k? Scores and `Truth` of all candidates (n,)."""
    known = np.flatnonzero(truths != Truth.UNKNOWN)
    order = known[np.argsort(-scores[known], kind="stable")]
    return [float((truths[order[:k]] == Truth.TRUE).any()) for k in RANKS]


def chance(truths: np.ndarray) -> list[float]:
    """The same of a ranking at random."""
    right, wrong = int((truths == Truth.TRUE).sum()), int((truths == Truth.FALSE).sum())
    return [1.0 - comb(wrong, k) / comb(right + wrong, k) if right + wrong >= k else 1.0 for k in RANKS]


def _region_scores(train: Sequence[Slice], test: Sequence[Slice], candidates: Sequence[Sentence]) -> np.ndarray:
    """(slices, candidates): how many training slices of the slice's region state the sentence."""
    told: dict[tuple[str, str], dict[str, int]] = defaultdict(lambda: defaultdict(int))
    for found in train:
        for text in found.facts.texts:
            told[found.region][text] += 1
    return np.array([[told[found.region].get(one.key, 0) for one in candidates] for found in test], float)


@torch.no_grad()
def see(towers: Towers, pairs: Pairs) -> torch.Tensor:
    """(slices, W) normalised embeddings of pictures."""
    parts = [towers.model.vision_model(pixel_values=p).pooler_output for p in _batches(towers.image_processor, pairs)]
    return functional.normalize(torch.cat(parts), dim=-1)


@torch.no_grad()
def read(towers: Towers, texts: Sequence[str]) -> torch.Tensor:
    """(texts, W) normalised embeddings of sentences."""
    ids = encode_texts(towers.tokenizer, texts, towers.length)
    parts = [towers.model.text_model(input_ids=part).pooler_output for part in ids.split(4 * BATCH)]
    return functional.normalize(torch.cat(parts), dim=-1)


def _batches(image_processor: Any, pairs: Pairs) -> Any:
    for start in range(0, len(pairs), BATCH):
        images = [pairs[n]["image"] for n in range(start, min(len(pairs), start + BATCH))]
        yield image_processor(images, return_tensors="pt")["pixel_values"]


# Probe


@torch.no_grad()
def look(tower: SiglipVisionModel, image_processor: Any, pairs: Pairs) -> np.ndarray:
    """(slices, 2 W): mean and maximum of a tower's tokens over the places."""
    found = []
    for pixels in _batches(image_processor, pairs):
        tokens = tower(pixel_values=pixels).last_hidden_state
        found.append(torch.cat([tokens.mean(dim=1), tokens.amax(dim=1)], dim=1))
    return torch.cat(found).numpy().astype(np.float64)


@dataclass(frozen=True)
class Probed:
    """A finding's slices in both splits, and which of them have it."""

    fit: np.ndarray
    fit_has: np.ndarray
    test: np.ndarray
    test_has: np.ndarray


def probe(
    features: Mapping[str, tuple[np.ndarray, np.ndarray]], fit: Sequence[Slice], test: Sequence[Slice], *, seed: int
) -> dict[str, Any]:
    """The area under the ROC curve of each finding and their mean, by tower, and its differences; whole patients are
    drawn for the intervals. `features` are those of both splits by tower."""
    asked = findings_of(fit, test)
    draws = _draw_patients([found.facts.patient for found in test], seed)
    drawn: dict[str, np.ndarray] = {}
    result: dict[str, Any] = {"findings": {name: int(one.test_has.sum()) for name, one in asked.items()}}
    for tower, (seen, new) in features.items():
        areas = []
        by_finding = {}
        for name, one in asked.items():
            scores = fit_probe(seen[one.fit], one.fit_has, new[one.test])
            by_finding[name] = float(weighted_auc(scores, one.test_has, np.ones((1, len(scores))))[0])
            areas.append(weighted_auc(scores, one.test_has, draws[:, one.test]))
        drawn[tower] = np.nanmean(np.array(areas), axis=0) if areas else np.full(len(draws), np.nan)
        mean = float(np.mean(list(by_finding.values()))) if by_finding else None
        result[tower] = {"mean": _figure(mean, drawn[tower], len(asked)), "by finding": by_finding}
    for first, second in (("adapted", "before"), ("adapted", "random"), ("before", "random")):
        means = [result[tower]["mean"]["mean"] for tower in (first, second)]
        gap = None if None in means else means[0] - means[1]
        result[f"{first} - {second}"] = _figure(gap, drawn[first] - drawn[second], len(asked))
    return result


def _figure(mean: float | None, drawn: np.ndarray, n: int) -> dict[str, float | int | None]:
    if mean is None:
        return Figure(None, None, None, 0).as_dict()
    tail = (1 - LEVEL) / 2
    low, high = np.nanquantile(drawn, (tail, 1 - tail)).tolist()
    return Figure(mean, low, high, n).as_dict()


def findings_of(fit: Sequence[Slice], test: Sequence[Slice]) -> dict[str, Probed]:
    """The findings that enough patients have in both splits, in alphabetical order, and their slices: those of the
    regions where the fitting split has it, without those whose report doubts it."""
    names = sorted({claim.name for found in fit for claim in found.facts.claims if claim.group != "state"})
    made = {}
    for name in names:
        regions = {found.region for found in fit if _has(found, name)}
        parts: list[np.ndarray] = []
        patients = []
        for split in (fit, test):
            kept = [n for n, found in enumerate(split) if found.region in regions and _has(found, name) is not None]
            parts += [np.array(kept, int), np.array([bool(_has(split[n], name)) for n in kept])]
            patients.append(len({split[n].facts.patient for n in kept if _has(split[n], name)}))
        if min(patients) >= LEAST_PATIENTS and not any(part.all() for part in parts[1::2]):
            made[name] = Probed(*parts)
    return made


def _has(found: Slice, name: str) -> bool | None:
    """Whether a slice's report affirms a finding, None if it doubts it."""
    said = {claim.holds for claim in found.facts.claims if claim.name == name}
    return True if True in said else None if None in said else False


def fit_probe(seen: np.ndarray, has: np.ndarray, new: np.ndarray) -> np.ndarray:
    """Scores (m,) of new slices by a logistic regression with a ridge; features (n, F) are standardised by those
    seen, `has` (n,) bool."""
    mean, scale = seen.mean(axis=0), seen.std(axis=0) + 1e-6
    x, sign = (seen - mean) / scale, np.where(has, 1.0, -1.0)

    def loss(weights: np.ndarray) -> tuple[float, np.ndarray]:
        margin = sign * (x @ weights[:-1] + weights[-1])
        pull = -sign / (1 + np.exp(np.clip(margin, -50, 50)))
        gradient = np.append(x.T @ pull + RIDGE * weights[:-1], pull.sum())
        return float(np.logaddexp(0, -margin).sum() + RIDGE / 2 * weights[:-1] @ weights[:-1]), gradient

    weights = minimize(loss, np.zeros(x.shape[1] + 1), jac=True, method="L-BFGS-B", options={"maxiter": 200}).x
    scores: np.ndarray = (new - mean) / scale @ weights[:-1]
    return scores


def weighted_auc(scores: np.ndarray, has: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """The area under the ROC curve by draw (draws,), where a slice counts `weights` (draws, n) times; NaN where a draw
    lacks one kind."""
    order = (scores[has][:, None] > scores[~has]) + 0.5 * (scores[has][:, None] == scores[~has])
    with_it, without = weights[:, has].astype(float), weights[:, ~has].astype(float)
    total = with_it.sum(axis=1) * without.sum(axis=1)
    won = ((with_it @ order) * without).sum(axis=1)
    return np.divide(won, total, out=np.full(len(weights), np.nan), where=total > 0)


def _draw_patients(patients: Sequence[str], seed: int) -> np.ndarray:
    """(DRAWS, slices): how often each slice counts when whole patients are drawn."""
    _, codes = np.unique(patients, return_inverse=True)
    count = int(codes.max()) + 1
    return np.random.default_rng(seed).multinomial(count, np.full(count, 1 / count), size=DRAWS)[:, codes]


# Print


def format_judged(result: Mapping[str, Any]) -> str:
    """Both tables as Markdown."""
    rows = []
    for language, found in result["retrieval"].items():
        for name, by in found.items():
            if isinstance(by, dict):
                rows.append([language, name, *(show(by[f"R@{k}"]) for k in RANKS)])
    retrieval = table(["language", "sentences ranked by", *(f"R@{k}" for k in RANKS)], rows)
    names = list(result["probe"]["findings"])
    lines = [
        [tower, show(one["mean"]) if "mean" in one and isinstance(one["mean"], dict) else show(one),
         *(f"{one['by finding'][name]:.3f}" if "by finding" in one else "" for name in names)]
        for tower, one in result["probe"].items() if tower != "findings"
    ]  # fmt: skip
    counts = [f"{name} ({n})" for name, n in result["probe"]["findings"].items()]
    sizes = ", ".join(f"{found['candidates']} {language}" for language, found in result["retrieval"].items())
    return (
        f"{result['patients']} new patients, {result['slices']} slices; candidates: {sizes} sentences.\n\n"
        f"{retrieval}\n\nProbe, area under the ROC curve, findings with their slices:\n\n"
        f"{table(['tower', 'mean', *counts], lines)}"
    )


def show(found: Mapping[str, Any]) -> str:
    """0.123 [0.100, 0.150]."""
    if found["mean"] is None:
        return "–"
    interval = "" if found["low"] is None else f" [{found['low']:.3f}, {found['high']:.3f}]"
    return f"{found['mean']:.3f}{interval}"
