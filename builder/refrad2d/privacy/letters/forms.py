"""Other readings of a letter on which the recognisers run too: glued words set apart, broken lines joined.

form = set_apart("wh.Obere Gasse 4,91710 Gunzenhausen,geb.3.3.93")
form.text, form.at       # "wh. Obere Gasse 4, 91710 Gunzenhausen, …", and where each character stood
"""

import re
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from refrad2d.privacy.letters.layout import SMALL_WORD
from refrad2d.privacy.letters.words import is_familiar
from refrad2d.privacy.recognisers.lexicon import CAPITAL, PLACEHOLDER, Found, is_name, is_word

_GLUED = re.compile(
    rf"(?<=[a-zäöüß\])\d])[.,;:](?={CAPITAL}[a-zäöüß])|(?<=[a-zäöüß\])])[,;:](?=[A-Za-zäöü\d(])|"
    rf"(?<=\d),(?=[A-Z1-9]\d{{3,4}}[ ])|(?<=[a-zäöüß]{{2}})[.](?=\d)|(?<=\d[.])(?=[a-zäöü]{{3}})|"
    rf"(?<![\w.])v[.](?={CAPITAL}[a-zäöü])|(?<=\d)(?=[a-zäöü]{{4,}})|(?<![\w.])(?:{CAPITAL})[.](?={CAPITAL}[a-zäöüß]"
    rf"{{2}})"
)
_CAMEL = re.compile(rf"(?<=[a-zäöüß])(?={CAPITAL}[a-zäöüß]{{2}})")
_SPOKEN_TITLES = frozenset(
    "herr herrn frau doktor professor doctor mister misses miss sister nurse schwester pfleger oberarzt hospital klin"
    "ik klinikum".split()
)
_LETTERS = re.compile(r"[^\W\d_]+")
_LEAST = 4  # glued places that make a text a glued one
_CUT = re.compile(rf"(?<=[\wäöüß.,\-])\n(?=[ ]?{CAPITAL}[a-zäöüß])")


class Form(NamedTuple):
    """A reading and, for each of its characters and its end, the index in the text that it reads."""

    text: str
    at: list[int]

    def back(self, found: Iterable[Found]) -> Iterator[Found]:
        """Stretches of the reading as stretches of the text."""
        for item in found:
            yield item._replace(start=self.at[item.start], end=self.at[item.end - 1] + 1)


def set_apart(text: str) -> Form | None:
    """The text with a blank behind each glued sign and between glued words; None if it is not glued."""
    places = {match.end() for match in _GLUED.finditer(text)}
    if len(places) < _LEAST:
        return None
    for match in _LETTERS.finditer(text):
        if not match.group().isupper():
            cuts = [match.start() + m.start() for m in _CAMEL.finditer(match.group())]
            if cuts and all(
                is_word(piece) or len(piece) < 6 or n for n, piece in enumerate(_CAMEL.split(match.group()))
            ):
                places.update(cuts)
    pieces, at, last = [], [], 0
    for place in sorted(places):
        pieces += [text[last:place], " "]
        at += [*range(last, place), place - 1]
        last = place
    return Form("".join([*pieces, text[last:]]), [*at, *range(last, len(text) + 1)])


def raise_names(text: str, language: str) -> str:
    """A text that is typed without capitals, its unfamiliar words and titles capitalised, each letter in its place."""
    if not is_lowered(text):
        return text
    return _LETTERS.sub(
        lambda match: match.group().capitalize() if _is_lowered(match.group(), language) else match.group(), text
    )


def is_lowered(text: str) -> bool:
    """True for a text typed without capitals, its placeholders not counted."""
    words = _LETTERS.findall(PLACEHOLDER.sub(" ", text))
    return len(words) >= 20 and sum(word[0].isupper() for word in words) * 8 <= len(words)


def _is_lowered(word: str, language: str) -> bool:
    if not word.islower() or len(word) < 3:
        return word in ("dr", "mr", "ms")
    if word in _SPOKEN_TITLES:
        return True
    named = word.capitalize()
    return len(named) == len(word) and (is_name(named) or not is_familiar(named, language))


def join_lines(text: str) -> str:
    """The text with the breaks in front of a capitalised word of a paragraph read as blanks, none of them lost."""
    return _CUT.sub(lambda match: " " if _in_paragraph(text, match.start()) else "\n", text)


def _in_paragraph(text: str, at: int) -> bool:
    """True for a break between two lines of sentences, the first of them full."""
    start, end = text.rfind("\n", 0, at) + 1, text.find("\n", at + 1)
    behind = text[at + 1 : len(text) if end < 0 else end]
    return at - start > 40 and len(SMALL_WORD.findall(text[start:at])) > 3 and len(SMALL_WORD.findall(behind)) > 2
