"""What a rewrite may not leave of a comparison: "less synovitis" of "less than in May", 4 mm of "4 mm smaller".

>>> amount_told_as_size("The cyst is 4 mm smaller than in May.", "The cyst is 4 mm.")
True
"""

import re
from collections import Counter

from refrad2d.text.patterns.needles import needle
from refrad2d.text.temporal.vocabulary import words_of

COMMA = re.compile(r"[;:](?=\s|$)|\.$|,(?=\s)")


def bound(clause: str) -> str:
    """A clause as its words, with one blank between them."""
    return " ".join(words_of(clause))


def since_alone(source: str, kept: str) -> bool:
    """True if a change went and "since the operation" stayed."""
    if not _SINCE.search(kept):
        return False
    whole = {bound(clause) for clause in COMMA.split(source)}
    return any(_SINCE.search(clause) and bound(clause) not in whole for clause in COMMA.split(kept))


_SINCE = needle(r"\b(?:since|seit)\b")


def amount_told_as_size(source: str, kept: str) -> bool:
    """True if "4 mm smaller than in May" became "4 mm", or lost the day that it compares with."""
    if not _MORE_BY.search(kept) and not _MORE_BY.search(source):
        return False
    whole = {bound(clause) for clause in COMMA.split(source)}
    if any(_MORE_BY.search(clause) and bound(clause) not in whole for clause in COMMA.split(kept)):
        return True
    left = Counter(found[0] for found in _AMOUNT.finditer(kept))
    for found in _MORE_BY.finditer(source):
        amount = _AMOUNT.match(found[0])
        if amount and found[0] not in kept and left[amount[0]] > _sizes(source, amount[0]):
            return True
    return False


def _sizes(source: str, amount: str) -> int:
    """How often an amount stands in the source as a size and not as that of a change."""
    return _MORE_BY.sub(" ", source).count(amount)


_AMOUNT = needle(r"(?<![\w.,])\d[\d.,]*\s?(?:mm|cm|ml|g|%-Punkten?|%|percentage\spoints)(?!\w)", 0)
_LARGER = (
    r"(?:smaller|larger|bigger|longer|shorter|wider|narrower|thicker|thinner|taller|deeper|higher|lower|more|less|greater|heavier"
    r"|größer|kleiner|länger|kürzer|breiter|schmaler|schmäler|dicker|dünner|tiefer|höher|niedriger|weiter|enger|mehr|weniger|schwerer)"
)
_MORE_BY = needle(
    rf"(?<![\w.,])(?<!\bauf\s)(?<!\bto\s)\d[\d.,]*\s?(?:mm|cm|ml|g|%-Punkten?|%|percentage\spoints)\s{_LARGER}\b"
)
_CUT = needle(  # a word of comparison, and what it compares with
    r"\b(\w{3,}er|mehr|weniger|more|less|fewer|worse|better)\b(?:\s[\w-]+){0,3}?\s(?:als|than)\b"
)
_THAN = needle(r"\b(?:als|than)\b")
_OTHER_THING = needle(
    r"\bthan\s(?:the|its)\s(?:\w+\s)?ones?\b|\bals\s(?:die|der|das)\s(?:alte|frühere|vorherige|erste|entfernte)[nrs]?\s*[.,;]"
)


def comparison_cut(source: str, kept: str) -> bool:
    """True if "than before" went and "less synovitis" stayed, or if another thing went that was compared with."""
    if len(_OTHER_THING.findall(source)) > len(_OTHER_THING.findall(kept)):
        return True
    if len(_THAN.findall(source)) > len(_THAN.findall(kept)):
        shown, said = words_of(kept), words_of(source)
        words = {found[1].casefold() for found in _CUT.finditer(source)}
        if any(shown.count(word) == said.count(word) for word in words):
            return True
    for than, more in _COMPARATIVES:
        went = len(than.findall(source)) - len(than.findall(kept))
        if went > 0 and len(more.findall(source)) - len(more.findall(kept)) < went:
            return len(more.findall(kept)) > 0
    return False


_COMPARATIVES = (
    (
        needle(r"\bthan\b"),
        needle(r"\b(?:more|less|fewer|larger|smaller|bigger|wider|thicker|better|worse|greater)\b"),
    ),
    (
        needle(r"\bals\b"),
        needle(r"\b(?:mehr|weniger|größer|kleiner|breiter|dicker|geringer|ausgedehnter)(?:e[rnms]?)?\b"),
    ),
)
