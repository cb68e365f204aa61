"""Which words may go."""

import pytest

from refrad2d.text.temporal.vocabulary import load_words, may_go, names_a_thing


@pytest.mark.parametrize("language", ["de", "en"])
def test_every_pattern_compiles(language):
    assert load_words(language).deny.fullmatch("kein" if language == "de" else "no")


@pytest.mark.parametrize(
    ("word", "language"),
    [("pancreas", "en"), ("bilateral", "en"), ("unterschenkel", "de"), ("instabil", "de"), ("schrumpfniere", "de")],
)
def test_a_word_that_holds_a_word_of_change_stays(word, language):
    assert not may_go(word, language)


def test_a_word_of_change_may_go():
    assert may_go("grössenprogredient", "de")
    assert may_go("unchanged", "en")


@pytest.mark.parametrize(
    ("clause", "language", "expected"),
    [
        ("perihilar haze in both lungs", "en", True),
        ("left lung", "en", False),
        ("uterus", "en", False),
        ("signal on T2", "en", False),
        ("Kalkaneusbruch rechts", "de", True),
        ("Restniere rechts", "de", False),
        ("Ventrikelweite", "de", False),
    ],
)
def test_what_is_no_structure_and_no_measure_is_a_thing(clause, language, expected):
    assert names_a_thing(clause, language) is expected
