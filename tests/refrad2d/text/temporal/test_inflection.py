"""German subjects without their article."""

import pytest

from refrad2d.text.temporal.inflection import inflected, nominative, of_genitive


@pytest.mark.parametrize(
    ("subject", "bare"),
    [
        ("der kleine Erguss", "kleiner Erguss"),
        ("das subdurale Hämatom rechts", "subdurales Hämatom rechts"),
        ("die mäßige Stenose", "mäßige Stenose"),
        ("ein Herd", "ein Herd"),
    ],
)
def test_a_subject_loses_its_article(subject, bare):
    assert nominative(subject) == bare


@pytest.mark.parametrize(
    ("genitive", "bare"),
    [
        ("des kleinen Ergusses rechts", "kleiner Erguss rechts"),
        ("des subduralen Hämatoms", "subdurales Hämatom"),
        ("des Pneumothorax", "Pneumothorax"),
        ("des Aszites", "Aszites"),
        ("der kleinen Zysten", "kleine Zysten"),
        ("eines Infarktes", "Infarkt"),
        ("des unbekannten Dings", None),
    ],
)
def test_a_genitive_becomes_a_subject(genitive, bare):
    assert of_genitive(genitive) == bare


def test_adverbs_are_not_inflected():
    assert inflected("deutlich vergrößerte Niere", "es") == "deutlich vergrößertes Niere"
