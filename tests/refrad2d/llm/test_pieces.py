"""Scopes of denials and hedges."""

import pytest

from refrad2d.llm.facts import read_facts


def stated(text, language="de"):
    return {fact.key: (fact.affirmed, fact.certainty) for fact in read_facts(text, language).facts}


@pytest.mark.parametrize(
    ("text", "denied"),
    [
        ("Keine Zyste, Fraktur oder Blutung.", {"cyst", "fracture", "hemorrhage"}),
        ("Nicht dislozierte Fraktur.", {"displacement"}),
        ("Erguss, aber kein Pneumothorax.", {"pneumothorax"}),
        ("Zyste ohne Verbindung zum Gang.", {"communication"}),
        ("Eine Fraktur ist nicht nachweisbar.", {"fracture"}),
        ("Weder Aszites noch Ileus.", {"ascites", "ileus"}),
    ],
)
def test_a_denial_covers_what_it_denies(text, denied):
    assert {key for key, (affirmed, _) in stated(text).items() if not affirmed} == denied


@pytest.mark.parametrize(
    ("text", "certainty"),
    [
        ("V. a. Metastase.", {"metastasis": "suspected"}),
        ("Läsion, am ehesten Zyste.", {"lesion": "", "cyst": "probable"}),
        ("Metastase nicht auszuschließen.", {"metastasis": "possible"}),
        ("Fraktur, wahrscheinlich akut.", {"fracture": ""}),
    ],
)
def test_a_hedge_covers_what_is_behind_it(text, certainty):
    assert {key: sure for key, (_, sure) in stated(text).items()} == certainty


def test_a_structure_that_is_not_seen_is_said_to_be_absent():
    assert stated("Appendix nicht abgrenzbar.") == {"not_assessed": (True, "")}
