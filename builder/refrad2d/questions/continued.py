"""Findings that a text names once and means again: "links desgleichen", "a second one in the lingula".

    >>> carried_on(text, clauses, "en")  # of "Stone in the right kidney. Same on the left."
    [NamedFinding(name='stone', …)]

Nobody can tell where such a finding is not. So it counts as named once more, in a place that we cannot read: questions
about "this stone", its side and its size have no ground, and a denial has none either.
"""

import re
from collections.abc import Iterable, Sequence
from functools import cache
from itertools import chain

from refrad2d.system.tables import read_yaml
from refrad2d.text.clauses.records import Clause, ClauseFinding
from refrad2d.text.findings import NamedFinding

ANYTHING = NamedFinding("*", "generic", {}, {})  # a text that goes on with what another text has named


@cache
def _patterns(language: str) -> tuple[re.Pattern, re.Pattern]:
    words = read_yaml(__package__, "continuations.yaml")[language]
    return re.compile(words["words"], re.IGNORECASE), re.compile(words["sides"], re.IGNORECASE)


def carried_on(text: str, clauses: Sequence[Clause], language: str) -> list[NamedFinding]:
    """The findings that clauses of a text say again without their names, `ANYTHING` where none was named before."""
    carried: list[NamedFinding] = []
    last: list[NamedFinding] = []
    for clause in clauses:
        named = [said for said in clause.findings if said.polarity != "denied"]
        carried += [
            finding
            for start in _goes_on(text, clause, language)
            for finding in _before(named, start) or last or [ANYTHING]
        ]
        last = [said.finding for said in named] or last
    return list(dict.fromkeys(carried))


def _before(named: Iterable[ClauseFinding], start: int) -> list[NamedFinding]:
    return [said.finding for said in named if said.start < start]


def _goes_on(text: str, clause: Clause, language: str) -> list[int]:
    """Where a clause goes on with what was named before it: 0, 1 or more offsets.

    A side alone does so in a clause that says nothing else, or that has named something on the other side: "Zyste
    rechts 3 cm, links 2 cm."
    """
    words, sides = _patterns(language)
    ends = (
        (said.end for said in clause.findings),
        (state.end for state in clause.states),
        (end for _, end in clause.denials),
    )
    read = [*chain.from_iterable(ends)]
    start = max(read, default=clause.start)
    found = [word.start() for word in words.finditer(text, start, clause.end)]
    if not read or {"left", "right"} <= set(clause.sides) and not clause.denials:
        inside = [(structure.start, structure.end) for structure in clause.structures] if read else []
        alone = [side.start() for side in sides.finditer(text, start, clause.end)]
        found += [at for at in alone if not any(first <= at < end for first, end in inside)]
    return found
