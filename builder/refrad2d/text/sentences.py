"""Split report text into sentences, German and English, by rules.

>>> split_sentences("Z.n. Cholezystektomie. Leber o.B.", "de")
[(0, 22), (23, 33)]
"""

import re
from functools import cache

from refrad2d.labels import LANGUAGES
from refrad2d.system.tables import read_csv

_AHEAD = 80  # characters looked at behind a full stop
# A number with a full stop is an ordinal before these, whatever stands before it.
_ORDINAL_NOUN = re.compile(
    r"\s*(?:(?:linken?|rechten?|li|re)\.?\s+)?(?:Rippe|Lendenw|Brustw|Halsw|Wirbel|Sakralw|[LBH]WK?\b|Ventrikel|"
    r"Hirnnerv|Finger|Zehe|Strahl|Metatars|Metakarp|Segment|Tag|Woche|Monat|Quartal|Lebens|Grad|Etage|Januar|Februar|"
    r"März|April|Mai|Juni|Juli|August|September|Oktober|November|Dezember)"
)
_ORDINAL_LEAD = re.compile(
    r"(?:\b(?:der|die|das|den|dem|des|im|am|zum|vom|und|bis|oder|sowie|bzw|an|von|rechten?r?|linken?r?)|[./,–-])\s*$"
)
_ROMAN = re.compile(r"(?:I|V|X){2,4}")
_STOP = re.compile(r"[.!?]+[\"'”“)\]]*(?=\s|$)|\n+")
_LAST_WORD = re.compile(r"(?:[^\W\d_]\.)*(?:[^\W\d_]+|\d+)$")
_NEXT_WORD = re.compile(r"\s*([^\W\d_]+)")
_OPEN_LINE = re.compile(
    r"(?:[,/(–-]|\b(?:der|die|das|den|dem|des|im|in|am|an|und|oder|mit|von|bei|zu|the|of|in|and|or|with|a|an|to|at))$"
)


def split_sentences(text: str, language: str) -> list[tuple[int, int]]:
    """Character ranges of the sentences, in order, without the white space around them.

    `language` is "de" or "en", ValueError otherwise. Abbreviations, ordinals ("4. und 5. Rippe"), decimals and dates
    do not end a sentence; a line break does, unless the line visibly goes on.
    """
    if language not in LANGUAGES:
        raise ValueError(f"Unknown language {language!r}. Choose from {', '.join(LANGUAGES)}.")
    ranges, start = [], 0
    for stop in _STOP.finditer(text):
        ends = _line_ends(text, stop) if stop.group()[0] == "\n" else _stop_ends(text, start, stop, language)
        if ends:
            ranges.append((start, stop.end()))
            start = stop.end()
    ranges.append((start, len(text)))
    return [trimmed for begin, end in ranges if (trimmed := _trim(text, begin, end))]


def _trim(text: str, begin: int, end: int) -> tuple[int, int] | None:
    piece = text[begin:end]
    if not piece.strip():
        return None
    return begin + len(piece) - len(piece.lstrip()), begin + len(piece.rstrip())


def _line_ends(text: str, stop: re.Match) -> bool:
    """True if a line break ends the sentence: not where the line breaks off or the next one starts in lower case."""
    if len(stop.group()) > 1:
        return True
    before = text[max(0, stop.start() - 40) : stop.start()].rstrip()
    after = text[stop.end() : stop.end() + _AHEAD].lstrip()
    return not (_OPEN_LINE.search(before) or after[:1].islower())


@cache
def _words(kind: str, language: str) -> frozenset[str]:
    """The words of a kind in cues.csv: abbreviations that never or seldom end a sentence, words that start one."""
    rows = [row for row in read_csv(__package__, "cues.csv") if (row["kind"], row["language"]) == (kind, language)]
    return frozenset(word for row in rows for word in row["phrases"].split("|"))


def _stop_ends(text: str, start: int, stop: re.Match, language: str) -> bool:
    """True if a full stop, question or exclamation mark ends the sentence that begins at `start`."""
    ahead = text[stop.end() : stop.end() + _AHEAD]
    last = _LAST_WORD.search(text[max(start, stop.start() - 30) : stop.start()])
    if stop.group() != "." or not ahead.strip() or not last:
        return True
    word = last.group().casefold()
    if word[0].isdecimal() or language == "de" and _ROMAN.fullmatch(last.group()):
        return _number_ends(text, stop, word, language)
    following = _NEXT_WORD.match(ahead)
    first = following.group(1) if following else ""
    if first[:1].islower() and ahead[0] != "\n":
        return False
    if word == "o.b":  # "ohne Befund" mostly closes a statement
        return True
    tail = last.group().rsplit(".", 1)[-1]
    if word in _words("never_ends", language) or len(tail) == 1 and (language == "de" or tail.isupper()):
        return False
    if word == "no":  # English "No. 3"
        return not ahead.lstrip()[:1].isdecimal()
    if tail.casefold() in _words("seldom_ends", language):
        starts = first[:1].isupper() and first.casefold() in _words("starter", language)
        return starts or "\n" in ahead[:2]
    return True


def _number_ends(text: str, stop: re.Match, word: str, language: str) -> bool:
    """True if a number with a full stop closes a sentence ("BWK 12. Die …") and is no ordinal ("5. Rippe")."""
    after = text[stop.end() : stop.end() + _AHEAD].lstrip()
    if not after[:1].isalnum():
        return after[:1] not in ("-", "–", "/", ",")
    if after[0].islower():
        return False
    if language == "en":
        return True
    before = text[max(0, stop.start() - len(word) - 20) : stop.start() - len(word)]
    if _ORDINAL_NOUN.match(text, stop.end()):
        return re.search(r"\b(?:[LBHS]WK?|Th|[CTLS])\s?$", before) is not None
    starts = after.split()[0].casefold() in _words("starter", "de")
    return starts or not _ORDINAL_LEAD.search(before)
