"""Patterns with the words that any match must hold: a search for plain words comes first, since most patterns miss.

>>> required(re.compile(r"\\b(?:new|known)\\s(?:cyst|lesion)s?"))
('cyst', 'lesion')
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from re import _constants as codes  # type: ignore[attr-defined]  # isort: skip
from re import _parser as parser  # type: ignore[attr-defined]  # isort: skip

_MOST = 120  # more words than this cost as much as the pattern itself
_PIECE = 3  # letters
_FREQUENT = "enirsathdulgomcbwfkzpvjyxqäöüß"  # letters, the most frequent first
_SHORTEST = 2  # letters; a shorter word is in nearly every sentence


@dataclass(frozen=True)
class Needle:
    """A pattern, and lowercase words of which every match holds one; none if that is not known."""

    pattern: re.Pattern
    words: tuple[str, ...]
    pieces: frozenset[str] = frozenset()  # three letters of each word; none if there is a shorter word

    def may_match(self, lowered: str) -> bool:
        """False if the lowercase sentence certainly holds no match."""
        if not self.words:
            return True
        for word in self.words:
            if word in lowered:
                return True
        return False

    def search(self, sentence: str, lowered: str) -> re.Match | None:
        """The first match."""
        return self.pattern.search(sentence) if self.may_match(lowered) else None


def needle(pattern: str, flags: int = re.IGNORECASE) -> Needle:
    """Compile a pattern and find its words."""
    compiled = re.compile(pattern, flags)
    words = required(compiled)
    whole = all(len(word) >= _PIECE for word in words)
    return Needle(compiled, words, frozenset(map(_rarest, words)) if whole else frozenset())


def pieces_of(lowered: str) -> set[str]:
    """All that stands in three letters of a sentence: a needle whose pieces are not among them cannot match."""
    return set(map("".join, zip(lowered, lowered[1:], lowered[2:], strict=False)))


def _rarest(word: str) -> str:
    pieces = [word[at : at + _PIECE] for at in range(len(word) - _PIECE + 1)]
    return min(pieces, key=lambda piece: sum(_FREQUENT.find(letter) < 0 or -_FREQUENT.find(letter) for letter in piece))


@lru_cache(maxsize=2048)
def required(pattern: re.Pattern) -> tuple[str, ...]:
    """Lowercase words of which every match of a pattern holds at least one; () if there is no such set."""
    found = _of_sequence(list(parser.parse(pattern.pattern, pattern.flags)))
    return tuple(sorted(found)) if found and _worth(found) else ()


def _worth(words: frozenset[str]) -> bool:
    return len(words) <= _MOST and min(len(word) for word in words) >= _SHORTEST


def _of_sequence(items: Sequence) -> frozenset[str] | None:
    """The best set among the parts that every match passes through."""
    best: frozenset[str] | None = None
    run = ""
    for item in [*items, (None, None)]:
        if item[0] is codes.LITERAL:
            run += chr(item[1])
            continue
        if len(run) >= _SHORTEST:
            best = _better(best, frozenset([run.lower()]))
        run = ""
        found = _of_item(*item)
        if found:
            best = _better(best, found)
    return best


def _of_item(kind: object, value: object) -> frozenset[str] | None:
    if kind is codes.SUBPATTERN:
        return _of_sequence(list(value[-1]))  # type: ignore[index]
    if kind is codes.BRANCH:
        parts = [_of_sequence(list(branch)) for branch in value[1]]  # type: ignore[index]
        return frozenset().union(*parts) if all(parts) else None  # type: ignore[arg-type]
    if kind in (codes.MAX_REPEAT, codes.MIN_REPEAT) and value[0] >= 1:  # type: ignore[index]
        return _of_sequence(list(value[2]))  # type: ignore[index]
    if kind is codes.ASSERT:  # what must stand before or behind
        return _of_sequence(list(value[1]))  # type: ignore[index]
    return None


def _better(one: frozenset[str] | None, other: frozenset[str]) -> frozenset[str]:
    """The set that fewer sentences hold: longer words before fewer words."""
    if one is None or not _worth(one):
        return other
    if not _worth(other):
        return one
    return max(one, other, key=lambda words: (min(map(len, words)) >= 4, -len(words), min(map(len, words))))
