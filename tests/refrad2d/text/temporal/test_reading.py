"""How words of change are read in their clause."""

import pytest

from refrad2d.text.temporal.reading import load_phrases, shield, spell_out, unshield


@pytest.mark.parametrize(
    ("language", "sentence"),
    [
        ("de", "Keine Rückbildung des Pneumothorax."),
        ("de", "Zunahme der Milz gegenüber der VU."),
        ("en", "No resolution of the pneumothorax."),
        ("en", "| Lesion | 01/2020 | 06/2021 |"),
    ],
)
def test_some_sentences_are_not_touched(language, sentence):
    assert shield(sentence, language) is None


@pytest.mark.parametrize(
    ("language", "sentence"),
    [
        ("de", "Vergrößerung des Uterus."),
        ("de", "Stationäre Aufnahme bei Pneumonie."),
        ("de", "Kein progredienter Erguss."),
        ("en", "Progressive multifocal leukoencephalopathy."),
    ],
)
def test_a_word_that_stays_is_marked(language, sentence):
    marked = shield(sentence, language)
    assert marked != sentence
    assert unshield(marked) == sentence


def test_abbreviations_are_spelt_out():
    assert spell_out("Erguss i. Vgl. zur VU groessenprogredient.", "de") == (
        "Erguss im Vergleich zur VU größenprogredient."
    )


@pytest.mark.parametrize("language", ["de", "en"])
def test_every_phrase_compiles(language):
    assert load_phrases(language).same
