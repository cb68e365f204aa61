"""Tokens and matches: what the rules of mentions, laterality and negation work on.

>>> [token.raw for token in tokenize("Niere re.", 0, 9, lexicon("de"))]
['Niere', 're', '.']
"""

import re
from dataclasses import dataclass
from typing import NamedTuple

from refrad2d.text.lexicon import Lexicon, Term, Word, are_paired

_NUMBERED = re.compile(r"[HBLS]WK?|Rippen?|ribs?")
_PART = re.compile(r"\d+|,")
_TOKEN = re.compile(r"[^\W\d_]+|\d+(?:[.,]\d+)+|\d+|[^\w\s]|_")


class Token(NamedTuple):
    """A word, number or sign and where it stands in the text (Python string indices, end exclusive)."""

    start: int
    end: int
    raw: str
    word: Word


@dataclass
class TermMatch:
    """A term found in the tokens first..last (exclusive).

    `labels` are all classes of any modality; the rules narrow them by number and side. `plural` if the form shows it,
    `compound` if a German word names more than the anatomy ("Lebermetastasen"), `elided` if half a word or phrase
    stands for the whole ("Ober-"). `side` is left, right, both or None while unknown; `side_from` tells where it was
    read: before, after, label, clause, sentence.
    """

    first: int
    last: int
    term: Term
    labels: tuple[str, ...]
    plural: bool = False
    compound: bool = False
    elided: bool = False
    side: str | None = None
    side_from: str = ""

    @property
    def paired(self) -> bool:
        """True if the classes are of both sides, so that a side narrows them."""
        return are_paired(self.labels)

    @property
    def bars_sides(self) -> bool:
        """True if a side that stands beyond this match belongs to it: paired classes, and things without a class."""
        return self.paired or not self.labels


def tokenize(text: str, start: int, end: int, words: Lexicon) -> list[Token]:
    """The tokens of text[start:end]; a decimal or a date is one token ("BWK 4,5" is a list), a word holds no hyphen."""
    look_up = words.word
    tokens: list[Token] = []
    for m in _TOKEN.finditer(text, start, end):
        raw = m.group()
        if "," in raw and tokens and _NUMBERED.fullmatch(tokens[-1].raw):
            tokens += [
                Token(m.start() + n.start(), m.start() + n.end(), n.group(), look_up(n.group()))
                for n in _PART.finditer(raw)
            ]
        else:
            tokens.append(Token(m.start(), m.end(), raw, look_up(raw)))
    return tokens
