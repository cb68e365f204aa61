"""A clause that has lost its predicate behind a denial: without a semicolon it would be one more thing that is denied.

>>> apart_from_denials("Kein Erguss, Zyste der Niere.", "Kein Erguss, Zyste der Niere unverändert.")
'Kein Erguss; Zyste der Niere.'
"""

import re

from refrad2d.text.patterns.needles import needle

_DENIES = needle(r"\b(?:kein\w*|ohne|weder|no|without|neither|free of|frei von)\b")
_COMMA = re.compile(r",\s(?!\d)(?![^()]*\))")
_OWN = re.compile(  # words at the beginning that show that a clause stands for itself, or goes on with the one before
    r"kein\w*|nicht|ohne|no|not|without|with|mit|and|or|und|oder|but|aber|jedoch|which|that|who|der|die|das|in|im|am|an|at|on|of|to"
    r"|from|links|rechts|left|right",
    re.IGNORECASE,
)
_SIDE = needle(r"\b(?:links|rechts|linke[rnms]?|rechte[rnms]?|left|right)\b")
_FIRST = re.compile(r"\W*(\w+)")


def apart_from_denials(kept: str, source: str) -> str:
    """The sentence with a semicolon before each such clause."""
    if "," not in kept or not _DENIES.search(kept):
        return kept
    out, last = "", 0
    for comma in _COMMA.finditer(kept):
        begins = max(out.rfind(";"), out.rfind(":"))
        before = kept[last : comma.start()] if last else kept[: comma.start()]
        clause = re.split(r"[,;.]\s|\.?$", kept[comma.end() :])[0]
        denied = _DENIES.search((out + before)[begins + 1 :])
        out += before
        last = comma.end()
        alone = denied and not _begins_with_own(clause) and not _stands_in(clause, source)
        alone = alone and not (_SIDE.search(before) and _SIDE.search(clause))  # "no effusion on the right, …"
        out += "; " if alone else kept[comma.start() : comma.end()]
    return out + kept[last:]


def _begins_with_own(clause: str) -> bool:
    first = _FIRST.match(clause)
    return first is None or _OWN.fullmatch(first[1]) is not None or _VERBS.search(clause) is not None


_VERBS = needle(
    r"\b(?:ist|sind|hat|haben|misst|messen|zeigt|zeigen|liegt|reicht|nicht|is|are|has|have|measures?|shows?|lies|extends?|not)\b",
    0,
)


def _stands_in(clause: str, source: str) -> bool:
    """True if the clause stands in the source as a whole."""
    return re.search(rf",\s{re.escape(clause)}\s*(?:[,;.]|$)", source, re.IGNORECASE) is not None
