"""Numbers with their units, however they are written."""

import pytest

from refrad2d.text.clauses.measures import read_measures
from refrad2d.text.clauses.reading import read_clauses


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


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("de", "Hämangiom der Leber, 15 mm kaudal der Kuppel."),
        ("de", "Hämangiom der Leber, 15 mm oberhalb der Gallenblase."),
        ("de", "Hämangiom der Leber, 8 mm unter der Kapsel."),
        ("de", "Hämangiom der Leber im Abstand von 3 cm zum Hilus."),
        ("en", "Hemangioma of the liver, 15 mm caudal to the dome."),
        ("en", "Hemangioma of the liver 2 cm below the dome."),
    ],
)
def test_a_distance_is_no_size(language, text):
    assert [f.size for clause in read_clauses(text, language, "CT") for f in clause.findings] == [None]


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("de", "Hämangiom der Leber, 15 mm."),
        ("de", "15 mm Hämangiom der Leber."),
        ("en", "15 mm hemangioma of the liver."),
    ],
)
def test_a_size_is_one(language, text):
    assert [f.millimetres for clause in read_clauses(text, language, "CT") for f in clause.findings] == [15.0]
