"""What a rewrite has put side by side: a word that lost what it belonged to shows in its new neighbour.

>>> misjoined("Keine Zunahme, eher Abnahme des Ergusses.", "Eher Nachweis des Ergusses.", "de")
'joint'
>>> misjoined("Links kein Erguss mehr, rechts unverändert.", "Links kein Erguss, rechts.", "de")
'side'

Two words stand side by side in a rewrite where there was a word of time between them, so only few kinds of words do:
things, places, numbers, and the words that connect them. A word of degree, contrast or amount with a new neighbour has
lost its own, and the sentence stays as it came.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

from refrad2d.system.tables import read_yaml
from refrad2d.text.patterns.needles import Needle, Needles, needle
from refrad2d.text.temporal.checks.denied_english import denied_change
from refrad2d.text.temporal.checks.denied_german import denial_turned
from refrad2d.text.temporal.vocabulary import words_of

_TOKEN = re.compile(r"[^\W_]+|\.")
_STOPS = str.maketrans(",;:()", ".....")
_CLAUSE = re.compile(r"[;:](?=\s|$)|\.$|,(?=\s)|\s[-–]\s|[()]")
_END = "."
_OF = ("of", "the", "der", "des", "von", "die", "das")
_TWO_SIZES = needle(r"\d\s?(?:mm|cm|ml)(?:,|\s\(|\s)\s?\d[\d.,x×\s]*\s?(?:mm|cm|ml)\s*(?:[.,;)]|$)", 0)
_YEAR = needle(r"\b(?:19|20)\d\d\b", 0)
_HISTORY = needle(
    r"\bz\.?\s?n\.|\bzustand\snach|\bst\.?\s?[np]\.|status|post|s/p|history|\bseit\b|operation|\bop\b|resektion|surgery"
)


@dataclass(frozen=True)
class Joints:
    """The patterns of one language: see the head of joints.yaml."""

    sure: Needle
    elliptic: Needles
    said: Needle
    words: dict[str, re.Pattern]  # kind of word → pattern of the whole word


@cache
def _joints(language: str) -> Joints:
    stored = dict(read_yaml(__package__, "joints.yaml")[language])
    sure, said = needle(stored.pop("sure")), needle(stored.pop("said"))
    elliptic = Needles(map(needle, _alternatives(stored.pop("elliptic"))))
    return Joints(sure, elliptic, said, {name: re.compile(pattern) for name, pattern in stored.items()})


def _alternatives(pattern: str) -> list[str]:
    """What a pattern has between its outermost bars: each is searched only where its own words stand."""
    parts, depth = [""], 0
    for piece in re.findall(r"\\.|\[[^\]]*\]|.", pattern):
        depth += (piece == "(") - (piece == ")")
        if piece == "|" and not depth:
            parts.append("")
        else:
            parts[-1] += piece
    return parts


_KINDS = tuple("hanging ending denials degree absent absence places once past measures partitive predicate".split())
_HANGING, _ENDING, _DENIALS, _DEGREE, _ABSENT, _ABSENCE, _PLACES, _ONCE, _PAST = (1 << at for at in range(9))
_MEASURES, _PARTITIVE, _PREDICATE = (1 << at for at in range(9, 12))


class _Kinds(dict[str, int]):
    """Casefolded word → what it is: a bit for each kind of joints.yaml."""

    def __init__(self, language: str) -> None:
        self._words = [_joints(language).words[name] for name in _KINDS]

    def __missing__(self, word: str) -> int:
        if len(self) >= 8192:
            self.clear()
        self[word] = sum(1 << at for at, pattern in enumerate(self._words) if pattern.fullmatch(word))
        return self[word]


@cache
def _kinds(language: str) -> _Kinds:
    return _Kinds(language)


def misjoined(source: str, kept: str, language: str) -> str | None:
    """Why the rewrite of a sentence joins what does not belong together; None if it does not."""
    joints = _joints(language)
    if joints.elliptic.found_in(source):
        return "elliptic"
    if any(said[0] in kept for said in joints.said.finditer(source)):
        return "said"
    shown = kept.casefold()
    if any(sure[sure.lastindex or 0].casefold() not in shown for sure in joints.sure.finditer(source)):
        return "sure"
    if _word_hangs(source, kept, language):
        return "joint"
    if _sizes_joined(source, kept):
        return "size"
    if _one_of_the_years(source, kept):
        return "year"
    if denial_turned(source, kept, language):
        return "denial"
    return _clause_misread(source, kept, language) or denied_change(source, kept, language)


def _pairs(text: str) -> list[tuple[str, str]]:
    tokens = _TOKEN.findall(text.casefold().translate(_STOPS))
    return list(zip(tokens, [*tokens[1:], _END], strict=False))


def _word_hangs(source: str, kept: str, language: str) -> bool:
    known = _kinds(language)
    for first, second in set(_pairs(kept)).difference(_pairs(source)):
        if first == _END:
            continue
        kinds = known[first]
        if second == _END:
            hangs = kinds & (_HANGING | _ENDING)
        elif kinds & _DENIALS:
            hangs = known[second] & (_DEGREE | _HANGING)
        else:
            hangs = kinds & _HANGING
        if hangs:
            return True
    return False


def _sizes_joined(source: str, kept: str) -> bool:
    """True if "46 mm, larger than in 2021 (41 mm)" became "46 mm (41 mm)"."""
    plain = source.replace(" ", "")
    return any(found[0].replace(" ", "") not in plain for found in _TWO_SIZES.finditer(kept))


def _one_of_the_years(source: str, kept: str) -> bool:
    """True if "not seen in 2020, 4 mm in 2022 and 9 mm today" lost one of its years."""
    told, shown = _YEAR.findall(source), _YEAR.findall(kept)
    return bool(shown) and len(told) > len(shown) and not _HISTORY.search(source)


def _clause_misread(source: str, kept: str, language: str) -> str | None:
    """Why a clause that changed says something else by itself or behind the ones before it."""
    whole = {words_of(clause) for clause in _CLAUSE.split(source)}
    clauses = _CLAUSE.split(kept)
    denied = 0
    known = _kinds(language)
    moved = any(known[word] & _ONCE and word not in words_of(kept) for word in words_of(source)[:3])
    for at, clause in enumerate(clauses):
        words = words_of(clause)
        some, every = 0, -1
        for word in words:
            kinds = known[word]
            some |= kinds
            every &= kinds
        if words and words not in whole:
            ahead = clauses[at + 1].strip() if at + 1 < len(clauses) else ""
            if denied and every & _PLACES:
                return "side"
            if some & _PAST:
                return "past"
            bare = some & _MEASURES and len(words) < 4 and _bare_measure(words, language)
            if bare and not ahead[:1].isdigit() and f"{clause}:" not in kept:
                return "measure"
            if some & _PARTITIVE and not some & _PREDICATE and _partly(words, language):
                return "part"
        if moved and at and any(known[word] & _ABSENT for word in words[:2]):
            return "once"
        denied |= some & _ABSENCE
    return None


def _bare_measure(words: Sequence[str], language: str) -> bool:
    """True for "the size on the left" without a value."""
    return all(_kinds(language)[word] & (_MEASURES | _PLACES) for word in words)


def _partly(words: Sequence[str], language: str) -> bool:
    """True for "half of the metastases": nothing is said of the part."""
    pairs = zip(words[:2], words[1:3], strict=False)
    begins = any(_kinds(language)[first] & _PARTITIVE and second in _OF for first, second in pairs)
    return begins and "mm" not in words and "cm" not in words
