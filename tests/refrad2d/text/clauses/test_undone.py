"""What a clause takes back of the clauses before it."""

import pytest

from refrad2d.text.clauses.reading import read_clauses


def polarities(text, language="de"):
    return [f.polarity for clause in read_clauses(text, language, "CT") for f in clause.findings]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Hepatomegalie und Splenomegalie liegen nicht vor.", ["doubted", "denied"]),
        ("Leberzyste und Gallensteine fehlen.", ["doubted", "doubted"]),
        ("Leberzyste und Gallensteine.", ["affirmed", "affirmed"]),
        ("Leberzyste, Gallensteine liegen nicht vor.", ["affirmed", "denied"]),
        ("Die Leber zeigt eine Zyste und Gallensteine liegen nicht vor.", ["affirmed", "denied"]),
    ],
)
def test_a_denial_behind_a_list_may_reach_all_of_it(text, expected):
    assert polarities(text) == expected


def test_a_state_that_has_ended_is_none():
    assert not any(c.states for c in read_clauses("Die Milz war vergrößert, ist es aber nicht mehr.", "de", "CT"))
    assert any(c.states for c in read_clauses("Die Milz ist vergrößert, die Leber nicht.", "de", "CT"))


def test_a_verb_with_an_unknown_word_says_nothing_certain():
    assert polarities("The liver cyst is implausible.", "en") == ["doubted"]
    assert polarities("The liver cyst is large.", "en") == ["affirmed"]
