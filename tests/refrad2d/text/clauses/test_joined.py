"""What the words of a sentence settle before its clauses are read, and what one clause says of another."""

import pytest

from refrad2d.text.clauses.joined import FINDING_FIRST
from refrad2d.text.clauses.reading import read_clauses


def places(text, language="de"):
    return [(f.finding.name, f.labels) for clause in read_clauses(text, language, "CT") for f in clause.findings]


def test_a_comma_between_adjectives_says_nothing():
    text = "Am Unterpol der linken Niere eine 3 cm große, komplizierte Zyste."
    assert places(text) == [("cyst", ("kidney_left",))]
    assert places("Leber hypodens, große Zyste der Milz.") == [("cyst", ("spleen",))]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Verfettung, die Leber ist hypodens.", [("steatosis", ("liver",))]),
        ("Verfettung, die Leber ist unauffällig.", []),
        ("Verfettung, die Milz ist vergrößert.", []),
        ("Zyste, die Leber ist vergrößert.", [("cyst", ())]),
        ("Konkrement, die Gallenblase ist vergrößert.", [("stone", ())]),
    ],
)
def test_a_word_that_names_its_structure_has_it_in_the_next_clause(text, expected):
    assert places(text) == expected


def test_a_finding_first_begins_a_clause():
    assert FINDING_FIRST.match("AJF") and not FINDING_FIRST.match("ASF")
