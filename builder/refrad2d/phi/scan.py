"""Patterns that run only where their words stand: a cheap look at each word spares most of the searching.

    pattern = Hinted(r"(?:Station|Ward) \\d+", word="station|ward", anchored=True)
    for match in pattern.finditer(text): ...
"""

import re
from collections.abc import Iterator
from functools import lru_cache

_WORD = re.compile(r"[^\W\d_]+")
_SYNTAX = re.compile(r"\\.|\[[^\]]*\]|\(\?[:=!P<\w\-]*[:=!>]?|[^\w]")


@lru_cache(maxsize=8)
def words_of(text: str) -> tuple[tuple[int, str], ...]:
    """(start, word) of every run of letters."""
    return tuple((match.start(), match.group()) for match in _WORD.finditer(text))


@lru_cache(maxsize=8)
def vocabulary_of(text: str) -> frozenset[str]:
    """The distinct words of a text, in lower case."""
    return frozenset(word.lower() for _, word in words_of(text))


class Hinted:
    """A regular expression that can match only in texts in which one of certain words stands.

    `word` is a case-insensitive pattern of such a word, matched from its start; `ends` matches at its end instead.
    `anchored`: a match starts at that word, so nothing else needs to be tried. One word of a text is tested once.
    """

    def __init__(self, pattern: str, *, word: str, ends: bool = False, anchored: bool = False, flags: int = 0) -> None:
        self.pattern = re.compile(pattern, flags)
        self.anchored = anchored
        self._word = re.compile(rf"(?:.*)(?:{word})" if ends else rf"(?:{word})", re.I)
        self._match = self._word.fullmatch if ends else self._word.match
        self._known: dict[str, bool] = {}

    def hints(self, word: str) -> bool:
        """True if the word, in lower case, can be part of a match."""
        known = self._known.get(word)
        if known is None:
            if len(self._known) > 200_000:
                self._known.clear()
            known = self._known[word] = self._match(word) is not None
        return known

    def finditer(self, text: str) -> Iterator[re.Match]:
        """The matches of the pattern, from left to right, without overlaps."""
        hints = self.hints
        if not any(map(hints, vocabulary_of(text))):
            return
        if not self.anchored:
            yield from self.pattern.finditer(text)
            return
        end = 0
        for start, word in words_of(text):
            if start >= end and hints(word.lower()) and (match := self.pattern.match(text, start)):
                yield match
                end = match.end()


def stems(pattern: str) -> str:
    """Every word that a simple pattern spells out, as one pattern of beginnings: a hint that misses none of them."""
    spelled = {word.lower() for word in _SYNTAX.sub(" ", pattern).split() if word.isalpha()}
    return "|".join(sorted(spelled, key=len, reverse=True))
