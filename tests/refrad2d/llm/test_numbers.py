"""Numbers, levels, segments and dates."""

import pytest

from refrad2d.llm.numbers import blank_numbers, read_numbers


def values(text):
    return [(sign.value, sign.unit) for sign in read_numbers(text) if sign.kind == "number"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1,5 cm", [(15.0, "mm")]),
        ("5,5 x 3 cm", [(55.0, "mm"), (30.0, "mm")]),
        ("50-69 %", [(50.0, "%"), (69.0, "%")]),
        ("60%ige Stenose", [(60.0, "%")]),
        ("55 cc", [(55.0, "ml")]),
        ("8 HE", [(8.0, "HU")]),
        ("Kreatinin 1,1 mg/dl", [(1.1, "mg/dl")]),
        ("T-Score Schenkelhals -1.9.", [(1.9, "")]),
        ("Grad II, Harnstau I°", [(2.0, ""), (1.0, "")]),
        ("vom 14.11.2022", []),
        ("on the study from May", []),
        ("improved since 4/2, less than on 11/3", []),
    ],
)
def test_numbers_have_one_unit_for_one_thing(text, expected):
    assert values(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("BWK 7/8", ["vert:T7", "vert:T8"]),
        ("12. Brustwirbelkörper", ["vert:T12"]),
        ("fifth lumbar vertebra", ["vert:L5"]),
        ("des ersten Lendenwirbelkörpers", ["vert:L1"]),
        ("L5/S1", ["vert:L5", "vert:S1"]),
        ("Segment II und IVa", ["seg:2", "seg:4a"]),
        ("Läsion in S8", ["seg:8"]),
        ("T2-hyperintens", []),
    ],
)
def test_levels_and_segments_are_read(text, expected):
    assert [sign.name for sign in read_numbers(text) if sign.kind == "level"] == expected


def test_of_two_sizes_with_an_arrow_the_first_is_of_another_day():
    assert [sign.name for sign in read_numbers("52 -> 38 mm")] == ["earlier", ""]


def test_growth_and_what_was_measured_before_is_of_another_day():
    assert [sign.name for sign in read_numbers("52 mm, Wachstum 4 mm/Jahr")] == ["", "earlier"]
    assert [sign.name for sign in read_numbers("12 mm (9 mm before)")] == ["", "earlier"]
    for text in ("(now 12 mm, previously 8 mm)", "(aktuell 12 mm, zuvor 8 mm)", "(45 HU before, 90 HU after contrast)"):
        assert [sign.name for sign in read_numbers(text)] == ["", ""]  # of which is which llm/pieces decides


def test_blanking_keeps_the_length():
    text = "Zyste 12 mm, L4/5."
    assert len(blank_numbers(text, read_numbers(text))) == len(text)
