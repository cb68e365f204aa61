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
from dataclasses import dataclass
from functools import cache

from refrad2d.system.tables import read_yaml
from refrad2d.text.patterns.needles import Needle, WordNeedle, needle

_TOKEN = re.compile(r"[^\W_]+|[,;:.()]")
_CLAUSE = re.compile(r"[;:](?=\s|$)|\.$|,(?=\s)|\s[-–]\s|[()]")
_WORD = re.compile(r"[^\W_]+")
_END = "."
_OF = ("of", "the", "der", "des", "von", "die", "das")
_TWO_SIZES = needle(r"\d\s?(?:mm|cm|ml)(?:,|\s\(|\s)\s?\d[\d.,x×\s]*\s?(?:mm|cm|ml)\s*(?:[.,;)]|$)", 0)

_YEAR = needle(r"\b(?:19|20)\d\d\b", 0)
_HISTORY = needle(r"\bz\.?\s?n\.|\bzustand\snach|\bst\.?\s?[np]\.|status|post|s/p|history|\bseit\b|operation|\bop\b|resektion|surgery")


@dataclass(frozen=True)
class Joints:
    """The words of one language: see the head of joints.yaml."""

    hanging: WordNeedle
    ending: WordNeedle
    denials: WordNeedle
    degree: WordNeedle
    absent: WordNeedle
    absence: WordNeedle
    places: WordNeedle
    once: WordNeedle
    past: WordNeedle
    measures: WordNeedle
    partitive: WordNeedle
    predicate: WordNeedle
    sure: Needle
    elliptic: Needle
    said: Needle


@cache
def _joints(language: str) -> Joints:
    stored = dict(read_yaml(__package__, "joints.yaml")[language])
    sentences = {name: needle(stored.pop(name)) for name in ("sure", "elliptic", "said")}
    return Joints(**{name: WordNeedle(pattern) for name, pattern in stored.items()}, **sentences)


def misjoined(source: str, kept: str, language: str) -> str | None:
    """Why the rewrite of a sentence joins what does not belong together; None if it does not."""
    joints = _joints(language)
    if joints.elliptic.search(source):
        return "elliptic"
    if any(said[0] in kept for said in joints.said.finditer(source)):
        return "said"
    shown = kept.casefold()
    if any(sure[sure.lastindex or 0].casefold() not in shown for sure in joints.sure.finditer(source)):
        return "sure"
    if _word_hangs(source, kept, joints):
        return "joint"
    if _sizes_joined(source, kept):
        return "size"
    if _one_of_the_years(source, kept):
        return "year"
    return _clause_misread(source, kept, joints)


def _pairs(text: str) -> list[tuple[str, str]]:
    tokens = [token if token.isalnum() else _END for token in _TOKEN.findall(text.casefold())]
    return list(zip(tokens, [*tokens[1:], _END], strict=False))


def _word_hangs(source: str, kept: str, joints: Joints) -> bool:
    before = set(_pairs(source))
    for first, second in _pairs(kept):
        if (first, second) in before or first == _END:
            continue
        if second == _END:
            if joints.hanging.fullmatch(first) or joints.ending.fullmatch(first):
                return True
        elif joints.denials.fullmatch(first):
            if joints.degree.fullmatch(second) or joints.hanging.fullmatch(second):
                return True
        elif joints.hanging.fullmatch(first):
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


def _clause_misread(source: str, kept: str, joints: Joints) -> str | None:
    """Why a clause that changed says something else by itself or behind the ones before it."""
    whole = {_bound(clause) for clause in _CLAUSE.split(source)}
    clauses = _CLAUSE.split(kept)
    denied = False
    went = set(_WORD.findall(source.casefold())) - set(_WORD.findall(kept.casefold()))
    moved = any(map(joints.once.fullmatch, went))
    for at, clause in enumerate(clauses):
        words = _WORD.findall(clause.casefold())
        absent = any(map(joints.absence.fullmatch, words))
        if words and " ".join(words) not in whole:
            ahead = clauses[at + 1].strip() if at + 1 < len(clauses) else ""
            if denied and all(map(joints.places.fullmatch, words)):
                return "side"
            if any(map(joints.past.fullmatch, words)):
                return "past"
            if _bare_measure(words, joints) and not ahead[:1].isdigit() and f"{clause}:" not in kept:
                return "measure"
            if _partly(words, joints):
                return "part"
        if moved and at and any(map(joints.absent.fullmatch, words[:2])):
            return "once"
        denied = denied or absent
    return None


def _bare_measure(words: list[str], joints: Joints) -> bool:
    """True for "the size on the left" without a value."""
    known = all(joints.measures.fullmatch(word) or joints.places.fullmatch(word) for word in words)
    return len(words) < 4 and known and any(map(joints.measures.fullmatch, words))


def _partly(words: list[str], joints: Joints) -> bool:
    """True for "half of the metastases": nothing is said of the part."""
    pairs = zip(words[:2], words[1:3], strict=False)
    begins = any(joints.partitive.fullmatch(first) and second in _OF for first, second in pairs)
    return begins and not any(map(joints.predicate.fullmatch, words)) and not any(w[0].isdigit() for w in words)


def _bound(clause: str) -> str:
    return " ".join(_WORD.findall(clause.casefold()))
