"""The paper's form of an answer, mentions between tags without a box, as text and places: a box is around its mask.

>>> text, places, _ = place_mentions(render_mentions("Liver smooth.", [liver]), [mask], "en")
>>> [(p.start, p.end, p.label, p.box) for p in places]
[(0, 5, 'liver', (0.25, 0.25, 0.5, 0.5))]
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from radgrounder.metrics.masks import Rle, encode_rle
from refrad2d.grounding import Box, parse_mentions
from refrad2d.labels import FINDING
from refrad2d.text.clauses.structures import name_structures


class Place(NamedTuple):
    """A mention in the plain text with its class, the box around its mask, xyxy in [0, 1], and the mask."""

    start: int
    end: int
    label: str
    box: Box
    mask: Rle


def place_mentions(
    markup: str, masks: Sequence[np.ndarray], language: str, modality: str | None = None
) -> tuple[str, list[Place], int]:
    """The plain text, a place for each mention whose mask has a pixel, and how many mentions have none.

    `masks` are (rows, columns) bool, one for each mention in the order of the text. The markup names no class: it is
    read from the words, of a `modality` if given, the first where they name several, and is "finding" where they name
    none. ValueError if there is not one mask for each mention.
    """
    text, mentions = parse_mentions(markup)
    named = name_structures(text, language, modality)
    places = []
    for (start, end), mask in zip(mentions, masks, strict=True):
        if mask.any():
            labels = [label for one in named if one.start < end and start < one.end for label in one.labels]
            places.append(Place(start, end, labels[0] if labels else FINDING, _box_around(mask), encode_rle(mask)))
    return text, places, len(mentions) - len(places)


def _box_around(mask: np.ndarray) -> Box:
    """The box of the pixels, ends exclusive, in shares of width and height."""
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    height, width = mask.shape
    return columns[0] / width, rows[0] / height, (columns[-1] + 1) / width, (rows[-1] + 1) / height
