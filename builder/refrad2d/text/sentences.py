"""Split report text into sentences, German and English, by rules.

>>> split_sentences("Z.n. Cholezystektomie. Leber o.B.", "de")
[(0, 22), (23, 33)]

A full stop, and a line break, is decided by what stands on both sides of it: what comes before may be an abbreviation,
an ordinal or a class ("Child B."), and what follows must be able to start a sentence. The words are in cues.csv.
"""

import re
import unicodedata
from functools import cache
from typing import Literal, NamedTuple

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
    r"(?:\b(?:der|die|das|den|dem|des|im|am|zum|vom|und|bis|oder|sowie|bzw|an|von|rechten?r?|linken?r?)|\d\.|[/,–-])\s*$",
    re.IGNORECASE,
)
_ROMAN = re.compile(r"(?:I|V|X){2,4}")
_STOP = re.compile(r"[.!?]+[\"'”“)\]]*(?=\s|$)|\n(?:[^\S\n]*\n)*")
_LAST_WORD = re.compile(r"(?:[^\W\d_]\.)*(?:[^\W\d_]+|\d+)$")
_NEXT_WORD = re.compile(r"\s*([^\W\d_]+)")
_ITEM = re.compile(r"[IVX]{1,4}")
_NEXT_ITEM = re.compile(r"\s+[a-z]\)\s")  # "… frei. b) Milz"
_NO_FINDING = re.compile(  # "ohne Befund", "in Ordnung" close a statement
    r"\b(?:o\.\s?(?:p\.\s?)?b|i\.\s?o|o\.\s?(?:a|n)|n\.\s?b)$", re.IGNORECASE
)
_DOTTED = re.compile(r"\b(?:[^\W\d_]\.\s?)+[^\W\d_]$")  # "i. v", "z.B"
_CLASSED = re.compile(  # a letter or Roman number that is a class, so that its full stop ends the sentence
    r"\b(?:typ|type|stanford|child|pugh|bosniak|grad|grade|stadium|stage|klasse|class|hepatitis|vitamin|gruppe|group|"
    r"kategorie|category|weber|debakey|uicc|figo|segment|segm|seg|zone|level|score|garden|pauwels|schatzker|salter|"
    r"fontaine|forrest|denver|aast|modic|pfirrmann|meyerding|fazekas|classification|klassifikation)"
    r"[-\s]\(?(?:[A-H]|[IVX]{1,4})(?:\s?[A-D])?$",
    re.IGNORECASE,
)
_MONTHS = frozenset("jan feb mar apr jun jul aug sep sept oct nov dec".split())
_CUT_SHORT = re.compile(r"[bdfgkpt][lr]$")  # "vergr", "umschr": no word of either language ends so
_COUNTED = re.compile(r"\b(?:Nr|No|Bild|Serie|Abb)\.?\s?$")
_DECIMAL = re.compile(r"\d,$")
_BEGINS_ITEM = re.compile(r"(?:^|:|(?:^|\s)[-•*])\s*$")
_OPEN_SIGN = re.compile(r"[,/(–-]$")
_ADJECTIVE = re.compile(r"[a-zäöüß]{3,}(?:te[rs]?|(?:isch|lich|ig|al|är|ös)e[nrs]?)$")  # German, before its noun
_NUMBERED = re.compile(
    r"(?:[HBLS]WK?|Th|Segmente?|Rippen?|Bild|Serie|Grad|Wirbel|[Ss]egments?|[Rr]ibs?|[Ii]mage|[Ss]eries)$"
)
_STARTS_NUMBER = re.compile(r"\d|[IVX]+\b")
_BULLET = re.compile(r"[-–*•▪]\s|\(?[\da-z]{1,2}[.)]\s")
_HEADING = re.compile(r"[^\W\d_][^\n.:]{0,40}:|[A-ZÄÖÜ ]{4,}(?:\n|$)")
_WIDTH = 30  # letters: a text of shorter lines is a list, no wrapped paragraph
_ODD = re.compile(r"[\u0300-\u036f\u00ad\u200b-\u200d\ufeff\ufb00-\ufb06]|[^\W\d_]-[^\S\n]*\n")
_CLUSTER = re.compile(
    r"(?P<dropped>[\u00ad\u200b-\u200d\ufeff]|"
    r"(?<=[a-zäöüß])-[^\S\n]*\n[^\S\n]*(?=[a-zäöü])(?!(?:und|oder|bzw|sowie|bis|and|or|to|sided|seitig)))|"
    r".[\u0300-\u036f]*",
    re.DOTALL,
)


