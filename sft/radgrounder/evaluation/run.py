"""Judge a model on a benchmark: ask, score, put intervals on every figure, write the tables.

    radgrounder eval --model MODEL --benchmark refrad2d --data build/demo/dataset/refrad2d --out OUT

OUT gets results.json, predictions.jsonl (a run that was cut off goes on from it), table.md, model-index.yaml and
gallery.html.
"""

import json
import logging
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import yaml

from radgrounder.benchmarks.base import REPORT_SAMPLES, Benchmark, Column, Item, Scores, load_benchmark
from radgrounder.evaluation.answers import Generator, Outputs, answer_keys, ask, fingerprint, read_foreign, to_line
from radgrounder.evaluation.llmscore import Ask, Case, count_failures, grade, prompt_hash
from radgrounder.evaluation.summary import summarise
from radgrounder.metrics.embeddings import Embedder
from radgrounder.metrics.grounding import entities, g_iou, g_iou_peer
from radgrounder.metrics.intervals import SAMPLES
from radgrounder.results.gallery import build_gallery
from radgrounder.results.model_index import model_index
from radgrounder.results.tables import format_table
from refrad2d.grounding import Parsed, parse
from refrad2d.system.files import write_text

log = logging.getLogger(__name__)

PREDICTIONS = "predictions.jsonl"
PACKAGES = ("refrad2d", "torch", "transformers", "datasets", "numpy")
EMBEDDING_COLUMNS = tuple(
    Column("grounding", name, ("report",), "", name) for name in ("g_iou", "g_iou_optimal", "g_iou_peer")
)
LLM_COLUMNS = (
    Column("report", "llm_score", ("report",), "", "llm_score"),
    Column("vqa", "llm_score_open", ("vqa",), "", "llm_score"),
)


@dataclass(frozen=True)
class Grader:
    """A judge for LLMScore: how to ask it, and the name that its verdicts are published under."""

    ask: Ask
    name: str


def run(
    predictor: Generator | None,
    benchmark: str,
    data: str,
    out: Path,
    *,
    model: str = "",
    predictions: Path | None = None,
    limit: int | None = None,
    batch_size: int = 16,
    report_samples: int = REPORT_SAMPLES,
    controls: bool = True,
    seed: int = 0,
    samples: int = SAMPLES,
    embedder: Embedder | None = None,
    grader: Grader | None = None,
    **options: Any,
) -> dict[str, Any]:
    """Judge `predictor`, or the outputs in a `predictions` file of rows {"id", "output"}, and return results.json.

    `model` is the folder or name that results.json states. Answers in OUT/predictions.jsonl are reused if they came
    from the same weights and the same way to report; `report_samples` is how many a report is the consensus of. An
    `embedder` adds the paper's G-IoU, a `grader` LLMScore. Without `controls` the model is asked none of those that
    need it (blank or shuffled pictures): for runs that are read beside one that has them.
    `options` go to the benchmark (`text_only`, `split`, `languages`). ValueError if data, options or file do not fit.
    """
    began = time.monotonic()
    rows = load_benchmark(benchmark, data, limit=limit, seed=seed, **options)
    rows = rows if controls else replace(rows, items=[i for i in rows.items if not i.control or i.given is not None])
    for note in rows.notes:
        log.warning(note)
    out = Path(out)
    out.mkdir(parents=True, exist_ok=True)
    if predictor is not None:
        identity, items = fingerprint(predictor, model), list(rows.items)
        run_id, how = f"{identity} samples={report_samples}", {"report_samples": report_samples}
        raw, made = ask(predictor, rows, out / PREDICTIONS, run_id, batch_size=batch_size, **how)
    elif predictions is not None:
        identity = run_id = f"file:{predictions.name}"
        (items, raw), made = read_foreign(rows, predictions), 0
    else:
        raise ValueError("There is nothing to judge. Give a model or a file of predictions.")
    answers = [item.given if item.given is not None else parse(raw[item.id]) for item in items]
    scores = rows.score(items, answers)
    extra, about = list(rows.extra), dict(rows.about)
    if embedder:
        about["embeddings"] = _add_embedding_scores(items, answers, scores, embedder)
        extra += EMBEDDING_COLUMNS
    if grader:
        about["llm_score"] = _add_llm_scores(items, answers, scores, grader, out / "verdicts.jsonl")
        extra += LLM_COLUMNS
    results = {
        "benchmark": rows.name,
        **summarise(rows.columns, extra, items, scores, samples=samples, seed=seed),
        "model": {"name": _shorten(model) or identity, "fingerprint": identity},
        "data": _shorten(data),
        "versions": {name: version(name) for name in PACKAGES},
        "settings": {"seed": seed, "samples": samples, "report_samples": report_samples, **options},
        **about,
        "notes": list(rows.notes),
        "n_items": len(items),
        "n_generated": made,
        "seconds": round(time.monotonic() - began, 1),
    }
    write_text(out / PREDICTIONS, _format_predictions(rows, items, answers, scores, raw, run_id))
    write_text(out / "gallery.html", build_gallery(rows, items, answers, scores, seed=seed))
    _write_results(out, results)
    return results


