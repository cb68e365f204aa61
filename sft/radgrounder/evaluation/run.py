"""Evaluate a model on a benchmark: ask, score, put intervals on every figure, write the tables.

    radgrounder eval --model MODEL --benchmark refrad2d --data build/demo/dataset/refrad2d --out OUT

OUT gets predictions.jsonl (a run that was cut off goes on from it), results.json, table.md, model-index.yaml and
gallery.html.
"""

import logging
import time
from collections.abc import Mapping
from copy import copy
from dataclasses import dataclass, field, fields, replace
from importlib.metadata import version
from pathlib import Path
from typing import Any

from radgrounder.benchmarks.base import OTHER, Benchmark, load_benchmark
from radgrounder.evaluation.absence import absence_auc, absence_curve
from radgrounder.evaluation.answers import Answered, Generator, ask, identify, read_foreign
from radgrounder.evaluation.llmscore import Grader
from radgrounder.evaluation.scoring import score_answers
from radgrounder.evaluation.summary import summarise, summarise_findings
from radgrounder.evaluation.writing import PREDICTIONS, write_figures, write_views
from radgrounder.inference.tasks import REPORT_SAMPLES
from radgrounder.metrics.embeddings import Embedder
from radgrounder.metrics.intervals import SAMPLES
from radgrounder.results.tables import holds_figures

log = logging.getLogger(__name__)

PACKAGES = ("refrad2d", "torch", "transformers", "datasets", "numpy")


@dataclass(frozen=True, kw_only=True)
class Settings:
    """How an evaluation is run.

    `model` is the folder or name that results.json states. `predictions` is a file of rows {"id", "output"} from
    elsewhere, read where there is no predictor. `report_samples` is how many a report is the consensus of, `samples`
    how many draws an interval has. Without `controls` the model is asked none of those that need it (blank or shuffled
    pictures): for runs that are read beside one that has them. An `embedder` adds the paper's G-IoU, a `grader`
    LLMScore. `limit` bounds the slices or questions, `options` are of the benchmark (`text_only`, `split`,
    `languages`). `beside` are sections of results.json that were measured before.
    """

    model: str = ""
    predictions: Path | None = None
    limit: int | None = None
    batch_size: int = 16
    report_samples: int = REPORT_SAMPLES
    controls: bool = True
    seed: int = 0
    samples: int = SAMPLES
    embedder: Embedder | None = None
    grader: Grader | None = None
    options: Mapping[str, Any] = field(default_factory=dict)
    beside: Mapping[str, Any] = field(default_factory=dict)


def run(predictor: Generator | None, benchmark: str, data: str, out: Path, **given: Any) -> dict[str, Any]:
    """`evaluate` by keywords: the fields of `Settings`; all others are options of the benchmark."""
    names = {known.name for known in fields(Settings)}
    chosen = {name: value for name, value in given.items() if name in names}
    options = {name: value for name, value in given.items() if name not in names}
    return evaluate(predictor, benchmark, data, out, Settings(**{"options": options, **chosen}))


def evaluate(predictor: Generator | None, benchmark: str, data: str, out: Path, settings: Settings) -> dict[str, Any]:
    """Evaluate a `predictor`, or predictions from elsewhere, on the benchmark over `data`, and return results.json.

    Answers in OUT/predictions.jsonl are reused if they came from the same weights and the same way to report.
    ValueError if data, options or file do not fit.
    """
    began = time.monotonic()
    rows = load_benchmark(benchmark, data, limit=settings.limit, seed=settings.seed, **settings.options)
    if not settings.controls:
        rows = replace(rows, items=[item for item in rows.items if not item.control or item.given is not None])
    for note in rows.notes:
        log.warning(note)
    out = Path(out)
    out.mkdir(parents=True, exist_ok=True)
    answered = collect(predictor, rows, out, settings)
    scored = score_answers(
        rows, answered.items, answered.answers,
        embedder=settings.embedder, grader=settings.grader, verdicts=out / "verdicts.jsonl", notes=answered.notes,
    )  # fmt: skip
    drawn = {"samples": settings.samples, "seed": settings.seed}
    figures = summarise(rows.facts.columns, scored.extra, answered.items, scored.scores, **drawn)
    known = absence_auc(answered.items, answered.confidences, **drawn)
    if known.n:
        figures.setdefault("grounding", {})["absence_auc"] = known.as_dict()
        figures["absence"] = absence_curve(answered.items, answered.confidences)
    by_class = {
        name: summarise_findings(answered.items, answered.answers, control, **drawn)
        for name, control in (("model", ""), (OTHER, OTHER))
    }
    results = {
        "benchmark": rows.name,
        **figures,
        **({"findings": by_class} if by_class["model"] else {}),
        **describe(predictor, answered, data, settings),
        **rows.about,
        **scored.about,
        **settings.beside,
        "notes": list(rows.notes),
        "n_items": len(answered.items),
        "n_generated": answered.made,
        "seconds": round(time.monotonic() - began, 1),
    }
    write_figures(out, rows, answered, scored.scores, results)
    write_views(out, rows, answered, scored.scores, results)
    return results


def evaluate_freely(
    predictor: Generator, benchmark: str, data: str, out: Path, settings: Settings
) -> dict[str, dict[str, Any]]:
    """What a bare `generate` would reach: the sections of figures of an evaluation in OUT, without controls.

    ValueError for a model whose decoding is its own.
    """
    if decoding_of(predictor) is None:
        raise ValueError("This model decodes as it likes; only a PaliGemma model can be bound. Leave --decoding out.")
    free = copy(predictor)
    vars(free)["constrained"] = False
    results = evaluate(free, benchmark, data, out, replace(settings, controls=False))
    return {name: figures for name, figures in results.items() if holds_figures(figures)}


def decoding_of(predictor: Generator | None) -> str | None:
    """bound or free; None for a model that cannot be bound."""
    constrained = getattr(predictor, "constrained", None)
    return None if constrained is None else "bound" if constrained else "free"


def collect(predictor: Generator | None, rows: Benchmark, out: Path, settings: Settings) -> Answered:
    """The answers of the model, or of the file."""
    if predictor is not None:
        weights = identify(predictor, settings.model)
        run_id = " ".join(filter(None, [weights, f"samples={settings.report_samples}", decoding_of(predictor)]))
        how = {"batch_size": settings.batch_size, "report_samples": settings.report_samples}
        asked = ask(predictor, rows, out / PREDICTIONS, run_id, **how)
        return Answered(list(rows.items), asked.outputs, weights, run_id, asked.made, asked.notes)
    if settings.predictions is None:
        raise ValueError("There is nothing to judge. Give a model or a file of predictions.")
    items, outputs = read_foreign(rows, settings.predictions)
    source = f"file:{settings.predictions.name}"
    return Answered(items, outputs, source, source)


def describe(predictor: Generator | None, answered: Answered, data: str, settings: Settings) -> dict[str, Any]:
    """What results.json says of model, data and settings."""
    decoding = decoding_of(predictor)
    return {
        "model": {"name": _shorten(settings.model) or answered.weights, "fingerprint": answered.weights},
        "data": _shorten(data),
        "versions": {name: version(name) for name in PACKAGES},
        "settings": {
            "seed": settings.seed,
            "samples": settings.samples,
            "report_samples": settings.report_samples,
            **({"decoding": decoding} if decoding else {}),
            **settings.options,
        },
    }


def _shorten(path: str) -> str:
    """The last two parts of a path: enough to recognise it, and no machine's folders in a published file."""
    return "/".join(Path(path).parts[-2:]) if path else ""
