"""Sentences that say how images were made name no structure."""

import pytest

from refrad2d.text.lexicon import lexicon
from refrad2d.text.phrases.technique import is_technique
from refrad2d.text.tokens import tokenize
from tests.fixtures.mentions import classes, words


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("Rekonstruktionen im Lungenfenster.", "de"),
        ("Technik: CT der Leber mit Kontrastmittel.", "de"),
        ("CT der Lunge in Inspiration durchgeführt.", "de"),
        ("Weichteil-, Lungen- und Knochenfenster.", "de"),
        ("Kidney stone protocol CT.", "en"),
        ("Axial CT images of the liver were obtained.", "en"),
        ("Lung-RADS 3.", "en"),
    ],
)
def test_a_technique_line_names_no_structure(text, language):
    assert words(text, language) == []


@pytest.mark.parametrize(
    ("text", "language", "expected"),
    [
        ("MRI of the brain performed in May shows a mass.", "en", "brain"),
        ("CT der Leber in arterieller Phase mit Herd.", "de", "liver"),
        ("CT Abdomen durchgeführt mit Nachweis eines Herdes in der Leber.", "de", "liver"),
    ],
)
def test_an_examination_with_a_finding_is_no_technique_line(text, language, expected):
    assert classes(text, language) == {expected}


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("CT von Schädel und HWS nativ, Schichtdicke 1 mm.", "de"),
        ("Sequenzen der LWS sagittal.", "de"),
        ("T1 und T2 gewichtete Sequenzen der LWS sagittal.", "de"),
        ("KM-Gabe, Start bei Bolus-Tracking in der Aorta.", "de"),
        ("Bolus tracking in the aorta.", "en"),
        ("Bolus tracking was performed in the descending aorta.", "en"),
    ],
)
def test_planes_slices_and_a_bolus_name_no_structure(text, language):
    assert words(text, language) == []


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Bolus tracking in the aorta.", True),
        ("Bolus tracking in the aorta, which is enlarged.", False),
        ("Technique: CT of the liver.", True),
        ("Liver enlarged.", False),
    ],
)
def test_a_sentence_about_technique(text, expected):
    assert is_technique(tokenize(text, 0, len(text), lexicon("en"))) is expected
