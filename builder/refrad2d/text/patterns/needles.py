"""Patterns that are searched only where a match can be: most of them miss, and a look-up tells so.

>>> stable = needle(r"\\b(?:stable|unchanged)\\b")
>>> stable.may_match("Unstable angina."), stable.search("The cyst is stable.")[0]
(False, 'stable')

Every set of pieces that a pattern needs (needs.py) has a bit in one integer. A word between blanks has the bits of all
sets of which it holds a piece, kept by word, since reports repeat their words; a text has the bits of its words. A
pattern whose bits are not all among them cannot match: tests/refrad2d/text/patterns tries it with every pattern.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import lru_cache

from refrad2d.text.patterns.needs import END, START, compiled, pieces
from refrad2d.text.patterns.stored import stored_needs

_MOST_WORDS = 100_000
_bits_of: dict[str, int] = {}  # piece → bits of the sets that have it
_always = 0  # the bits of patterns of which nothing is known
_number = 0  # of bits given


class _Words(dict[str, int]):
    """Lowercase word → its bits."""

    def __missing__(self, word: str) -> int:
        if len(self) >= _MOST_WORDS:
            self.clear()
        found = pieces(word)
        bits = -1  # all
        if found is not None:
            bits = 0
            for piece in found:
                bits |= _bits_of.get(piece, 0)
        self[word] = bits
        return bits


_words = _Words()


@lru_cache(maxsize=512)
def bits_in(text: str) -> int:
    """The bits of a text: which sets of pieces it meets."""
    words = text.lower().split() or [""]
    words[0] = START + words[0]
    words[-1] += END
    bits = _always
    for word in words:
        bits |= _words[word]
    return bits


def _new_bits(sets: Sequence[frozenset[str]]) -> tuple[int, int]:
    """Bits for the sets of a pattern, at least one: all of them, and the first."""
    global _number, _always
    first = bit = 1 << _number
    need = 0
    for one in sets:
        need |= bit
        for piece in one:
            _bits_of[piece] = _bits_of.get(piece, 0) | bit
        bit <<= 1
    if not sets:
        _always |= first
        need = first
    _number += max(len(sets), 1)
    _words.clear()
    bits_in.cache_clear()
    return need, first


class Needle:
    """A compiled pattern whose methods look the bits of a text up before they search. Used like a re.Pattern."""

    __slots__ = ("_compiled", "first", "flags", "need", "source")

    def __init__(self, pattern: str, flags: int = re.IGNORECASE) -> None:
        self.source, self.flags = pattern, flags
        self._compiled: re.Pattern | None = None
        sets = stored_needs(pattern, flags)
        if sets is None:
            self._compiled, sets = compiled(pattern, flags)
        self.need, self.first = _new_bits(sets)

    @property
    def pattern(self) -> re.Pattern:
        """The pattern itself, compiled when it is first asked for: most never are."""
        if self._compiled is None:
            self._compiled = re.compile(self.source, self.flags)
        return self._compiled

    def may_match(self, text: str) -> bool:
        """False if the text certainly holds no match."""
        return bits_in(text) & self.need == self.need

    def search(self, text: str, start: int = 0) -> re.Match | None:
        """The first match from an offset on."""
        if bits_in(text) & self.need != self.need:
            return None
        return (self._compiled or self.pattern).search(text, start)

    def match(self, text: str, start: int = 0) -> re.Match | None:
        """A match at an offset."""
        return self.pattern.match(text, start) if bits_in(text) & self.need == self.need else None

    def fullmatch(self, text: str) -> re.Match | None:
        """A match of the whole text."""
        return self.pattern.fullmatch(text) if bits_in(text) & self.need == self.need else None

    def finditer(self, text: str, start: int = 0) -> Iterator[re.Match]:
        """All matches from an offset on."""
        return self.pattern.finditer(text, start) if bits_in(text) & self.need == self.need else iter(())

    def findall(self, text: str) -> list:
        """The texts of all matches."""
        return self.pattern.findall(text) if bits_in(text) & self.need == self.need else []

    def split(self, text: str, maxsplit: int = 0) -> list[str]:
        """What stands between the matches."""
        return self.pattern.split(text, maxsplit) if bits_in(text) & self.need == self.need else [text]

    def sub(self, put: str | Callable[[re.Match], str], text: str, count: int = 0) -> str:
        """The text with its matches replaced."""
        if bits_in(text) & self.need != self.need:
            return text
        return (self._compiled or self.pattern).sub(put, text, count)


class WordNeedle(Needle):
    """A pattern that also meets single words, again and again: whole matches are kept."""

    __slots__ = ("fullmatch",)

    def __init__(self, pattern: str, flags: int = 0) -> None:
        super().__init__(pattern, flags)
        self.fullmatch = lru_cache(maxsize=4096)(lambda text: self.pattern.fullmatch(text))  # type: ignore[method-assign]


def needle(pattern: str, flags: int = re.IGNORECASE) -> Needle:
    """A pattern, case ignored unless told otherwise."""
    return Needle(pattern, flags)


class Needles:
    """Patterns in order, made one after the other: which of them may match is told without a look at each."""

    def __init__(self, needles: Iterable[Needle]) -> None:
        self._needles = tuple(needles)
        self._low = min((one.first.bit_length() for one in self._needles), default=1) - 1
        self._mask = sum(one.first for one in self._needles) >> self._low
        self._at = {one.first.bit_length() - self._low: at for at, one in enumerate(self._needles)}

    def __len__(self) -> int:
        return len(self._needles)

    def __getitem__(self, at: int) -> Needle:
        return self._needles[at]

    def possible(self, text: str, start: int = 0) -> Iterator[int]:
        """The numbers, from one on, of the needles that may match."""
        bits = bits_in(text)
        hits = (bits >> self._low) & self._mask
        while hits:
            low = hits & -hits
            hits ^= low
            at = self._at[low.bit_length()]
            if at >= start:
                need = self._needles[at].need
                if bits & need == need:
                    yield at

    def found_in(self, text: str) -> bool:
        """True if one of them is found."""
        bits = bits_in(text)
        hits = (bits >> self._low) & self._mask
        while hits:
            low = hits & -hits
            hits ^= low
            one = self._needles[self._at[low.bit_length()]]
            if bits & one.need == one.need and one.pattern.search(text):
                return True
        return False
