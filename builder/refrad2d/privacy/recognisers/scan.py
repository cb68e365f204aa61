"""Patterns that run only where their words stand: one look at each word spares most of the searching.

pattern = Hinted(r"(?:Station|Ward) \\d+", word="station|ward", anchored=True)
for match in pattern.finditer(text): ...
"""

import re
from collections.abc import Iterator
from functools import cached_property, lru_cache

_WORD = re.compile(r"(?<![^\W\d_])(?<!\[)[^\W\d_]+")  # not the word of a placeholder
_SYNTAX = re.compile(r"\\.|\[[^\]]*\]\??|\(\?(?:P<\w+>|<?[=!]|[a-z\-]*:)|[^\W\d_]\?|[^\w]")


class Hinted:
    """A regular expression that can match only in texts in which one of certain words stands.

    `word` is a case-insensitive pattern of such a word, matched from its start, or at its end with `ends`.
    `anchored`: a match starts at that word, so nothing else needs to be tried.
    """

    _all: list["Hinted"] = []

    def __init__(self, pattern: str, *, word: str, ends: bool = False, anchored: bool = False, flags: int = 0) -> None:
        self._source = pattern, flags
        self.anchored = anchored
        word_pattern = re.compile(rf".*(?:{word})" if ends else rf"(?:{word})", re.I)
        self.hints = word_pattern.fullmatch if ends else word_pattern.match
        self.bit = 1 << len(Hinted._all)
        Hinted._all.append(self)

    @cached_property
    def pattern(self) -> re.Pattern[str]:
        """The pattern, compiled when a text first hints at it: most texts hint at few."""
        return re.compile(*self._source)

    def finditer(self, text: str) -> Iterator[re.Match]:
        """The matches of the pattern, from left to right, without overlaps."""
        words, mask = _read(text)
        if not mask & self.bit:
            return
        if not self.anchored:
            yield from self.pattern.finditer(text)
            return
        end = 0
        for start, hints in words:
            if hints & self.bit and start >= end and (match := self.pattern.match(text, start)):
                yield match
                end = match.end()


@lru_cache(maxsize=8)
def _read(text: str) -> tuple[list[tuple[int, int]], int]:
    """(start, hints) of each word that hints at a pattern, and the hints of all of them, one bit a pattern."""
    words, mask = [], 0
    for match in _WORD.finditer(text):
        if hints := _hints(match.group().lower()):
            words.append((match.start(), hints))
            mask |= hints
    return words, mask


@lru_cache(maxsize=1 << 18)
def _hints(word: str) -> int:
    return sum(pattern.bit for pattern in Hinted._all if pattern.hints(word))


def stems(pattern: str) -> str:
    """Every word that a simple pattern spells out, as one pattern of beginnings: a hint that misses none of them."""
    spelled = {word.lower() for word in _SYNTAX.sub(" ", pattern).split() if word.isalpha()}
    return "|".join(word if len(word) > 2 else rf"{word}(?![^\W\d_])" for word in sorted(spelled))
