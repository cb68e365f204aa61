"""The parts of a report that say what the pictures show, without its history, question, technique and comparison.

    >>> findings_sections("Indication: pancreatic mass? Findings: The pancreas is normal.", "en")
    ('Findings: The pancreas is normal.', 1)

A report often comes whole. "Indication: known liver cyst" is no finding of the examination: who asked has not seen the
pictures. The headings stand in data/sections.csv, as regular expressions.
"""

import re
from functools import cache
from itertools import pairwise

from refrad2d.labels import LANGUAGES
from refrad2d.system.tables import read_csv
from refrad2d.text.sentences import split_sentences

KINDS = ("other", "findings", "closing")
_BEGINS = r"(?:(?<=^)|(?<=\n)|(?<=[.?!]\s))"
_AND = r"\s?(?:/|,|&|\bund\b|\bu\.|\band\b)\s?"
_CLOSES = r"(?:[^\S\n]?\([^\n()]{0,40}\))?[*_]*[^\S\n]*(?::|\n(?!\s*(?-i:[a-zäöüß]))|[–-][^\S\n])"
_BLANK = re.compile(r"\n[^\S\n]*\n")
_ANY_HEADING = re.compile(r"(?:\n[^\S\n]*|(?<=[.?!])[^\S\n]+)(?=[^\W\d_][^\n.:]{0,40}:(?:\s|$))")


@cache
def _headings(language: str) -> re.Pattern:
    """A known heading with its colon, at the start of a line or sentence, or alone on its line."""
    rows = [row for row in read_csv(__package__, "sections.csv") if row["language"] == language]
    names = {kind: "|".join(row["heading"] for row in rows if row["kind"] == kind) for kind in KINDS}
    kinds = "|".join(f"(?P<{kind}>(?:{name})(?:{_AND}(?:{name}))*)" for kind, name in names.items())
    return re.compile(rf"{_BEGINS}[^\S\n]*[*_#]*(?:{kinds}){_CLOSES}", re.IGNORECASE)


def findings_sections(text: str, language: str) -> tuple[str, int]:
    """The text without the sections that state no finding of this examination, and how many those were.

    A section goes on to the next one of its kind, or to the findings. Where neither follows, it ends with its first
    sentence, or below a heading that stands alone on its line with a blank line or any other heading: what comes behind
    may be findings without a heading. ValueError for an unknown language.
    """
    if language not in LANGUAGES:
        raise ValueError(f"Unknown language {language!r}. Choose from {', '.join(LANGUAGES)}.")
    found = list(_headings(language).finditer(text))
    kept, end, cut = "", 0, 0
    for heading, following in pairwise([*found, None]):
        if heading and heading["other"] is not None:
            kept += text[end : heading.start()]
            end, cut = _end_of_section(text, heading.end(), following, language), cut + 1
    return ((kept + text[end:]).strip() if cut else text), cut


def _end_of_section(text: str, start: int, following: re.Match | None, language: str) -> int:
    bounds = [following.start() if following else len(text)]
    if following is None or following["closing"] is not None:
        found = (pattern.search(text, start, bounds[0]) for pattern in (_BLANK, _ANY_HEADING))
        bounds += [bound.start() for bound in found if bound]
        if text[start:].partition("\n")[0].strip():
            bounds += [start + stop for _, stop in split_sentences(text[start : min(bounds)], language)[:1]]
    return min(bounds)
