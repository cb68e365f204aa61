"""What the words of a sentence settle before its clauses are read, and what one clause says of another.

>>> [(c.findings[0].polarity, c.findings[0].labels) for c in read_clauses("Zysten der Leber, keine in der Milz.", "de")]
[('affirmed', ('liver',)), ('denied', ('spleen',))]
"""

import re
from dataclasses import replace

from refrad2d.text.clauses.records import Clause, ClauseFinding, State
from refrad2d.text.clauses.signs import Sign, stored
from refrad2d.text.clauses.structures import narrow

_NONE_THERE = re.compile(r"DO[AGI]*S")
_ELLIPSIS = re.compile(r"[AM]*SI?Y?n")
_DENIES_ON = re.compile(r"D[AGjJE]*F[CURDAGjJF]*")
FINDING_FIRST = re.compile(r"[AGIJMNj]*[FB]")  # "V. a. Zyste der Leber und Stein …": the guess goes on
_ADJECTIVES = re.compile(r"(?:^|[AWUOGND])[ZMJj]*[ZJj]$")  # "eine große, septierte Zyste"
_DESCRIBED_ON = re.compile(r"[MJj]*J[Jj]*[FB]")
_ADJECTIVE_END = re.compile(r"(?:mm|cm|\d)$")
_ALONE = re.compile(r"[AJMN]*F")
_DESCRIBED = re.compile(r"[MAGI]*SI?Y[MYJIXT]*")


def with_ellipsis(before: Clause, clause: Clause) -> Clause:
    """ "Milz vergrößert, Leber nicht", "…, keine in der Milz": a clause denies what the clause before says."""
    names = {(f.finding.name, f.polarity) for f in before.findings}
    if _NONE_THERE.fullmatch(clause.signs) and len(names) == 1 and before.findings[0].polarity == "affirmed":
        place = clause.structures[0]
        if all(before.findings[0].finding.can_lie_in(label) for label in place.labels):
            denied = ClauseFinding(clause.start, clause.end, before.findings[0].finding, "denied", place, "said")
            return replace(clause, findings=(replace(denied, side=place.side),))
    if not _ELLIPSIS.fullmatch(clause.signs) or len({state.kind for state in before.states}) != 1:
        return clause
    state = before.states[0]
    if not state.holds:
        return clause
    return replace(clause, states=(State(clause.start, clause.end, state.kind, False, clause.structures[0]),))


def with_apposition(text: str, language: str, before: Clause, clause: Clause) -> Clause:
    """ "Verfettung, die Leber ist hypodens": the clause before, its finding at the one structure described behind it.

    Only for a finding that no other structure can have, or by a word that is no finding of another.
    """
    one = before.findings[0] if len(before.findings) == 1 and _ALONE.fullmatch(before.signs) else None
    if one is None or one.where != "open" or not one.finding.places or one.polarity != "affirmed":
        return before
    if not _DESCRIBED.fullmatch(clause.signs) or clause.findings or clause.doubted:
        return before
    place, word = clause.structures[0], text[one.start : one.end]
    alone = len(one.finding.places) == 1 or re.fullmatch(stored(language)["phrases"]["of_place"], word, re.IGNORECASE)
    if not alone or not set(place.labels) <= set(one.finding.places) or any(s.kind == "normal" for s in clause.states):
        return before
    return replace(before, findings=(replace(one, structure=place, where="said", side=place.side),))


def without_unplaced(text: str, bound: re.Pattern, clause: Clause) -> Clause:
    """A clause without the findings whose words (`bound`) are one of certain structures alone, and are not said of one:
    "konsolidiert" of a fracture is no finding of the lung."""
    kept = [f for f in clause.findings if f.where == "said" or not bound.fullmatch(text[f.start : f.end])]
    return clause if len(kept) == len(clause.findings) else replace(clause, findings=tuple(kept))


def settle(signs: list[Sign], text: str) -> list[Sign]:
    """ "hingegen" divides where a clause begins, else it is an adverb; a side behind a structure belongs to it; a comma
    between adjectives says nothing."""
    settled: list[Sign] = []
    signs = [sign for at, sign in enumerate(signs) if sign.code != "C" or not _lists_adjectives(signs, at, text)]
    for at, sign in enumerate(signs):
        before = settled[-1] if settled else None
        if sign.code == "h":
            rest = "".join(other.code for other in signs[at + 1 :])
            begins = before is None or before.code == "C" or before.code in "SFZ" and FINDING_FIRST.match(rest)
            sign = replace(sign, code="!" if begins else "M")
        if sign.code == "!" and _DENIES_ON.fullmatch("".join(other.code for other in signs[at + 1 :])):
            sign = replace(sign, code="C")  # "atrophic, but without a mass"
        follows = signs[at + 1].code if at + 1 < len(signs) else "."
        behind = sign.code == "I" and follows not in "SFBXJA"
        if behind and before and before.code in "SB" and before.structure.side == "both":
            settled[-1] = replace(before, structure=narrow(before.structure, sign.sides[0]))
        settled.append(sign)
    return settled


def _lists_adjectives(signs: list[Sign], at: int, text: str) -> bool:
    before, behind = ("".join(s.code for s in part) for part in (signs[:at], signs[at + 1 :]))
    if not _ADJECTIVES.search(before) or not _DESCRIBED_ON.match(behind):
        return False
    return not _ADJECTIVE_END.search(text[signs[at - 1].start : signs[at - 1].end])


def without_heading(signs: list[Sign], text: str, language: str) -> list[Sign]:
    """The signs behind a heading such as "Findings:", which says nothing."""
    if len(signs) > 2 and signs[1].code == "K":
        word = text[signs[0].start : signs[0].end].casefold()
        return signs[2:] if word in stored(language)["heading"] else signs
    return signs
