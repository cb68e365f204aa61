"""Split report text into sentences, German and English, by rules.

>>> split_sentences("Z.n. Cholezystektomie. Leber o.B.", "de")
[(0, 22), (23, 33)]
"""

import re

from refrad2d.labels import LANGUAGES

# A full stop after these never ends a sentence ...
_NEVER_END = {
    "de": "aa abb abs bzw ca cf dd dr evtl fr ggf hr inkl insb mind mm nr prof sog tel tr vd vgl vv z zn zw".split(),
    "en": "approx ca cf dr eg fig figs ie incl mr mrs ms nos prof resp vs".split(),
}
# ... and after these only where the next word can only start one.
_MAY_END = {
    "de": "ant bds beids com craniocaud dext dist etc ext inf int kl lat li lks max med min post prox re rel ser sin "
    "std sup unauff usw vs bild std max".split(),
    "en": "al ant bilat diam dist dx etc ex hx inf lat lt max med min post prox pt rt sec sup st".split(),
}
_STARTERS = {
    "de": "Die Der Das Ein Eine Kein Keine Keinerlei Es Im In Am An Auf Bei Beide Beidseits Zustand Zudem Weiterhin "
    "Ansonsten Sonst Nebenbefundlich Nach Unauffällige Unauffälliger Unauffälliges Regelrechte Regelrechter "
    "Regelrechtes Normale Normaler Ferner Außerdem Soweit Dort Dieser Diese Dieses Mit Ohne Rechts Links".split(),
    "en": "The A An No There This These It In On At Both Other Otherwise Additionally Normal Within Status Mild "
    "Small Large Multiple Also Again Unremarkable Unchanged Stable Right Left".split(),
}
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
    before, after = text[: stop.start()][-40:].rstrip(), text[stop.end() : stop.end() + 40].lstrip()
    return not (_OPEN_LINE.search(before) or after[:1].islower())


def _stop_ends(text: str, start: int, stop: re.Match, language: str) -> bool:
    """True if a full stop, question or exclamation mark ends the sentence that begins at `start`."""
    after = _NEXT_WORD.match(text, stop.end())
    if stop.group() != "." or not text[stop.end() :].strip():
        return True
    last = _LAST_WORD.search(text[max(start, stop.start() - 30) : stop.start()])
    if not last:
        return True
    word = last.group()
    if word[0].isdecimal() or language == "de" and _ROMAN.fullmatch(word):
        return _number_ends(text, stop, word, language)
    following = after.group(1) if after else ""
    if following[:1].islower() and text[stop.end() : stop.end() + 1] != "\n":
        return False
    tail = word.rsplit(".", 1)[-1]
    if word.casefold() == "o.b":  # "ohne Befund" mostly closes a statement
        return True
    if word.casefold() in _NEVER_END[language] or (len(tail) == 1 and (language == "de" or tail.isupper())):
        return False
    if word.casefold() == "no":  # English "No. 3"
        return not text[stop.end() :].lstrip()[:1].isdecimal()
    if tail.casefold() in _MAY_END[language]:
        return following in _STARTERS[language] or "\n" in text[stop.end() : stop.end() + 2]
    return True


def _number_ends(text: str, stop: re.Match, word: str, language: str) -> bool:
    """True if a number with a full stop closes a sentence ("BWK 12. Die …") and is no ordinal ("5. Rippe")."""
    after = text[stop.end() :].lstrip()
    if after[:1].islower() or not after[:1].isalnum():
        return False if after[:1].islower() else after[:1] not in ("-", "–", "/", ",")
    if language == "en":
        return True
    before = text[: stop.start() - len(word)][-20:]
    if _ORDINAL_NOUN.match(text, stop.end()):
        return re.search(r"\b(?:[LBHS]WK?|Th|[CTLS])\s?$", before) is not None
    next_word = after.split()[0]
    return not (_ORDINAL_LEAD.search(before) and next_word not in _STARTERS["de"])
