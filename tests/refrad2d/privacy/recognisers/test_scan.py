"""Patterns that run only where their words stand find what they would find anywhere."""

import re

from hypothesis import given
from hypothesis import strategies as st

from refrad2d.privacy.recognisers.scan import Hinted, stems

WARD = Hinted(r"(?:Station|Ward) \d+", word="station|ward", anchored=True)
HOUSE = Hinted(r"\w*klinik \w+", word="klinik", ends=True)


def test_an_anchored_pattern_starts_at_its_word():
    assert [m.group() for m in WARD.finditer("Ward 3, Vorstation 2, Station 41")] == ["Ward 3", "Station 41"]


def test_a_word_may_be_hinted_at_by_its_end():
    assert [m.group() for m in HOUSE.finditer("Die Musterklinik Nord")] == ["Musterklinik Nord"]


def test_without_its_words_a_pattern_is_not_tried():
    assert list(WARD.finditer("Leber glatt.")) == []


def test_the_word_of_a_placeholder_is_none():
    assert list(Hinted(r"NAME \d", word="name", anchored=True).finditer("[NAME 3")) == []


@given(st.lists(st.sampled_from(["Ward 1", "Station 2", "Leber", "ward", "Ward", " ", ", "]), max_size=8).map(" ".join))
def test_the_hints_lose_nothing(text):
    assert [m.span() for m in WARD.finditer(text)] == [m.span() for m in re.finditer(r"\b(?:Station|Ward) \d+", text)]


def test_stems_spell_out_every_word():
    hints = re.compile(stems(r"(?:Herrn?|Dr\.|befundet\s(?:von|durch))"))
    assert all(hints.match(word) for word in ("herr", "herrn", "dr", "befundet", "von", "durch"))
    assert not hints.match("drei")


def test_every_pattern_compiles_though_none_is_compiled_before_it_is_hinted_at():
    import refrad2d.privacy.deidentify  # noqa: F401  # all of ours

    late = Hinted(r"Bett \d+", word="bett", anchored=True)
    assert "pattern" not in vars(late)
    assert all(hinted.pattern for hinted in Hinted._all)
