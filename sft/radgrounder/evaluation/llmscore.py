"""LLMScore: a language model grades answers from 1 to 5 with a reason; (grade - 1) / 4 is the score.

    radgrounder eval ... --judge-url http://127.0.0.1:8000/v1 --judge-model NAME

The rubric stands in llmscore.md, its five examples in llmscore_examples.csv. Verdicts are published beside the results
with the judge's name and the hash of rubric and examples: scores of another judge or rubric are another measure. A
reply that cannot be read is a failure: counted, never scored, asked again by the next run.
"""

import json
import os
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any

from refrad2d.system.tables import read_csv, read_text

SCHEMA = {
    "type": "object",
    "properties": {"reason": {"type": "string"}, "score": {"type": "integer", "enum": [1, 2, 3, 4, 5]}},
    "required": ["reason", "score"],
    "additionalProperties": False,
}
WORKERS = 8
FAILURES = ("no_reply", "no_json", "no_score", "refused_by_server")

Message = dict[str, str]
Ask = Callable[[list[Message]], str | None]  # messages → the judge's reply; None if the server refused


@dataclass(frozen=True)
class Grader:
    """A judge for LLMScore: how to ask it, and the name that its verdicts are published under."""

    ask: Ask
    name: str


@dataclass(frozen=True)
class Case:
    """An answer to be graded. `question` is empty for a report."""

    id: str
    question: str
    reference: str
    prediction: str


@dataclass(frozen=True)
class Verdict:
    """A grade, or why there is none (`failure`, one of FAILURES); `key` ties it to judge, rubric and texts."""

    key: str
    id: str
    grade: int | None
    reason: str
    failure: str
    judge: str
    prompt: str

    @property
    def score(self) -> float:
        """The grade mapped to [0, 1]; NaN for a failure."""
        return float("nan") if self.grade is None else (self.grade - 1) / 4


@cache
def _rubric() -> tuple[str, tuple[dict[str, str], ...]]:
    return read_text(__package__, "llmscore.md"), read_csv(__package__, "llmscore_examples.csv")


def prompt_hash() -> str:
    """The hash of rubric and examples."""
    return sha256(json.dumps(_rubric(), ensure_ascii=False).encode()).hexdigest()[:16]


def build_messages(case: Case) -> list[Message]:
    """Rubric, five graded examples as earlier turns, and the case."""
    rubric, examples = _rubric()
    turns = [{"role": "system", "content": rubric}]
    for example in examples:
        verdict = {"reason": example["reason"], "score": int(example["score"])}
        shown = _show(example["question"], example["reference"], example["prediction"])
        turns += [{"role": "user", "content": shown}, {"role": "assistant", "content": json.dumps(verdict)}]
    return [*turns, {"role": "user", "content": _show(case.question, case.reference, case.prediction)}]


def _show(question: str, reference: str, prediction: str) -> str:
    """The texts as JSON strings, so that none of them can pretend to be another part of the prompt."""
    parts = {"question": question, "reference": reference, "answer": prediction}
    return json.dumps({name: text for name, text in parts.items() if text or name != "question"}, ensure_ascii=False)


def read_reply(reply: str | None) -> tuple[int | None, str, str]:
    """(grade, reason, failure) of a reply: bare or fenced JSON with an integer score from 1 to 5."""
    if reply is None:
        return None, "", "refused_by_server"
    if not reply.strip():
        return None, "", "no_reply"
    try:
        verdict = json.loads(reply[reply.index("{") : reply.rindex("}") + 1])
    except ValueError:  # no braces, or no JSON between them
        return None, "", "no_json"
    grade = verdict.get("score")
    if type(grade) is not int or not 1 <= grade <= 5:
        return None, "", "no_score"
    return grade, str(verdict.get("reason", "")), ""


def grade(cases: Sequence[Case], ask: Ask, *, judge: str, path: Path, workers: int = WORKERS) -> list[Verdict]:
    """One verdict a case, in order; verdicts in the JSONL file at `path` are reused, new ones are added to it.

    Equal cases are asked once. ValueError if the judge answered nothing at all.
    """
    known = _read_verdicts(path)
    keys = [_key(case, judge) for case in cases]
    new = {key: case for key, case in zip(keys, cases, strict=True) if key not in known}
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a", encoding="utf-8") as file, ThreadPoolExecutor(workers) as pool:
        for key, reply in zip(new, pool.map(lambda case: ask(build_messages(case)), new.values()), strict=True):
            known[key] = Verdict(key, new[key].id, *read_reply(reply), judge=judge, prompt=prompt_hash())
            file.write(json.dumps(asdict(known[key]), ensure_ascii=False) + "\n")
            file.flush()
            os.fsync(file.fileno())
    verdicts = [known[key] for key in keys]
    if verdicts and all(verdict.failure for verdict in verdicts):
        raise ValueError(f"The judge {judge!r} gave no readable verdict on {len(cases)} answers. Try another judge.")
    return verdicts


def count_failures(verdicts: Sequence[Verdict]) -> dict[str, int]:
    """How many verdicts failed, by reason; reasons that did not occur are left out."""
    counts = {name: sum(verdict.failure == name for verdict in verdicts) for name in FAILURES}
    return {name: count for name, count in counts.items() if count}


def ask_endpoint(endpoint: Any) -> Ask:
    """A judge behind an `endpoint.Endpoint`; a request that the server refuses (its content filter, say) gives None."""
    from openai import BadRequestError

    def ask(messages: list[Message]) -> str | None:
        try:
            return endpoint.chat(messages, schema=SCHEMA, max_tokens=300)
        except BadRequestError:
            return None

    return ask


def _key(case: Case, judge: str) -> str:
    parts = [judge, prompt_hash(), case.question, case.reference, case.prediction]
    return sha256(json.dumps(parts, ensure_ascii=False).encode()).hexdigest()[:24]


def _read_verdicts(path: Path) -> dict[str, Verdict]:
    """Verdicts of earlier runs by key; failures and a line that a kill cut off are left out."""
    known = {}
    for line in path.read_text(encoding="utf-8", errors="replace").split("\n") if path.is_file() else []:
        try:
            verdict = Verdict(**json.loads(line))
        except (json.JSONDecodeError, TypeError):  # a cut-off line
            continue
        if not verdict.failure:
            known[verdict.key] = verdict
    return known
