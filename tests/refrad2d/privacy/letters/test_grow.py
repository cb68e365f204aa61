"""What clings to a placeholder goes with it."""

import pytest

from refrad2d.privacy.letters.grow import find_clinging


@pytest.mark.parametrize(
    ("text", "piece"),
    [
        ("[NAME] 60, [ADDRESS]", "60"),
        ("Ernährungsberatung [NAME] K.. Dann", "K."),
        ("Prof. Dr. med. [NAME]", "Prof. Dr. med."),
        ("[NAME], Bastien  [DATE]", "Bastien"),
        ("at [NAME] surgery", "surgery"),
        ("[DATE] 85, ID", "85"),
        ("[ORGANISATION] für seelische Gesundheit [NAME]\n\nSehr geehrte Frau", "für seelische Gesundheit"),
    ],
)
def test_it_goes(text, piece):
    assert any(piece in text[f.start : f.end] for f in find_clinging(text, "de"))


@pytest.mark.parametrize(
    "text", ["[NAME] 12 mm", "bis [DATE] 5 cm groß", "[NAME] hat eine Zyste", "von [NAME] untersucht"]
)
def test_measures_and_words_stay(text):
    assert list(find_clinging(text, "de")) == []
