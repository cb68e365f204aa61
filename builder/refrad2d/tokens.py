"""Tokens and matches: what the rules of mentions, laterality and negation work on.

>>> [token.raw for token in tokenize("Niere re.", 0, 9, lexicon("de"))]
['Niere', 're', '.']
"""

import re
from dataclasses import dataclass
from typing import NamedTuple

from refrad2d.lexicon import SIDES, Lexicon, Term, Word, side_of

_TOKEN = re.compile(r"[^\W\d_]+|\d+(?:[.,]\d+)+|\d+|[^\w\s]|_")


class Token(NamedTuple):
    """A word, number or sign and where it stands in the text (Python string indices, end exclusive)."""

    start: int
    end: int
    raw: str
    word: Word


@dataclass
class Match:
    """A term found in the tokens first..last (exclusive).

    `labels` are all classes of any modality; the rules narrow them by number and side. `plural` if the form shows it,
    `compound` if a German word names more than the anatomy ("Lebermetastasen"). `side` is left, right, both or None
    while unknown; `side_from` tells where it was read: before, after, label, clause, sentence.
    """

    first: int
    last: int
    term: Term
    labels: tuple[str, ...]
    plural: bool = False
    compound: bool = False
    side: str | None = None
    side_from: str = ""

    @property
    def paired(self) -> bool:
        """True if the classes are of both sides, so that a side narrows them."""
        return len({side_of(label) for label in self.labels} & set(SIDES)) == 2

    @property
    def bars_sides(self) -> bool:
        """True if a side that stands beyond this match belongs to it: paired classes, and things without a class."""
        return self.paired or not self.labels


def tokenize(text: str, start: int, end: int, words: Lexicon) -> list[Token]:
    """The tokens of text[start:end]; a decimal or a date is one token, a word never holds a hyphen."""
    look_up = words.word
    return [Token(m.start(), m.end(), m.group(), look_up(m.group())) for m in _TOKEN.finditer(text, start, end)]
