"""Images that a report names: "Serie 4, Bild 32", "Se 4 Im 32", "image 12-14"."""

import re
from typing import NamedTuple

_REFERENCE = re.compile(
    r"\s*[\(\[]?(?:(?:vgl\.|siehe|s\.|see|cf\.)\s*)?"
    r"(?:\b(?:serie|series|ser|se)\.?\s*(?:nr\.?\s*|no\.?\s*)?(\d{1,5})\s*[,;/]?\s*)?"
    r"\b(?:bilder|bild|images|image|ima|img|im|schichten|schicht|slices|slice)\.?\s*(?:nr\.?\s*|no\.?\s*)?(\d{1,5})"
    r"(?:\s*(?:-|–|bis|to)\s*(\d{1,5}))?[\)\]]?",
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
        series, first, last = match.groups()
        instances = range(int(first), int(last or first) + 1)
        if 0 < len(instances) <= MAX_RANGE:
            found.append(Reference(match.start(), match.end(), int(series) if series else None, instances))
    return found
