"""What counts as a word of time around a predicate."""

import pytest

from refrad2d.text.temporal.frames import after_time, frame, is_time, strip_time


@pytest.mark.parametrize(
    ("text", "language", "expected"),
    [
        ("since the ultrasound in spring", "en", True),
        ("since drain removal", "en", True),
        ("by more than half", "en", True),
        ("", "en", True),
        ("in the right lobe", "en", False),
        ("drain removal", "en", False),
        ("seit der letzten Aufnahme in domo", "de", True),
        ("um 3 mm", "de", True),
        ("im rechten Lappen", "de", False),
    ],
)
def test_words_of_time(text, language, expected):
    assert is_time(text, language) is expected


def test_time_goes_from_the_end():
    assert strip_time("in the right lobe since March", "en") == "in the right lobe"


@pytest.mark.parametrize(
    ("language", "clause", "rest"),
    [
        ("en", "Compared with the CT one month earlier the pseudocyst is gone", "the pseudocyst is gone"),
        ("en", "In the meantime marked ascites has appeared", "marked ascites has appeared"),
        ("en", "In the left lobe a cyst", "In the left lobe a cyst"),
        ("de", "Im Verlauf hat sich ein Infiltrat entwickelt", "hat sich ein Infiltrat entwickelt"),
    ],
)
def test_a_clause_begins_behind_its_time(language, clause, rest):
    assert clause[after_time(clause, language) :] == rest


def test_names_stand_for_patterns():
    assert frame("en", "{size}").fullmatch("2 x 3 cm")
