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
from refrad2d.text.clauses.records import ABNORMAL, Clause, ClauseFinding
from refrad2d.text.clauses.signs import states_in
from refrad2d.text.findings import NamedFinding

SOUND = {  # what a state is of a part of a structure that is normal
    **dict.fromkeys((*ABNORMAL, "atrophic", "hyperplastic", "widened"), False),
    **dict.fromkeys(("normal", "homogeneous", "intact", "patent", "aerated", "symmetrical"), True),
}
_NAMES_ON = re.compile(r" ?(?:(?:of|in) (?:the |both )?|(?:de[rs]|beider|von|vom) )?(?:left |right |linken |rechten )?")
ANYTHING = NamedFinding("*", "generic", {}, {})  # a text that goes on with what another text has named


@cache
def _patterns(language: str) -> dict[str, re.Pattern]:
    words = read_yaml(__package__, "continuations.yaml")[language]
    return {name: re.compile(find, re.IGNORECASE) for name, find in words.items()}


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


def spread(
    text: str, clauses: Sequence[Clause], language: str, sentences: Sequence[tuple[int, int]]
) -> list[tuple[NamedFinding, tuple[str, ...]]]:
    """What a sentence affirms, with each structure that it is said to reach or invade further on."""
    found = []
    for start, end in sentences:
        word = _patterns(language)["spreads"].search(text, start, end)
        inside = [clause for clause in clauses if start <= clause.start < end] if word else []
        reached = [one.labels for clause in inside for one in clause.structures if word and one.start >= word.end()]
        said = [one.finding for clause in inside for one in clause.findings if one.polarity == "affirmed"]
        found += [(finding, labels) for finding in dict.fromkeys(said) for labels in reached]
    return found


def _goes_on(text: str, clause: Clause, language: str) -> list[int]:
    """Where a clause goes on with what was named before it: 0, 1 or more offsets.

    A side alone does so in a clause that says nothing else, or that has named something on the other side: "Zyste
    rechts 3 cm, links 2 cm."
    """
    words, sides = (_patterns(language)[name] for name in ("words", "sides"))
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


def half_told(text: str, clauses: Sequence[Clause], language: str) -> set[str]:
    """The structures that a clause calls normal or intact, and of which the next words may say something else.

    Those are the rest of its clause and all clauses up to the one that names a structure again.
    """
    found: set[str] = set()
    praised: set[str] = set()
    end = 0
    for clause in clauses:
        if praised and _goes_back(text, clause, language, end):
            found |= praised
        if clause.structures:
            good = [state for state in clause.states if state.kind in ("normal", "intact") and state.structure]
            praised = {label for state in good if state.structure for label in state.structure.labels}
            rest = max((state.end for state in good), default=clause.end)
            if praised and (_measures(clause, rest) or _is_restricted(text[rest : clause.end], language)):
                found |= praised
        end = clause.end
    return found


def _is_restricted(rest: str, language: str) -> bool:
    """True if the rest of a clause excepts something, or goes on with a part behind a comma."""
    words = _patterns(language)
    return bool(words["however"].search(rest) or words["own"].search(re.split("[,;(–]", f"{rest},", maxsplit=1)[1]))


def _measures(clause: Clause, start: int) -> bool:
    """True if a clause gives a length behind `start`."""
    return any(measure.unit == "mm" and measure.start >= start for measure in clause.measures)


def _goes_back(text: str, clause: Clause, language: str, last: int) -> bool:
    """True if a clause, the last one ending at `last`, may tell of the structure before it what is not normal."""
    however, own = (_patterns(language)[name] for name in ("however", "own"))
    if clause.structures:
        first = clause.structures[0].start
        before = text[clause.start : first]
        return any(not _NAMES_ON.fullmatch(before, word.end()) for word in own.finditer(before))
    said = text[last : clause.end]
    if however.search(said) or own.search(said) or "P" in clause.signs:
        return True
    states = states_in(text, clause.start, clause.end, language)
    if any(states.get(kind) is not good for kind, good in SOUND.items() if kind in states):
        return True
    unnamed = all(not said.finding.names_its_place for said in clause.findings)
    return unnamed and "Z" in clause.signs and "X" in clause.signs


def is_cut(text: str, clause: Clause, language: str) -> bool:
    """True if the words of a clause are half of what is said: "It is not the liver | but the spleen …"."""
    words = _patterns(language)
    before, inside = text[: clause.start].rstrip(" ,;:"), text[clause.start : clause.end].rstrip(" ,;:")
    behind = text[clause.end : clause.end + 30].lstrip(" ,;:–(")
    open_end = words["cut"].match(behind) or words["cut_end"].search(inside) or words["cut_start"].search(inside)
    halves = (f"{inside} {behind.split(' ')[0]}", re.split(r"[.;]\s", before)[-1])
    return open_end is not None or any(words["else"].search(half) for half in halves)
