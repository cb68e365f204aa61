"""What a findings text states: which finding, affirmed or denied, of what size, on which side, at which structure.

    >>> [(s.finding.name, s.denied) for s in read_statements("Leberzyste, kein Aszites.", "de", []).findings]
    [('cyst', False), ('ascites', True)]

What is in doubt ("V. a.", "possible", "cannot be excluded") is no statement. Findings stand in the table of
text/findings, the words of denial and doubt in statements.yaml.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache

from refrad2d.labels import LANGUAGES
from refrad2d.system.tables import read_yaml
from refrad2d.text.findings import NamedFinding, named_findings
from refrad2d.text.sentences import split_sentences

ABNORMAL = ("enlarged", "dilated", "thickened", "obstructed")  # states that no unremarkable structure has
_SIZE = re.compile(r"\d+(?:[.,]\d+)?(?: ?(?:mm|cm))?(?: ?[x×] ?\d+(?:[.,]\d+)?(?: ?(?:mm|cm))?)* ?(?:mm|cm)\b")


@dataclass(frozen=True)
class Statement:
    """One finding in one sentence. `label` is the class grounded in the sentence, None if there are none or several.

    `size` is the only measurement of the sentence as written, `millimetres` its largest diameter; both None if the
    sentence has several findings or sizes. `side` is left, right, both or None.
    """

    finding: NamedFinding
    denied: bool
    side: str | None
    size: str | None
    millimetres: float | None
    label: str | None
    several: bool


@dataclass(frozen=True)
class Status:
    """What a sentence says of a whole structure: `kind` is normal, enlarged, dilated, …; `holds` whether it is so."""

    kind: str
    holds: bool
    label: str


@dataclass(frozen=True)
class Statements:
    """All that a text states; `doubted` are findings that it names without affirming or denying them."""

    findings: tuple[Statement, ...]
    states: tuple[Status, ...]
    doubted: frozenset[str]


@cache
def _stored(language: str) -> dict:
    return read_yaml(__package__, "statements.yaml")[language]


@cache
def _cues(language: str) -> dict[str, re.Pattern]:
    words = {name: pattern for name, pattern in _stored(language).items() if name != "states"}
    return {name: re.compile(pattern, re.IGNORECASE) for name, pattern in words.items()}


@cache
def _states(language: str) -> dict[str, tuple[re.Pattern, ...]]:
    """State of a structure → what affirms it, what denies it."""
    states = _stored(language)["states"].items()
    return {name: tuple(re.compile(pattern, re.IGNORECASE) for pattern in pair) for name, pair in states}


def read_statements(text: str, language: str, spans: Sequence[Mapping]) -> Statements:
    """The statements of a findings text with its grounded `spans` ({start, end, labels})."""
    if language not in LANGUAGES:
        raise ValueError(f"Unknown language {language!r}. Choose from {', '.join(LANGUAGES)}.")
    findings: list[Statement] = []
    states: list[Status] = []
    doubted: set[str] = set()
    for start, end in split_sentences(text, language):
        labels = sorted({label for s in spans if start <= s["start"] and s["end"] <= end for label in s["labels"]})
        label = labels[0] if len(labels) == 1 else None
        found, in_doubt = _read_sentence(text[start:end], language, label)
        findings += found
        doubted |= in_doubt
        if label:
            states += _read_states(text[start:end], language, label, affirmed=any(not s.denied for s in found))
    return Statements(tuple(findings), tuple(states), frozenset(doubted))


def _read_sentence(sentence: str, language: str, label: str | None) -> tuple[list[Statement], set[str]]:
    cues = _cues(language)
    named = [(finding, *at, _polarity(sentence, *at, cues)) for finding, at in _find(sentence, language)]
    affirmed = [finding for finding, _, _, polarity in named if polarity == "affirmed"]
    sizes = _SIZE.findall(sentence)
    alone = len(affirmed) == 1 and len({finding.name for finding, *_ in named}) == len(named)
    size = sizes[0] if alone and len(sizes) == 1 else None
    side = _side(sentence, cues) if alone else None
    several = bool(cues["several"].search(sentence))
    statements = []
    for finding, _, _, polarity in named:
        if polarity == "affirmed":
            statements.append(
                Statement(finding, False, side, size, size and to_millimetres(size), label, several or not alone)
            )
        elif polarity == "denied":
            statements.append(Statement(finding, True, None, None, None, label, False))
    return statements, {finding.name for finding, _, _, polarity in named if polarity == "doubted"}


def _find(sentence: str, language: str) -> list[tuple[NamedFinding, tuple[int, int]]]:
    """The findings named in a sentence with their places, in order; the first kind that claims a place keeps it."""
    taken: list[tuple[NamedFinding, tuple[int, int]]] = []
    for finding, pattern in named_findings(language):
        for match in pattern.finditer(sentence):
            if all(match.end() <= start or end <= match.start() for _, (start, end) in taken):
                taken.append((finding, match.span()))
    return sorted(taken, key=lambda found: found[1])


def _polarity(sentence: str, start: int, end: int, cues: Mapping[str, re.Pattern]) -> str:
    """affirmed, denied or doubted.

    A denial reaches from its word to the end of its clause; over a comma it may go on ("no cyst, mass or stone"):
    doubt.
    """
    if cues["doubt"].search(sentence, 0, start) or sentence.rstrip().endswith("?"):
        return "doubted"
    scope_starts = [m.end() for m in cues["scope_end"].finditer(sentence, 0, start)]
    scope = sentence[max(scope_starts, default=0) : start]
    after = re.split(r"[,;:]", sentence[end:], maxsplit=1)[0]
    if cues["denial_after"].search(after):
        return "doubted" if cues["doubt"].search(after) or cues["denial"].search(scope) else "denied"
    if cues["doubt"].search(after) and not _SIZE.search(after):
        return "doubted"
    if cues["denial"].search(scope.rsplit(",", 1)[-1]):
        return "denied"
    return "doubted" if cues["denial"].search(scope) else "affirmed"


def _side(sentence: str, cues: Mapping[str, re.Pattern]) -> str | None:
    found = [side for side in ("left", "right", "both") if cues[side].search(sentence)]
    if found == ["left", "right"]:
        return None
    return found[0] if len(found) == 1 else None


def to_millimetres(size: str) -> float:
    """The largest number of a size such as "2,3 x 1.8 cm", in mm."""
    numbers = [float(number.replace(",", ".")) for number in re.findall(r"\d+(?:[.,]\d+)?", size)]
    return round(max(numbers) * (10 if size.endswith("cm") else 1), 2)


def _read_states(sentence: str, language: str, label: str, *, affirmed: bool) -> list[Status]:
    cues = _cues(language)
    if cues["doubt"].search(sentence):
        return []
    states = []
    for kind, (affirming, denying) in _states(language).items():
        denied = denying.search(sentence) is not None
        if denied != (affirming.search(sentence) is not None):
            states.append(Status(kind, not denied, label))
    abnormal = affirmed or any(state.kind in ABNORMAL and state.holds for state in states)
    if abnormal:
        return [*states, Status("normal", False, label)]
    plain = cues["normal"].search(sentence) and not cues["abnormal"].search(sentence)
    if plain and not cues["denial"].search(sentence):
        states.append(Status("normal", True, label))
    return states
