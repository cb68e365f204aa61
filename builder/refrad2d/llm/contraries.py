"""What cannot both be true of one thing: "cystic" and "solid", a wire and a plate; and scores that changed their owners.

    >>> find_contrary("Zystische Läsion.", "Solid lesion.", ("de", "en"))
    'quality_changed'
    >>> find_contrary("MTA 3, Koedam 2.", "MTA 2, Koedam 3.", ("en", "en"))
    'numbers_changed'

A row of data/contraries.csv is one pole of a group, with its words (llm/concepts says how they are written; here a "*"
may stand inside a word too). It asks of whole texts only, so it needs no reading of the sentence: a pole that an answer adds while the
report's other pole went is a contradiction.
"""

import re
from functools import cache
from itertools import pairwise

from refrad2d.llm.concepts import fold
from refrad2d.system.tables import read_csv

_COLUMNS = {"de": ("any", "german"), "en": ("any", "english")}
_ORDINAL_STOP = re.compile(r"\b(III|IV)\.\s")
_CLAUSE = re.compile(r"[,;:()\n]|\.\s")
_DENIED = re.compile(r"\b(?:not|non|no|without|nicht|ceine?[nrms]?|ohne|nie)[\s-]+$")  # folded
_SIZE = re.compile(r"(?<![\d.,])(\d+(?:[.,]\d+)?)\s?(mm|cm)\b")
_NEUTRAL = "score|scores|grad|grade|typ|type|stage|stadium|kategorie|category|klasse|class|wert|value|index|von|of|is|ist|max"
_SCORE = re.compile(
    rf"([^\W\d_]{{3,}})[\s:=-]*(?:(?:{_NEUTRAL})\b[\s:=-]*){{0,3}}(\d+(?:[.,]\d+)?)(?![\d.,/]*\d|\s?(?:mm|cm|ml|%|x|×|-?\s?[Pp]ro|°|HE|HU|[./-]\d))",
    re.IGNORECASE,
)
_NO_OWNER = re.compile(
    rf"(?:{_NEUTRAL}|and|und|bis|to|the|from|vom|seit|since|about|etwa|circa|segment\w*|rippen?|ribs?|[ck]nien?|for|with|mit|auf|bei|at|"
    r"jetzt|now|zuvor|previously|vorher|over|[uü]ber|under|unter|links|rechts|left|right|day|tag|week|woche)",
    re.IGNORECASE,
)


@cache
def _poles(language: str) -> tuple[re.Pattern, dict[str, tuple[str, str]]]:
    """A pattern that finds the words of all poles, and the (group, pole) of each of its named groups."""
    said: dict[str, tuple[str, str]] = {}
    branches = []
    for number, row in enumerate(read_csv(__package__, "contraries.csv")):
        words = [word for column in _COLUMNS[language] for word in row[column].split("|") if word]
        if words:
            said[f"p{number}"] = (row["group"], row["pole"])
            spelt = (re.escape(fold(word)).replace(r"\*", r"\w*").replace(r"\ ", r"[\s-]") for word in words)
            branches.append((f"p{number}", "|".join(spelt)))
    return re.compile("|".join(rf"(?P<{name}>\b(?:{words})\b)" for name, words in branches)), said


def _read(text: str, language: str) -> tuple[set[tuple[str, str]], set[tuple[str, str, float]]]:
    """The poles of a text as (group, pole), and with the one size of their clause as (group, pole, mm)."""
    pattern, names = _poles(language)
    folded = fold(_ORDINAL_STOP.sub(r"\1 ", text))
    said, sized = set(), set()
    ends = [0, *(m.end() for m in _CLAUSE.finditer(folded)), len(folded)]
    for start, end in pairwise(ends):
        here = set()
        for m in pattern.finditer(folded, start, end):
            if not _DENIED.search(folded, max(0, m.start() - 12), m.start()):
                here |= {names[name] for name, word in m.groupdict().items() if word}
        sizes = _SIZE.findall(folded[start:end])
        if here and len(sizes) == 1:
            size = float(sizes[0][0].replace(",", ".")) * (10 if sizes[0][1] == "cm" else 1)
            groups = [group for group, _ in here]
            sized |= {(group, pole, size) for group, pole in here if groups.count(group) == 1}
        said |= here
    return said, sized


def _scores(text: str) -> dict[str, set[float]]:
    """Which numbers without a unit stand behind a word: {"mta": {3.0}}."""
    found: dict[str, set[float]] = {}
    for m in _SCORE.finditer(text):
        if not _NO_OWNER.fullmatch(m[1]):
            found.setdefault(fold(m[1]), set()).add(float(m[2].replace(",", ".")))
    return found


def find_contrary(source: str, answer: str, languages: tuple[str, str]) -> str | None:
    """Why an answer contradicts its text word for word, None if it does not."""
    (known, known_sizes), (said, sizes) = _read(source, languages[0]), _read(answer, languages[1])
    added, lost = said - known, known - said
    if {group for group, _ in added} & {group for group, _ in lost}:
        return "quality_changed"
    for group, pole, size in sizes - known_sizes:
        if any(g == group and v == size and p != pole for g, p, v in known_sizes):
            return "numbers_changed"
    owners = _scores(source)
    for owner, values in _scores(answer).items():
        if owner in owners and values - owners[owner] and owners[owner] - values:
            return "numbers_changed"
    return None
