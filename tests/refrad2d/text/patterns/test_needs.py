"""The pieces that every match of a pattern holds."""

import pytest

from refrad2d.text.patterns.needs import needs, pieces


@pytest.mark.parametrize(
    ("pattern", "sets"),
    [
        (r"\bcysts?\b", [{"¦cyst¦", "¦cysts¦"}]),
        (r"\d\smm", [{"¦mm"}, {"0¦"}]),
        (r"\bin\s*[,;]", [{"in,", "in;", " ,", " ;"}]),
        (r"(?:abc){2,}", [{"abc"}]),
        (r"\bno\s(?=longer)", [{"¦longer"}]),
        (r"xyz\s*$", [{"xyz›"}]),
        (r"(?:stable)?", []),
        (r"x?(?<=never)y", [{"never"}]),
        (r"(?:\s?\d)+kg", [{"kg"}]),
        (r"[^a]", []),
    ],
)
def test_the_pieces_are_those_of_every_match(pattern, sets):
    assert {frozenset(one) for one in sets} <= set(needs(pattern)) if sets else needs(pattern) == ()


def test_the_pieces_of_a_word():
    assert {"¦cyst¦", "¦cy", "(cyst", " (c", "t, "} <= pieces("(cyst,")
    assert {"¦0mm¦", "0m"} <= pieces("12mm")
    assert {"‹the", " the ", "¦the¦"} <= pieces("‹the")


def test_a_word_with_letters_that_stand_for_others_may_hold_any_piece():
    assert pieces("ſtable") is None
