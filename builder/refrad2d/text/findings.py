"""Findings, the things that are not anatomy: the one vocabulary (findings.csv) of masks, sentences and questions.

A finding is a row. `name`, `group`, its names and articles are what questions call it; the patterns `english_terms` and
`german_terms` are how a sentence states it, looked for in the order of the rows. `kind` is what masks and sentences are
compared by, coarser than the name (a metastasis is a lesion); it goes by the `english_words` and `german_words` of all
its rows. A row may serve one of the two uses alone. `place` holds globs of the classes that a finding can lie in ("-"
if its name says where it is), `regions` the parts of the body where a question may offer it as a distractor.
`english_hints` and `german_hints` are words that do not name the finding but lead a reader to suspect it, in the
classes of `hint_place` alone: "loss of height" of a vertebra.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from functools import cache

from refrad2d.labels import labels
from refrad2d.system.tables import read_csv

_WORD = re.compile(r"[^\W\d_]+")
_IN_TABLE = {"en": "english", "de": "german"}


@dataclass(frozen=True)
class NamedFinding:
    """A finding as questions name it. `group` "generic" holds those that name no kind, such as "lesion"."""

    name: str
    group: str
    names: Mapping[str, str] = field(hash=False)  # language -> "pleural effusion"
    articles: Mapping[str, str] = field(hash=False)  # language -> "a pleural effusion", in German in the accusative
    kind: str = ""  # what masks call it, coarser than the name
    places: tuple[str, ...] = ()  # globs of the classes that it can lie in, empty for any
    regions: frozenset[str] = frozenset()  # parts of the body where a reader expects it, empty for all
    gender: str = ""  # m, f, n or p (plural) of the German name

    @property
    def names_its_place(self) -> bool:
        """True if the name says where it is ("ascites"): no structure beside it is its place."""
        return self.places == ("-",)

    def can_lie_in(self, label: str) -> bool:
        """True if the class is a possible place of the finding."""
        return not self.places or any(fnmatchcase(label, place) for place in self.places)


@cache
def named_findings(language: str) -> tuple[tuple[NamedFinding, re.Pattern], ...]:
    """The findings that a text can state with the pattern of their terms, in the order in which they are looked for."""
    return tuple(
        (
            NamedFinding(
                row["name"],
                row["group"],
                {"en": row["english"], "de": row["german"]},
                {"en": row["english_article"], "de": row["german_accusative"]},
                row["kind"],
                tuple(filter(None, row["place"].split("|"))),
                frozenset(filter(None, row["regions"].split("|"))),
                row["gender"],
            ),
            re.compile(rf"\b(?<!non-)(?:{row[f'{_IN_TABLE[language]}_terms']})(?!\w)", re.IGNORECASE),
        )
        for row in read_csv(__package__, "findings.csv")
        if row[f"{_IN_TABLE[language]}_terms"]
    )


@cache
def hinted_findings(language: str) -> tuple[tuple[NamedFinding, re.Pattern, tuple[str, ...]], ...]:
    """The findings that a text can hint at, the pattern of the words that do, and the globs of the classes of which."""
    named = {finding.name: finding for finding, _ in named_findings(language)}
    return tuple(
        (
            named[row["name"]],
            re.compile(rf"\b(?:{row[f'{_IN_TABLE[language]}_hints']})(?!\w)", re.IGNORECASE),
            tuple(row["hint_place"].split("|")),
        )
        for row in read_csv(__package__, "findings.csv")
        if row[f"{_IN_TABLE[language]}_hints"]
    )


@cache
def kind_words() -> dict[str, dict[str, tuple[str, ...]]]:
    """Kind of finding → language → its words, in lower case."""
    words: dict[str, dict[str, tuple[str, ...]]] = {}
    for row in read_csv(__package__, "findings.csv"):
        if row["kind"]:
            of_kind = words.setdefault(row["kind"], {"en": (), "de": ()})
            for language, column in _IN_TABLE.items():
                of_kind[language] += tuple(filter(None, row[f"{column}_words"].lower().split("|")))
    return words


@cache
def _allowed_words() -> frozenset[str]:
    names = [label.name.replace("_", " ") for label in labels()] + list(kind_words())
    names += [word for words in kind_words().values() for word in words["en"]]
    return frozenset(word for name in names for word in _WORD.findall(name.lower().replace("_", " ")))


def finding_label(text: str) -> str:
    """The label of a mask segment outside the 121 classes: its words of our vocabularies, "liver_lesion".

    A segment's name is free text that could name anybody, so every other word is left out; "finding" if none stays.
    """
    words = _WORD.findall(text.lower().replace("_", " "))
    return "_".join(word for word in words if word in _allowed_words()) or "finding"


def kinds_of(label: str) -> set[str]:
    """The kinds in a finding label: "kidney_stone" → {"calculus"}."""
    text = label.replace("_", " ")
    return {
        kind for kind, words in kind_words().items() if kind.replace("_", " ") in text or _has_word(text, words["en"])
    }


@cache
def places_of(label: str) -> frozenset[str]:
    """The classes that a finding label names, both sides of a paired one: "liver_lesion" → {"liver"}."""
    words = f"_{label}_"
    return frozenset(x.name for x in labels() if f"_{re.sub('_(left|right)$', '', x.name)}_" in words)


def kinds_in(sentence: str, language: str) -> set[str]:
    """The kinds of finding that a sentence speaks of, German compounds included ("Leberzyste" → {"cyst"})."""
    text = sentence.lower()
    found = {kind for kind, words in kind_words().items() if _has_word(text, words[language])}
    if language == "de":
        spoken = _WORD.findall(text)
        found |= {
            kind
            for kind, words in kind_words().items()
            if any(word.endswith(end) for word in spoken for end in words["de"] if len(end) >= 5)
        }
    return found


def _has_word(text: str, words: tuple[str, ...]) -> bool:
    return bool(_any_of(words).search(text))


@cache
def _any_of(words: tuple[str, ...]) -> re.Pattern[str]:
    """What finds any of some words as a whole; nothing where there are none."""
    return re.compile("|".join(rf"\b{re.escape(word)}\b" for word in words) if words else r"(?!)")
