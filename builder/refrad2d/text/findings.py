"""Things that are not anatomy: the vocabulary that names them (findings.csv) in masks and in sentences."""

import re
from functools import cache

from refrad2d.labels import labels
from refrad2d.system.tables import read_csv

_WORD = re.compile(r"[^\W\d_]+")


@cache
def finding_terms() -> dict[str, dict[str, tuple[str, ...]]]:
    """Finding name → language → terms, in lower case."""
    return {
        row["name"]: {"en": tuple(row["english"].lower().split("|")), "de": tuple(row["german"].lower().split("|"))}
        for row in read_csv(__package__, "findings.csv")
    }


@cache
def _allowed_words() -> frozenset[str]:
    names = [label.name.replace("_", " ") for label in labels()] + list(finding_terms())
    names += [term for terms in finding_terms().values() for term in terms["en"]]
    return frozenset(word for name in names for word in _WORD.findall(name.lower().replace("_", " ")))


def finding_label(text: str) -> str:
    """The label of a mask segment outside the 121 classes: its words of our vocabularies, "liver_lesion".

    A segment's name is free text that could name anybody, so every other word is left out; "finding" if none stays.
    """
    words = _WORD.findall(text.lower().replace("_", " "))
    return "_".join(word for word in words if word in _allowed_words()) or "finding"


def finding_kinds(label: str) -> set[str]:
    """The finding names in a finding label: "kidney_stone" → {"calculus"}."""
    text = label.replace("_", " ")
    return {
        name
        for name, terms in finding_terms().items()
        if name.replace("_", " ") in text or _has_term(text, terms["en"])
    }


def kinds_in(sentence: str, language: str) -> set[str]:
    """The finding names that a sentence speaks of, German compounds included ("Leberzyste" → {"cyst"})."""
    text = sentence.lower()
    found = {name for name, terms in finding_terms().items() if _has_term(text, terms[language])}
    if language == "de":
        words = _WORD.findall(text)
        found |= {
            name
            for name, terms in finding_terms().items()
            if any(word.endswith(term) for word in words for term in terms["de"] if len(term) >= 5)
        }
    return found


def _has_term(text: str, terms: tuple[str, ...]) -> bool:
    return any(re.search(rf"\b{re.escape(term)}\b", text) for term in terms)
