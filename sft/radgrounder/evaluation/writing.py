"""What an evaluation leaves in its folder: results.json first, then all that only shows it.

predictions.jsonl · results.json · table.md · model-index.yaml · gallery.html
"""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import yaml

from radgrounder.benchmarks.base import Benchmark, Scores
from radgrounder.evaluation.answers import Answered, answer_keys, to_line
from radgrounder.results.gallery import build_gallery
from radgrounder.results.model_index import model_index
from radgrounder.results.tables import format_table
from refrad2d.grounding import Parsed
from refrad2d.system.files import write_text

PREDICTIONS = "predictions.jsonl"


def write_figures(
    out: Path, rows: Benchmark, answered: Answered, scores: Sequence[Scores], results: Mapping[str, Any]
) -> None:
    """predictions.jsonl and results.json: where the second stands, all that it was made from stands too."""
    write_text(out / PREDICTIONS, format_predictions(rows, answered, scores))
    write_text(out / "results.json", json.dumps(results, indent=2, ensure_ascii=False, allow_nan=False) + "\n")


def write_views(
    out: Path, rows: Benchmark, answered: Answered, scores: Sequence[Scores], results: Mapping[str, Any]
) -> None:
    """What shows the results: table.md, which is printed too, model-index.yaml and gallery.html."""
    table = format_table(results)
    print(table)
    write_text(out / "table.md", table)
    index = {"model-index": model_index([results])}
    write_text(out / "model-index.yaml", yaml.safe_dump(index, sort_keys=False, allow_unicode=True))
    page = build_gallery(rows, answered.items, answered.answers, scores, seed=results["settings"]["seed"])
    write_text(out / "gallery.html", page)


def format_predictions(rows: Benchmark, answered: Answered, scores: Sequence[Scores]) -> str:
    """predictions.jsonl: one line an item, in the benchmark's order, with what is needed to score it again."""
    keys = answer_keys(rows, answered.items)
    lines = []
    for item, answer, score in zip(answered.items, answered.answers, scores, strict=True):
        row: dict[str, Any] = {"id": item.id, "task": item.task, "control": item.control, "language": item.language}
        if item.given is None:
            row |= {"image": item.image, "prompt": item.prompt, "output": answered.outputs[item.id]}
            row |= {"run": answered.run, "key": keys[item.id], **answered.notes.get(item.id, {})}
        row |= {"text": answer.text, "spans": _spans(answer), "true": item.true.text, "true_spans": _spans(item.true)}
        row |= {"cluster": item.cluster, "groups": dict(item.groups)}
        lines.append(to_line(**row, scores={name: _number(value) for name, value in score.items()}))
    return "".join(lines)


def _spans(parsed: Parsed) -> list[dict[str, Any]]:
    return [{"start": s.start, "end": s.end, "label": s.label, "box": list(s.box)} for s in parsed.spans]


def _number(value: float) -> float | None:
    return None if np.isnan(value) else round(float(value), 6)
