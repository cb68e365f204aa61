"""What a clause takes back of the clauses before it.

>>> [f.polarity for c in read_clauses("Leberzyste und Gallensteine liegen nicht vor.", "de") for f in c.findings]
['doubted', 'denied']
"""

import re
from collections.abc import Sequence
from dataclasses import replace

from refrad2d.text.clauses.records import Clause

_BARE = re.compile(r"[AGIJMNjZQCURFBSOP]+")  # no verb, state, denial or colon: what is said of it comes later
_NO_MORE = re.compile(
    r"\b(?:nicht (?:mehr|länger)|no longer|not any ?more|any ?more|any longer|not now|used to|gone|resolved|"
    r"disappeared|vanished|cleared|healed|verschwunden|abgeheilt|ausgeheilt|behoben|zurückgebildet|resorbiert)\b",
    re.IGNORECASE,
)


def undone(clause: Clause) -> Clause:
    """A clause of which nothing is certain."""
    findings = tuple(replace(f, polarity="doubted", size=None, millimetres=None) for f in clause.findings)
    return replace(clause, findings=findings, states=(), doubted=True)


def with_lists_undone(text: str, clauses: Sequence[Clause], joints: str, later: Sequence[re.Pattern]) -> list[Clause]:
    """The clauses of a sentence; a denial or a doubt behind the last member of a list may reach all of it.

    `joints` are the signs before the clauses, `later` what denies or doubts from behind.
    """
    told, reaches, joined = list(clauses), False, False
    for at in range(len(told) - 1, 0, -1):
        if not _BARE.fullmatch(told[at].signs):
            reaches, joined = _is_denied_behind(text, told[at], later), False
        joined = joined or joints[at] in "UR"
        if joints[at] not in "CUR" or not _BARE.fullmatch(told[at - 1].signs):
            reaches = False
        elif reaches and joined:
            told[at - 1] = undone(told[at - 1])
    return told


def _is_denied_behind(text: str, clause: Clause, later: Sequence[re.Pattern]) -> bool:
    if not clause.findings or all(f.polarity == "affirmed" for f in clause.findings):
        return False
    return any(pattern.search(text[clause.findings[0].end : clause.end]) for pattern in later)


def with_taken_back(text: str, clauses: Sequence[Clause]) -> list[Clause]:
    """ "Die Milz war vergrößert, ist es aber nicht mehr": a clause about nothing of its own ends the one before."""
    told = list(clauses)
    for at, clause in enumerate(told[1:], start=1):
        bare = not (clause.structures or clause.findings or clause.states)
        if bare and _NO_MORE.search(text, told[at - 1].end, clause.end):
            told[at - 1] = undone(told[at - 1])
    return told
