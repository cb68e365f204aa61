"""Familiar words: inflected, joined, of medicine, drugs; names are strangers, unless they are words as well."""

import pytest

from refrad2d.privacy.letters.words import de_stem, en_stem, is_doubtful, is_familiar


@pytest.mark.parametrize(
    "word", ["Aufklärungsgespräch", "Gefäßstützen", "BI-RADS", "LK-Sono", "Pantozol", "Divertikulose", "Angefordert"]
)
def test_german_words_are_familiar(word):
    assert is_familiar(word, "de")


@pytest.mark.parametrize("word", ["Wheezing", "Haemorrhage", "Cholecystectomy", "Breathlessness", "Apixaban"])
def test_english_words_are_familiar(word):
    assert is_familiar(word, "en")


@pytest.mark.parametrize(
    ("word", "language"), [("Hrastnik", "de"), ("Ketelsen-Brodersen", "de"), ("Harehills", "en"), ("OBUYA", "en")]
)
def test_names_are_strangers(word, language):
    assert not is_familiar(word, language)


def test_endings_go():
    assert de_stem("verkalkten") == de_stem("verkalkte")
    assert en_stem("haemorrhages") == en_stem("hemorrhage")


def test_a_name_that_is_a_word_is_doubtful():
    assert is_doubtful("Winter")
    assert not is_doubtful("Leber")
