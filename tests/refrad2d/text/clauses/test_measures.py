"""Numbers with their units, however they are written."""

import pytest

from refrad2d.text.clauses.measures import read_measures


@pytest.mark.parametrize(
    ("text", "measures"),
    [
        ("2 x 3 cm, 40 HE, 7", [(20, "mm"), (30, "mm"), (40, "HU"), (7, "")]),
        ("7-mm-Zyste", [(7, "mm")]),
        ("1,5 cm", [(15, "mm")]),
        ("etwa 80%ige Stenose", [(80, "%")]),
        ("30 Prozent, 40 percent, 50 %", [(30, "%"), (40, "%"), (50, "%")]),
        ("12 mmHg", [(12, "")]),
    ],
)
def test_numbers_come_with_their_units(text, measures):
    assert [(m.value, m.unit) for m in read_measures(text)] == measures


def test_a_part_of_a_text_keeps_its_places():
    (measure,) = read_measures("5 mm, 6 mm", 6)
    assert (measure.start, measure.value) == (6, 6)
