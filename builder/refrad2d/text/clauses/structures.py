"""The structures of a text, from the mentions of their classes: their side, and what "the rest" leaves.

>>> narrow(Structure(0, 5, ("kidney_left", "kidney_right"), "both", False), "left").labels
('kidney_left',)
"""

import re
from collections.abc import Sequence
from dataclasses import replace

from refrad2d.labels import MODALITIES
from refrad2d.text.clauses.records import Structure
from refrad2d.text.lexicon import side_of
from refrad2d.text.mentions import Mention, find_mentions


def name_structures(text: str, language: str, modality: str | None) -> list[Mention]:
    """The mentions of the classes of a modality, "CT" or "MR"; of both for None, where CT goes before."""
    if modality:
        return find_mentions(text, language, modality)
    found: list[Mention] = []
    for own in MODALITIES:
        found += [
            m for m in find_mentions(text, language, own) if all(m.end <= o.start or o.end <= m.start for o in found)
        ]
    return sorted(found, key=lambda mention: mention.start)


_REST = re.compile(  # "übrige Lunge": what was not named before
    r"\b(?:übrige[nrs]?|restliche[nrs]?|verbleibende[nrs]?|remaining|other|rest of (?:the)?|remainder of (?:the)?) ?$",
    re.IGNORECASE,
)


def read_structures(text: str, mentions: Sequence[Mention]) -> list[Structure]:
    """The structure of each mention with its side; "the other kidney" leaves out what was named before."""
    found: list[Structure] = []
    named: set[str] = set()
    for mention in mentions:
        rest = _REST.search(text, max(0, mention.start - 40), mention.start)
        labels = tuple(label for label in mention.labels if not (rest and label in named))
        sides = {side_of(label) for label in labels} - {None}
        side = next(iter(sides)) if len(sides) == 1 else "both" if sides else None
        found.append(Structure(mention.start, mention.end, labels, side, mention.negated))
        named |= set(mention.labels)
    return found


def narrow(structure: Structure, side: str) -> Structure:
    """The part of a paired structure on a side; all of it for "both"."""
    labels = tuple(label for label in structure.labels if side == "both" or side_of(label) in (side, None))
    return replace(structure, labels=labels, side=side) if labels else structure
