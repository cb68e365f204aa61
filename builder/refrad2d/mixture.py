"""Which of a slice's conversations are trained on: at most so many of each kind, drawn by a hash.

    >>> chosen = [turns[n] for n in choose(turns, row["id"], Mixture())]

A slice gives dozens of conversations, most of them "where is", in two languages. A training run that takes them all
spends most of its time on places. What a row keeps depends on its id, the prompts and the number of the draw alone, so
every build and every machine keep the same.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from functools import cache
from hashlib import sha256
from typing import Any

from refrad2d.conversations import PROMPTS, without_context
from refrad2d.grounding import parse
from refrad2d.labels import LANGUAGES, labels

Turns = Sequence[Mapping[str, Any]]  # the messages of one conversation


@dataclass(frozen=True)
class Mixture:
    """The most conversations of each kind that a draw keeps. ValueError if one is negative or all are 0."""

    report: int = 1
    question: int = 8
    place: int = 2  # "Where is the liver?", "Segment the liver:", answered by a box, or a box with a mask
    absent: int = 1  # the same, answered in words

    def __post_init__(self) -> None:
        counts = {entry.name: getattr(self, entry.name) for entry in fields(self)}
        if min(counts.values()) < 0 or not any(counts.values()):
            given = ", ".join(f"{name} {count}" for name, count in counts.items())
            raise ValueError(f"The mixture ({given}) keeps nothing. Give counts of 0 or more, one of them positive.")

    @property
    def most(self) -> int:
        """How many conversations a slice gives at most."""
        return self.report + self.question + self.place + self.absent


KINDS = tuple(entry.name for entry in fields(Mixture))


def choose(conversations: Sequence[Turns], key: str, mixture: Mixture, *, draw: int = 0) -> list[int]:
    """The numbers of the conversations that a draw keeps, in their order; `key` is the row's id.

    The next draw takes the next ones of each kind, so that several share as little as they can; where a kind has no
    more than the mixture asks for, every draw keeps them all.
    """
    pools: dict[str, list[int]] = {kind: [] for kind in KINDS}
    for number, messages in enumerate(conversations):
        pools[kind_of(messages)].append(number)
    kept: list[int] = []
    for kind, pool in pools.items():
        most = getattr(mixture, kind)
        ordered = sorted(pool, key=lambda number: _rank(key, conversations[number]))
        if len(ordered) > most:
            ordered = [ordered[(draw * most + place) % len(ordered)] for place in range(most)]
        kept += ordered
    return sorted(kept)


def kind_of(messages: Turns) -> str:
    """One of `KINDS`, told by the first prompt; a place is asked for, and what has no box in the answer is absent."""
    asked = without_context(_text(messages[0]))
    if asked in _prompts("report") or asked in _prompts("report_boxes") or asked in _prompts("report_masks"):
        return "report"
    if asked in _prompts("locate") or asked in _prompts("segment"):
        return "place" if parse(_text(messages[-1])).spans else "absent"
    return "question"


@cache
def _prompts(task: str) -> frozenset[str]:
    """The task lines of a task in every language, a locate prompt once for each class."""
    names = {language: [label.display(language) for label in labels()] for language in LANGUAGES}
    return frozenset(
        PROMPTS[task][language].format(name=name).strip() for language in LANGUAGES for name in names[language]
    )


def _text(message: Mapping[str, Any]) -> str:
    content = message["content"]
    return content if isinstance(content, str) else "".join(part["text"] or "" for part in content)


def _rank(key: str, messages: Turns) -> bytes:
    return sha256(f"{key}\n{_text(messages[0])}".encode()).digest()
