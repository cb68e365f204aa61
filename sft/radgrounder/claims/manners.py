"""Questions as another institution asks them: the facts and answers of a build's, other words, no choices, English.

>>> ask_otherwise(row["vqa"], "ward")[0]["question"]
'can you find the liver?'
"""

import re
from collections.abc import Iterator, Sequence
from functools import cache

from refrad2d.questions.view import templates
from refrad2d.rows import Question
from refrad2d.system.tables import read_yaml

_LANGUAGE = "en"


def manner_names() -> tuple[str, ...]:
    """The manners of asking that there are."""
    return tuple(_manners())


def ask_otherwise(asked: Sequence[Question], manner: str) -> list[Question]:
    """The questions in other words; what this manner has no words for, or another language asks, is left out.

    ValueError for an unknown manner.
    """
    if manner not in manner_names():
        raise ValueError(f"Unknown manner {manner!r}. Choose from {', '.join(manner_names())}.")
    return [entry for question in asked for entry in _reword(question, manner)]


def _reword(entry: Question, manner: str) -> Iterator[Question]:
    if entry["language"] != _LANGUAGE:
        return
    for pattern, words in _wordings(manner):
        if found := pattern.fullmatch(entry["question"]):
            if words is not None:
                kind = entry["type"] if entry["type"] == "yesno" else "open"  # without choices none is multiple choice
                yield {**entry, "question": words.format(**found.groupdict()), "choices": [], "type": kind}
            return


@cache
def _manners() -> dict[str, dict[str, list[str]]]:
    return read_yaml(__package__, "manners.yaml")


@cache
def _wordings(manner: str) -> tuple[tuple[re.Pattern[str], str | None], ...]:
    """Each wording of a build as a pattern of its fields, and what is said in its place, None for a kind that is not
    asked; the longest fixed text first, so that a wording is not taken for a looser one."""
    theirs = _manners()[manner]
    pairs: list[tuple[str, str | None]] = []
    for kind, ours in templates(_LANGUAGE)["questions"].items():
        pairs += zip(ours, theirs.get(kind, [None] * len(ours)), strict=True)
    pairs.sort(key=lambda pair: -len(re.sub(r"\{\w+\}", "", pair[0])))
    return tuple((_pattern(words), other) for words, other in pairs)


def _pattern(words: str) -> re.Pattern[str]:
    return re.compile(re.sub(r"\\\{(\w+)\\\}", r"(?P<\1>.+)", re.escape(words)))
