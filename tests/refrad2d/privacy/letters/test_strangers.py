"""Words that nobody knows, and names that are words beside their cues."""

import pytest

from refrad2d.privacy.letters.strangers import find_strangers


def removed(text, language):
    return {text[f.start : f.end] for f in find_strangers(text, language)}


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("Die Nichte Urszula kommt.", "Urszula"),
        ("OP durch Koch und Jäger.", "Koch"),
        ("mit der PJlerin Kurz besprochen", "Kurz"),
        ("unterschrieben Lautenschläger", "Lautenschläger"),
        ("arbeitet bei der Concordia.", "Concordia"),
        ("Termin bei Optik Nann", "Optik Nann"),
    ],
)
def test_german_strangers_go(text, name):
    assert name in removed(text, "de")


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("She moved from Harehills last year.", "Harehills"),
        ("CMR at the Mater Private showed", "Mater Private"),
        ("her brother Rivers is well", "Rivers"),
        ("care from Highland Home Carers today", "Highland Home Carers"),
    ],
)
def test_english_strangers_go(text, name):
    assert any(name in piece for piece in removed(text, "en"))


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("Vordere Kreuzbandruptur, Divertikulose, Aufklärungsgespräch erfolgt.", "de"),
        ("Therapie mit Ciprofloxacin und Pantozol.", "de"),
        ("Wheeze at the left base, treated with Apixaban in the past.", "en"),
    ],
)
def test_words_of_reports_stay(text, language):
    assert removed(text, language) == set()
