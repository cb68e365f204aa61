"""How far questions with two answers can be answered without the picture: the blind score of a dataset.

For each question text the majority of its answers in `train` is given in validation and test; a text that train does
not have gets the majority of its form. 0.5 is what balanced questions leave; a model below its dataset's blind score
has seen nothing.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Iterable
from functools import cache, lru_cache
from pathlib import Path

from refrad2d.dataset.stats import read_columns
from refrad2d.layout import parse_shard
from refrad2d.questions.view import templates
from refrad2d.rows import Question
from refrad2d.schema import SFT_SPLITS

BLIND_HEADER = ["source", "language", "questions", "blind score"]


def count_blind(shards: Iterable[Path]) -> dict[str, dict[str, dict[str, float]]]:
    """Source → language → {n, score} over the slices shards of a dataset; {} without a validation or test split."""
    votes = Votes()
    for path in shards:
        shard = parse_shard(path.name)
        add = votes.learn if shard and shard.split == SFT_SPLITS[0] else votes.judge
        for row in read_columns(path, ("vqa",)):
            for question in row["vqa"]:
                if question["type"] == "yesno":
                    add(question)
    return votes.scores()


def score_blind(learnt: Iterable[Question], judged: Iterable[Question]) -> dict[str, dict[str, dict[str, float]]]:
    """The score of `judged` by the majorities of `learnt`; see count_blind."""
    votes = Votes()
    for question in learnt:
        votes.learn(question)
    for question in judged:
        votes.judge(question)
    return votes.scores()


class Votes:
    """How often each question text was answered how: what is kept does not grow with the number of questions."""

    def __init__(self) -> None:
        self._by_text: dict[str, Counter[str]] = defaultdict(Counter)
        self._by_form: dict[tuple[str, ...], Counter[str]] = defaultdict(Counter)
        self._judged: Counter[tuple[str, str, str, str]] = Counter()

    def learn(self, q: Question) -> None:
        """Count a question of the training split."""
        self._by_text[q["question"]][q["answer"]] += 1
        self._by_form[form_of(q)][q["answer"]] += 1

    def judge(self, q: Question) -> None:
        """Count a question that the majorities are to answer."""
        self._judged[q["source"], q["language"], q["question"], q["answer"]] += 1

    def scores(self) -> dict[str, dict[str, dict[str, float]]]:
        """Source → language → {n, score}; questions of which nothing was learnt do not count."""
        right, asked = Counter[tuple[str, str]](), Counter[tuple[str, str]]()
        for (source, language, text, answer), n in self._judged.items():
            votes = self._by_text.get(text) or self._by_form.get(_form(text, language, source))
            if votes:
                asked[source, language] += n
                right[source, language] += n * (min(votes, key=lambda one: (-votes[one], one)) == answer)
        scores: dict[str, dict[str, dict[str, float]]] = {}
        for (source, language), n in sorted(asked.items()):
            scores.setdefault(source, {})[language] = {"n": n, "score": round(right[source, language] / n, 4)}
        return scores


def form_of(question: Question) -> tuple[str, ...]:
    """Language, source and kind of a question; questions of a language model are of one kind."""
    return _form(question["question"], question["language"], question["source"])


@lru_cache(maxsize=1 << 14)
def _form(text: str, language: str, source: str) -> tuple[str, ...]:
    for kind, pattern in _patterns(language):
        if pattern.fullmatch(text):
            return language, source, kind
    return language, source, ""


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
