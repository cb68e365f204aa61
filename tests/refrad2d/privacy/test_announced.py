"""What a word for its kind announces in German letters is found; clinical words behind such words stay."""

import pytest

from refrad2d.privacy.announced import find_announced

FOUND = (
    ("Betriebsarzt Kuntzmann, bitte um Befund.", "Kuntzmann"),
    ("Krellwitz (Physiotherapeutin) kam dazu.", "Krellwitz"),
    ("arbeitet bei der Lorenz Feinblech.", "Lorenz Feinblech"),
    ("Kita Spatzenburg", "Kita Spatzenburg"),
    ("Probe E21-4471 liegt vor.", "E21-4471"),
    ("liegt in Box 3b.", "Box 3b"),
    ("Pieper 77-1234", "77-1234"),
)
KEPT = (
    "Station 7 befallen, Station 10L frei.",
    "Labor Kontrolle, Praxis Termin.",
    "Sozialdienst informiert.",
    "Serie 5, Bild 34, 12 mm.",
    "Zustand nach Stent 2019.",
)


@pytest.mark.parametrize(("text", "piece"), FOUND)
def test_what_is_announced_is_found(text, piece):
    assert piece in [text[found.start : found.end] for found in find_announced(text, "de")]


@pytest.mark.parametrize("text", KEPT)
def test_clinical_words_stay(text):
    assert list(find_announced(text, "de")) == []


def test_english_is_left_to_the_other_recognisers():
    assert list(find_announced("Box 3b, Pieper 77-1234", "en")) == []
