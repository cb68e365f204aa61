"""Images that a report names: "Serie 4, Bild 32", "Se 4 Im 32", "image 12-14"."""

import re
from typing import NamedTuple

_NUMBER = r"\.?\s*(?:nr\.?\s*|no\.?\s*)?(\d{1,5})"
_RANGE = r"(?:\s*(?:-|–|bis|to)\s*(\d{1,5}))?(?!\d|[.,]\d|\s*(?:mm|cm|\.\s+[a-zäöü]))"
_IMAGE = r"\b(?:bilder|bild|images|image|ima|img|schichten|schicht|slices|slice)"
_SERIES = r"\b(?:serie|series|ser|se)" + _NUMBER + r"\s*[,;/]?\s*"
_REFERENCE = re.compile(
    r"\s*[\(\[]?(?:(?:vgl\.|siehe|s\.|see|cf\.)\s*)?"
    # "Im" alone is a German preposition; behind a series number it is an image
    rf"(?:{_SERIES}(?:{_IMAGE}|\bim){_NUMBER}{_RANGE}|{_IMAGE}{_NUMBER}{_RANGE})[\)\]]?",
    re.IGNORECASE,
)
MAX_RANGE = 200


class Reference(NamedTuple):
    """A place in a text that names images: `series` is a SeriesNumber or None, `instances` are InstanceNumbers."""

    start: int
    end: int
    series: int | None
    instances: range


def find_references(text: str) -> list[Reference]:
    """All references in a text, in order; a range of more than 200 images is none."""
    found = []
    for match in _REFERENCE.finditer(text):
        series = match.group(1)
        first, last = match.groups()[1:3] if series else match.groups()[3:]
        instances = range(int(first), int(last or first) + 1)
        if 0 < len(instances) <= MAX_RANGE:
            found.append(Reference(match.start(), match.end(), int(series) if series else None, instances))
    return found