class Composed(NamedTuple):
    """A text with composed characters, and where each of them stood in the original (first, end exclusive)."""

    text: str
    places: list[tuple[int, int]] | None

    def original(self, start: int, end: int) -> tuple[int, int]:
        """A non-empty range of `text` as a range of the original."""
        return (self.places[start][0], self.places[end - 1][1]) if self.places else (start, end)


def compose(text: str) -> Composed:
    """The text as the rules read it: "u" with two dots as "ü", no soft hyphens, no ligatures, cut words whole.

    A word that a hyphen and a line break cut ("Neben-⏎niere") is joined. `places` is None where nothing changes.
    """
    if not _ODD.search(text):
        return Composed(text, None)
    characters: list[str] = []
    places: list[tuple[int, int]] = []
    for cluster in _CLUSTER.finditer(text):
        if cluster["dropped"]:
            continue
        form: Literal["NFKC", "NFC"] = "NFKC" if "\ufb00" <= cluster.group() <= "\ufb06" else "NFC"
        composed = unicodedata.normalize(form, cluster.group())
        characters.append(composed)
        places += [cluster.span()] * len(composed)
    return Composed("".join(characters), places)


def split_sentences(text: str, language: str) -> list[tuple[int, int]]:
    """Character ranges of the sentences, in order, without the white space around them.

    `language` is "de" or "en", ValueError otherwise. Abbreviations, ordinals ("4. und 5. Rippe"), decimals and dates
    do not end a sentence; a line break does, unless the line visibly goes on. Ranges index the text as it is given,
    whether its umlauts are composed or not.
    """
    composed = compose(text)
    return [composed.original(start, end) for start, end in split_composed(composed.text, language)]


def split_composed(text: str, language: str) -> list[tuple[int, int]]:
    """`split_sentences` of a text that went through `compose`."""
    if language not in LANGUAGES:
        raise ValueError(f"Unknown language {language!r}. Choose from {', '.join(LANGUAGES)}.")
    ranges, start, wrapped = [], 0, None
    for stop in _STOP.finditer(text):
        if stop.group()[0] == "\n":
            wrapped = _is_wrapped(text) if wrapped is None else wrapped
            ends = _line_ends(text, stop, language, wrapped)
        else:
            ends = _stop_ends(text, start, stop, language)
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


def _is_wrapped(text: str) -> bool:
    """True if lines break where the next word would not have fitted: a paragraph of a certain width, no list."""
    lines = [line.rstrip() for line in text.split("\n")]
    width = max(map(len, lines))
    inner = [(a, b) for a, b in zip(lines, lines[1:], strict=False) if b.strip() and a and a[-1] not in ".!?:;"]
    full = sum(len(a) + 1 + len(b.split()[0]) > width for a, b in inner)
    return width >= _WIDTH and len(inner) > 1 and full >= 0.8 * len(inner)


def _line_ends(text: str, stop: re.Match, language: str, wrapped: bool) -> bool:
    """True if a line break ends the sentence: not where the line breaks off or the next one goes on with it."""
    before = text[max(0, stop.start() - 40) : stop.start()].rstrip()
    after = text[stop.end() : stop.end() + _AHEAD].lstrip()
    if not before or not after:
        return True
    last = before.split()[-1]
    is_open = bool(_OPEN_SIGN.search(last)) or last.casefold() in _open_words(language)
    if _BULLET.match(after):
        return not (is_open and after[0].isdecimal() and _ORDINAL_NOUN.match(after.split(".", 1)[-1]))
    if is_open:
        return False
    if stop.group().count("\n") > 1:
        return True
    if (heading := _HEADING.match(after)) and heading.group().endswith(":"):
        return True
    if after[0].islower() or last[-1] == ".":  # a full stop that did not end the sentence is an abbreviation
        return False
    if _STARTS_NUMBER.match(after):
        return not (wrapped or _NUMBERED.match(last))
    if language == "de" and _ADJECTIVE.fullmatch(last):
        return False
    return not wrapped or last[-1] in ".!?:;" or bool(_HEADING.match(after))


