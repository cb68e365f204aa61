"""Answers scored: the benchmark's own measures, and those that need another model, an embedder or a grader.

>>> scored = score_answers(rows, items, answers, grader=grader, verdicts=Path("OUT/verdicts.jsonl"))
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Any

from radgrounder.benchmarks.base import Benchmark, Column, Item, Scores
from radgrounder.evaluation.llmscore import Case, Grader, count_failures, grade, prompt_hash
from radgrounder.inference.tasks import TASKS
from radgrounder.metrics.embeddings import Embedder
from radgrounder.metrics.grounding import entities, g_iou, g_iou_peer
from refrad2d.grounding import Parsed

EMBEDDING_COLUMNS = tuple(
    Column("grounding", name, ("report",), "", name) for name in ("g_iou", "g_iou_optimal", "g_iou_peer")
)
LLM_COLUMNS = (
    Column("report", "llm_score", ("report",), "", "llm_score"),
    Column("vqa", "llm_score_open", ("vqa",), "", "llm_score"),
)
FLAGS = ("abstained", "looped")
FLAG_COLUMNS = tuple(Column("decoding", f"{task}_{flag}", (task,), "", flag) for task in TASKS for flag in FLAGS)


@dataclass(frozen=True)
class Scored:
    """The scores of each item; `extra` are the figures beyond the contract, `about` what results.json says of them."""

    scores: list[Scores]
    extra: Sequence[Column]
    about: Mapping[str, Any] = field(default_factory=dict)


def score_answers(
    rows: Benchmark,
    items: Sequence[Item],
    answers: Sequence[Parsed],
    *,
    embedder: Embedder | None = None,
    grader: Grader | None = None,
    verdicts: Path,
    notes: Mapping[str, Mapping[str, float]] = MappingProxyType({}),
) -> Scored:
    """Score every answer; an `embedder` adds the paper's G-IoU, a `grader` LLMScore, whose verdicts are kept on disk.

    `notes`, by item id, are what the model said of its answers: how many are none is a figure, their scores stay.

    ValueError if the grader's model answers nothing that can be read.
    """
    sure = {item: said["boxed"] for item, said in notes.items() if "boxed" in said}
    scores = rows.score_sure(items, answers, sure) if rows.score_sure else rows.score(items, answers)
    extra = list(rows.facts.extra)
    about: dict[str, Any] = {}
    if any("abstained" in said for said in notes.values()):
        for item, score in zip(items, scores, strict=True):
            score |= {name: value for name, value in notes.get(item.id, {}).items() if name in FLAGS}
        extra += FLAG_COLUMNS
    if embedder:
        about["embeddings"] = _add_embedding_scores(items, answers, scores, embedder)
        extra += EMBEDDING_COLUMNS
    if grader:
        about["llm_score"] = _add_llm_scores(items, answers, scores, grader, verdicts)
        extra += LLM_COLUMNS
    return Scored(scores, extra, about)


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
    graded = [n for n, item in enumerate(items) if not item.control and (item.task == "report" or item.kind == "open")]
    cases = [
        Case(
            items[n].id,
            " ".join(items[n].prompt.split()) if items[n].task == "vqa" else "",
            items[n].true.text,
            answers[n].text,
        )
        for n in graded
    ]
    verdicts = grade(cases, grader.ask, judge=grader.name, path=path)
    for n, verdict in zip(graded, verdicts, strict=True):
        scores[n]["llm_score"] = verdict.score
    failures = count_failures(verdicts)
    return {"judge": grader.name, "prompt": prompt_hash(), "graded": len(cases), "failures": failures}
