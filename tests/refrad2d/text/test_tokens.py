"""Tokens of a text, and what a matched term knows of its sides."""

from hypothesis import given
from hypothesis import strategies as st

from refrad2d.text.lexicon import Term, lexicon
from refrad2d.text.tokens import TermMatch, tokenize


def raw(text, language="de"):
    return [token.raw for token in tokenize(text, 0, len(text), lexicon(language))]


def test_words_numbers_and_signs_are_tokens():
    assert raw("Niere re., 12 mm (links)") == ["Niere", "re", ".", ",", "12", "mm", "(", "links", ")"]


def test_a_decimal_is_a_token_but_a_list_of_levels_is_not():
    assert raw("Zyste 4,5 cm") == ["Zyste", "4,5", "cm"] and raw("BWK 4,5") == ["BWK", "4", ",", "5"]


def test_a_word_holds_no_hyphen():
    assert raw("Leber-Metastasen") == ["Leber", "-", "Metastasen"]


def test_only_the_stretch_asked_for_is_read():
    assert [token.raw for token in tokenize("Leber. Milz.", 7, 12, lexicon("de"))] == ["Milz", "."]


@given(st.text(max_size=60))
def test_tokens_are_what_stands_in_the_text(text):
    at = 0
    for token in tokenize(text, 0, len(text), lexicon("en")):
        assert at <= token.start < token.end and text[token.start : token.end] == token.raw
        assert not text[at : token.start].strip()
        at = token.end


def test_a_match_of_both_sides_is_paired_and_bars_sides():
    kidney = TermMatch(0, 1, Term("term"), ("kidney_left", "kidney_right"))
    liver, vessel = TermMatch(0, 1, Term("term"), ("liver",)), TermMatch(0, 1, Term("none"), ())
    assert (kidney.paired, liver.paired, vessel.paired) == (True, False, False)
    assert (kidney.bars_sides, liver.bars_sides, vessel.bars_sides) == (True, False, True)