@cache
def _words(kind: str, language: str) -> frozenset[str]:
    """The words of a kind in cues.csv: abbreviations that never or seldom end a sentence, words that start one."""
    rows = [
        row for row in read_csv(__package__, "cues.csv") if row["kind"] == kind and row["language"] in (language, "*")
    ]
    return frozenset(word for row in rows for word in row["phrases"].split("|"))


@cache
def _open_words(language: str) -> frozenset[str]:
    """Words that cannot close a line: articles, prepositions, "und", and in German "linken"; "left" can."""
    kinds = ["article", "preposition", "open"] + ["left_adjective", "right_adjective", "both_adjective"] * (
        language == "de"
    )
    return frozenset().union(*(_words(kind, language) for kind in kinds))


@cache
def _before_attributes(language: str) -> frozenset[str]:
    return _words("article", language) | _words("preposition", language)


def _stop_ends(text: str, start: int, stop: re.Match, language: str) -> bool:
    """True if a full stop, question or exclamation mark ends the sentence that begins at `start`."""
    ahead = text[stop.end() : stop.end() + _AHEAD]
    before = text[max(start, stop.start() - 40) : stop.start()]
    last = _LAST_WORD.search(before)
    if stop.group() != "." or not ahead.strip() or not last:
        return True
    word = last.group().casefold()
    following = _NEXT_WORD.match(ahead)
    first = following.group(1) if following else ""
    if _NEXT_ITEM.match(ahead):
        return True
    if not before[: last.start()].strip() and _ITEM.fullmatch(last.group()):  # "I. Leber"
        return False
    if word.isdecimal() and len(word) < 3 and _BEGINS_ITEM.search(before[: last.start()]):
        return False  # "1. Leber"
    if not first[:1].islower() and (_NO_FINDING.search(before) or _CLASSED.search(before)):
        return True
    if word[0].isdecimal() or language == "de" and _ROMAN.fullmatch(last.group()):
        return _number_ends(text, stop, word, language)
    if first[:1].islower() and ahead[0] != "\n":
        return False
    return _word_ends(before, last.group(), first, ahead, language)


def _word_ends(before: str, word: str, first: str, ahead: str, language: str) -> bool:
    """True if the full stop behind `word` ends the sentence, since it is no abbreviation or `first` starts one."""
    starts = first[:1].isupper() and first.casefold() in _words("starter", language)
    dotted = _DOTTED.search(before)
    plain = re.sub(r"[\s.]", "", dotted.group() if dotted else word).casefold()
    tail = word.rsplit(".", 1)[-1]
    if plain in _words("never_ends", language) or tail.casefold() in _words("never_ends", language):
        return False
    if len(tail) == 1 and (language == "de" or tail.isupper()):
        return starts
    if language == "en" and plain in _MONTHS:  # "Jan. 5, 2020"
        return not ahead.lstrip()[:1].isdecimal()
    if plain == "no":  # English "No. 3"
        return not ahead.lstrip()[:1].isdecimal()
    context = before[: -len(word)].split()
    seldom = tail.casefold() in _words("seldom_ends", language)
    if seldom and context and context[-1].casefold() in _before_attributes(language):  # "der re. Niere"
        return False
    if seldom or tail[-1:].islower() and _CUT_SHORT.search(tail):
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
    if before[-1:].isalpha() or _COUNTED.search(before):  # "LWK3.", "Typ B2.", "Nr. 2."
        return True
    if len(word) > 3:  # a year: "zum MRI von 2017. N. opticus …"
        return True
    if _ORDINAL_NOUN.match(text, stop.end()):
        return re.search(r"\b(?:[LBHS]WK?|Th|[CTLS])\s?$", before) is not None
    starts = after.split()[0].casefold() in _words("starter", "de") or _DECIMAL.search(before) is not None
    return starts or not _ORDINAL_LEAD.search(before)
