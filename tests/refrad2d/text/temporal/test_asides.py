"""Asides of another day, and headings that only say how things changed."""

import pytest

from refrad2d.text.temporal.asides import is_aside, only_says_change, turned


@pytest.mark.parametrize(
    ("aside", "language"),
    [
        ("an increase of 3 mm over twelve months", "en"),
        ("previously grade 2", "en"),
        ("which had spared the cuboid", "en"),
        ("absent in 2019", "en"),
        ("in der VU nicht vorhanden", "de"),
        ("beides konstant zum MRI von 2017", "de"),
        ("vormals 6 mm", "de"),
        ("die 2019 nicht bestand", "de"),
    ],
)
def test_an_aside_speaks_of_another_day(aside, language):
    assert is_aside(aside, language)


@pytest.mark.parametrize(
    ("aside", "language"),
    [
        ("the largest measuring 18 mm", "en"),
        ("without reduction", "en"),
        ("3 cm in diameter", "en"),
        ("links 6 mm", "de"),
        ("der Sinus frei", "de"),
        ("kein Erguss", "de"),
        ("ohne Vergrößerung", "de"),
    ],
)
def test_an_aside_of_today_is_none(aside, language):
    assert not is_aside(aside, language)


@pytest.mark.parametrize(
    ("heading", "language", "expected"),
    [
        ("No response to antibiotics", "en", True),
        ("Changes compared with the prior", "en", True),
        ("Left lung", "en", False),
        ("Gemischtes Ansprechen", "de", True),
        ("Linke Lunge", "de", False),
    ],
)
def test_a_heading_that_only_says_how_things_changed(heading, language, expected):
    assert only_says_change(heading, language) is expected


@pytest.mark.parametrize(
    ("source", "kept", "reason"),
    [
        ("Neue Herde: keine nachweisbar.", "Herde: keine nachweisbar.", "negation"),
        ("The pneumonia has cleared to some extent.", "No pneumonia.", "negation"),
        ("Bisher keine Fraktur, jetzt Fraktur LWK 2.", "Keine Fraktur; Fraktur LWK 2.", "negation"),
        ("Follow-up of pneumothorax: expanded lung.", "Pneumothorax: expanded lung.", "scope"),
        ("Follow-up of lung nodules: 6 mm nodule.", "Lung nodules: 6 mm nodule.", None),
        ("Der Erguss ist nicht mehr nachweisbar.", "Kein Erguss.", None),
    ],
)
def test_a_rewrite_turns_no_meaning(source, kept, reason):
    assert turned(source, kept) == reason
