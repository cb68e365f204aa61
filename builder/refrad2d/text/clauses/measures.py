"""Numbers of a text with their units.

>>> [(m.value, m.unit) for m in read_measures("2 x 3 cm, 30 Prozent")]
[(20.0, 'mm'), (30.0, 'mm'), (30.0, '%')]
"""

import re
from dataclasses import dataclass


@dataclass(frozen=True)
class Measure:
    """A number with its unit; lengths are in mm ("1,5 cm" is 15.0 "mm"), `unit` is "" for a plain number."""

    start: int
    end: int
    value: float
    unit: str


_UNIT = re.compile(r"[\s-]?(?:(mm|cm|ml|HE|HU)(?![^\W_])|(%|Prozent\b|percent\b|per cent\b))")
_AXES = re.compile(r"(\d+(?:[.,]\d+)?)\s?(?:[x×]\s?(?=\d[\d.,]*\s?(?:[x×]\s?\d[\d.,]*\s?)?(mm|cm)))")


def read_measures(text: str, start: int = 0, end: int | None = None) -> list[Measure]:
    """All numbers of text[start:end] with their units; "2 x 3 cm" is two lengths, in mm."""
    end = len(text) if end is None else end
    units = {m.start(1): m[2] for m in _AXES.finditer(text, start, end)}
    found = []
    for m in re.finditer(r"\d+(?:[.,]\d+)?", text[start:end]):
        first, last = start + m.start(), start + m.end()
        named = _UNIT.match(text, last)
        unit = (named[1] or "%") if named else units.get(first, "")
        value = float(m[0].replace(",", "."))
        if unit == "cm":
            value, unit = round(value * 10, 3), "mm"
        found.append(Measure(first, last, value, "HU" if unit == "HE" else unit))
    return found
