"""How far questions with two answers can be answered without the picture: the blind score of a dataset.

For each question text the majority of its answers in `train` is given in validation and test; a text that train does
not have gets the majority of its form. 0.5 is what balanced questions leave; a model below its dataset's blind score
has seen nothing.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from functools import cache
from pathlib import Path

from refrad2d.dataset.stats import read_columns
from refrad2d.layout import parse_shard
from refrad2d.questions.view import templates
from refrad2d.rows import Question
from refrad2d.schema import SFT_SPLITS

BLIND_HEADER = ["source", "language", "questions", "blind score"]


def count_blind(shards: Iterable[Path]) -> dict[str, dict[str, dict[str, float]]]:
    """Source → language → {n, score} over the slices shards of a dataset; {} without a validation or test split."""
    learnt: list[Question] = []
    judged: list[Question] = []
    for path in shards:
        shard = parse_shard(path.name)
        for row in read_columns(path, ("vqa",)):
            (learnt if shard and shard.split == SFT_SPLITS[0] else judged).extend(
                q for q in row["vqa"] if q["type"] == "yesno"
            )
    return score_blind(learnt, judged)


def score_blind(learnt: Sequence[Question], judged: Sequence[Question]) -> dict[str, dict[str, dict[str, float]]]:
    """The score of `judged` by the majorities of `learnt`; see count_blind."""
    by_text: dict[str, Counter[str]] = defaultdict(Counter)
    by_form: dict[tuple[str, ...], Counter[str]] = defaultdict(Counter)
    for q in learnt:
        by_text[q["question"]][q["answer"]] += 1
        by_form[form_of(q)][q["answer"]] += 1
    right: dict[tuple[str, str], list[bool]] = defaultdict(list)
    for q in judged:
        votes = by_text.get(q["question"]) or by_form.get(form_of(q))
        if votes:
            best = min(votes, key=lambda answer: (-votes[answer], answer))
            right[q["source"], q["language"]].append(best == q["answer"])
    scores: dict[str, dict[str, dict[str, float]]] = {}
    for (source, language), hits in sorted(right.items()):
        scores.setdefault(source, {})[language] = {"n": len(hits), "score": round(sum(hits) / len(hits), 4)}
    return scores


def form_of(question: Question) -> tuple[str, ...]:
    """Language, source and kind of a question; questions of a language model are of one kind."""
    for kind, pattern in _patterns(question["language"]):
        if pattern.fullmatch(question["question"]):
            return question["language"], question["source"], kind
    return question["language"], question["source"], ""


@cache
def _patterns(language: str) -> tuple[tuple[str, re.Pattern], ...]:
    return tuple(
        (kind, re.compile(re.sub(r"\\\{\w+\\\}", ".+", re.escape(wording))))
        for kind, wordings in templates(language)["questions"].items()
        for wording in wordings
    )


def blind_rows(scores: dict) -> list[list]:
    """The rows of a table under BLIND_HEADER."""
    return [
        [source, language, found["n"], f"{found['score']:.2f}"]
        for source, by_language in scores.items()
        for language, found in by_language.items()
    ]
