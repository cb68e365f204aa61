"""The substitutions themselves."""

import pytest

from refrad2d.text.temporal.rules import load_rules, reorder, says_nothing, substitute


@pytest.mark.parametrize("language", ["de", "en"])
def test_every_rule_compiles(language):
    assert load_rules(language).rules


def test_what_no_rule_finds_comes_back():
    assert substitute("Die  Leber ist ,glatt", "de") == "Die  Leber ist ,glatt"


def test_words_that_say_nothing():
    assert says_nothing("Keine wesentliche Änderung.", "de")
    assert not says_nothing("Keine Zyste.", "de")


def test_a_row_of_dated_sizes_ends_in_the_one_of_now():
    told = "Left iliac node: 17 mm in May, 12 mm in November, 10 mm today."
    assert reorder(told, "en") == "Left iliac node: 10 mm today."
