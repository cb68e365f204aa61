"""Clauses that only say when."""

import pytest

from refrad2d.text.temporal.idle import drop_idle, is_idle


@pytest.mark.parametrize(
    ("language", "sentence"),
    [
        ("de", "Voraufnahmen: MRT 11/2019, CT 02/2020."),
        ("de", "Zum Vergleich liegt die CT vom 3. März 2020 vor."),
        ("en", "No prior studies are available for comparison."),
    ],
)
def test_a_sentence_about_other_examinations_is_idle(language, sentence):
    assert is_idle(sentence, language)


@pytest.mark.parametrize(
    ("language", "sentence"),
    [("de", "Kein Nachweis neuer Herde."), ("de", "Unverändert 13 mm."), ("en", "No new lesion.")],
)
def test_a_sentence_about_a_thing_or_a_size_is_not(language, sentence):
    assert not is_idle(sentence, language)


@pytest.mark.parametrize(
    ("language", "sentence", "kept"),
    [
        ("de", "Erguss rechts, gegenüber der Aufnahme von gestern rückläufig.", "Erguss rechts."),
        ("de", "DHC 12 mm (Vorwert 8 mm).", "DHC 12 mm."),
        ("de", "Zyste 12 mm, nicht abgrenzbar.", "Zyste 12 mm, nicht abgrenzbar."),
        ("en", "Nodule, 12 mm, unchanged since the prior CT.", "Nodule, 12 mm."),
        ("en", "Nodule, 2.4 cm compared to 1.9 cm last year.", "Nodule, 2.4 cm compared to 1.9 cm last year."),
    ],
)
def test_only_idle_clauses_go(language, sentence, kept):
    assert drop_idle(sentence, language) == kept
