"""Clauses that a denial must not reach."""

import pytest

from refrad2d.text.temporal import curate
from refrad2d.text.temporal.canonical.denials import apart_from_denials


@pytest.mark.parametrize(
    ("language", "text", "clean"),
    [
        ("de", "Kein Erguss, Zyste der Niere unverändert zur VU.", "Kein Erguss; Zyste der Niere."),
        ("en", "No evidence of recurrence at present, known scar unchanged.", "No evidence of recurrence; scar."),
        ("en", "No effusion, stable cyst on the right.", "No effusion; cyst on the right."),
        ("de", "Leber mit Zyste, Rundherd unverändert zur VU.", "Leber mit Zyste, Rundherd."),
    ],
)
def test_what_has_lost_its_predicate_stands_apart(language, text, clean):
    assert curate(text, language) == clean


def test_a_list_that_is_denied_stays_a_list():
    text = "No free air, free fluid or abscess."
    assert apart_from_denials(text, text) == text


def test_a_size_belongs_to_what_stands_before():
    assert apart_from_denials("Kein Erguss, Zyste ist 3 mm groß.", "x") == "Kein Erguss, Zyste ist 3 mm groß."
