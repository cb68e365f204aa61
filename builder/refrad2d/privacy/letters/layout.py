"""The layout of a letter: its lines, the head before the first sentence, the foot behind the last, and cells of a line.

for line in read_layout(text): line.start, line.end, line.zone        # "head", "body", "foot"
"""

import re
from collections.abc import Iterator
from typing import NamedTuple

from refrad2d.privacy.recognisers.lexicon import PLACEHOLDER

_LINE = re.compile(r"[^\n]*\S[^\n]*")
_GREETING = re.compile(
    r"[ \t]*(?:Sehr|SEHR|Werte|Geehrte|Gesch(?:ä|ae)tzte|Liebe[rs]?|Hallo|Guten|Grüezi|Grüß|Servus|Moin|S\.[ ]?g\.|"
    r"Dear|DEAR|Hi|Hello)"
    r"(?!\w)"
)
SMALL_WORD = re.compile(r"(?<![\w.\-/])[a-zäöüß]{2,}(?![\w@/])")
_LINKS = frozenset(
    "und für am an der den dem des die das im in zum zur von vom bei mit of for and the at to geb geboren männl weibl"
    " tel fax "
    "med dent univ phil rer nat habil dr prof dipl pract cand gez born dob seit bis vom".split()
)
_SIGN_OFF = re.compile(
    r"[ \t]*(?i:mit[ ](?:\w+[ ]){0,3}(?:gr(?:ü|ue)(?:ß|ss)en|gruß|hochachtung)|(?:\w+[ ]){0,3}gr(?:ü|ue)(?:ß|ss)e|"
    r"mfk?g|lg|vg|"
    r"hochachtungsvoll|herzlich(?:st)?|beste[nr]?[ ]dank|gez\.|yours|kind(?:est)?[ ]regards|(?:with[ ])?(?:kind|best|"
    r"many|warm)[ ]\w+|"
    r"sincerely|respectfully|signed|dictated|regards)(?!\w)"
)
_CELL = re.compile(r"(?:(?![ \t]{2}|\t|[|·•∙;]|[ ][–\-—/][ ]).)+")


class Line(NamedTuple):
    """A line that is not empty: where it stands and in which part of the letter."""

    start: int
    end: int
    zone: str


def read_layout(text: str) -> list[Line]:
    """The lines of a letter with their zones; without a salutation the head ends at the first sentence."""
    lines = list(_LINE.finditer(text))
    prose = [_is_prose(line.group()) for line in lines]
    greeted = next((n for n, line in enumerate(lines[:40]) if _GREETING.match(line.group())), None)
    head = greeted if greeted is not None else next((n for n, value in enumerate(prose) if value), 0)
    signed = max((n for n, line in enumerate(lines) if _SIGN_OFF.match(line.group()) and n > head), default=None)
    last = max((n for n, value in enumerate(prose) if value), default=head)
    foot = last + 1 if signed is None or signed > last else signed
    return [
        Line(
            *line.span(), "head" if n < head else "foot" if n >= foot or signed is not None and n >= signed else "body"
        )
        for n, line in enumerate(lines)
    ]


def _is_prose(line: str) -> bool:
    """True for a line of sentences: four words in lower case that link no names."""
    small = [word for word in SMALL_WORD.findall(PLACEHOLDER.sub(" ", line)) if word not in _LINKS]
    return len(small) > 3


def cells(text: str, line: Line) -> Iterator[tuple[int, int]]:
    """The cells of a line between bars, points, wide gaps and dashes, without the blanks at their ends."""
    for match in _CELL.finditer(text, line.start, line.end):
        piece = match.group()
        if piece.strip():
            start = match.start() + len(piece) - len(piece.lstrip())
            yield start, start + len(piece.strip())