def _write_results(out: Path, results: dict[str, Any]) -> None:
    """results.json last but for its table: where it stands, everything it was made from stands too."""
    index = {"model-index": model_index([results])}
    write_text(out / "model-index.yaml", yaml.safe_dump(index, sort_keys=False, allow_unicode=True))
    table = format_table(results)
    write_text(out / "table.md", table)
    write_text(out / "results.json", json.dumps(results, indent=2, ensure_ascii=False, allow_nan=False) + "\n")
    print(table)


def _shorten(path: str) -> str:
    """The last two parts of a path: enough to recognise it, and no machine's folders in a published file."""
    return "/".join(Path(path).parts[-2:]) if path else ""


def _add_embedding_scores(
    items: Sequence[Item], answers: Sequence[Parsed], scores: Sequence[Scores], embedder: Embedder
) -> dict[str, Any]:
    """Add the paper's G-IoU, its optimal variant and the release's figure to the model's reports."""
    sides = [
        (entities(item.true), entities(answer), score)
        for item, answer, score in zip(items, answers, scores, strict=True)
        if item.task == "report" and not item.control
    ]
    embedder.encode(entity.text for true, predicted, _ in sides for entity in (*true, *predicted))
    for true, predicted, score in sides:
        score["g_iou"] = g_iou(true, predicted, embedder.similarity)
        score["g_iou_optimal"] = g_iou(true, predicted, embedder.similarity, matching="optimal")
        score["g_iou_peer"] = g_iou_peer(true, predicted, embedder.similarity)
    return {"model": embedder.name, "encode_calls": embedder.calls}


def _add_llm_scores(
    items: Sequence[Item], answers: Sequence[Parsed], scores: Sequence[Scores], grader: Grader, path: Path
) -> dict[str, Any]:
    """Add LLMScore to the model's reports and answers to open questions; verdicts go to `path`."""
    judged = [n for n, item in enumerate(items) if not item.control and (item.task == "report" or item.kind == "open")]
    cases = [
        Case(
            items[n].id,
            " ".join(items[n].prompt.split()) if items[n].task == "vqa" else "",
            items[n].true.text,
            answers[n].text,
        )
        for n in judged
    ]
    verdicts = grade(cases, grader.ask, judge=grader.name, path=path)
    for n, verdict in zip(judged, verdicts, strict=True):
        scores[n]["llm_score"] = verdict.score
    failures = count_failures(verdicts)
    return {"judge": grader.name, "prompt": prompt_hash(), "graded": len(cases), "failures": failures}


def _format_predictions(
    rows: Benchmark,
    items: Sequence[Item],
    answers: Sequence[Parsed],
    scores: Sequence[Scores],
    raw: Outputs,
    identity: str,
) -> str:
    """predictions.jsonl: one line an item, in the benchmark's order, with what is needed to score it again."""
    keys = answer_keys(rows, items)
    lines = []
    for item, answer, score in zip(items, answers, scores, strict=True):
        row: dict[str, Any] = {"id": item.id, "task": item.task, "control": item.control, "language": item.language}
        if item.given is None:
            row |= {"image": item.image, "prompt": item.prompt, "output": raw[item.id]}
            row |= {"run": identity, "key": keys[item.id]}
        row |= {"text": answer.text, "spans": _spans(answer), "true": item.true.text, "true_spans": _spans(item.true)}
        row |= {"cluster": item.cluster, "groups": dict(item.groups)}
        lines.append(to_line(**row, scores={name: _number(value) for name, value in score.items()}))
    return "".join(lines)


def _spans(parsed: Parsed) -> list[dict[str, Any]]:
    return [{"start": s.start, "end": s.end, "label": s.label, "box": list(s.box)} for s in parsed.spans]


def _number(value: float) -> float | None:
    return None if np.isnan(value) else round(float(value), 6)
