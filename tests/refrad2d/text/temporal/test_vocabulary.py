"""Which words may go."""

import pytest

from refrad2d.text.temporal.vocabulary import load_words, may_go


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
