"""What a text states, read alike in German and English."""

import pytest

from refrad2d.llm.facts import read_facts


def stated(text, language):
    return {(fact.key, fact.affirmed, fact.certainty) for fact in read_facts(text, language).facts}


@pytest.mark.parametrize(
    ("german", "english"),
    [
        ("Kein Aszites, Leberzyste.", "No ascites, liver cyst."),
        ("Keine Zyste, Raumforderung oder Fraktur.", "No cyst, mass or fracture."),
        ("Ein Erguss ist nicht nachweisbar.", "An effusion is not seen."),
        ("V. a. Metastase der Leber.", "Suspected metastasis of the liver."),
        ("Metastase nicht auszuschließen.", "Metastasis cannot be excluded."),
        ("Appendizitis.", "Appendicitis."),
    ],
)
def test_both_languages_give_the_same_facts(german, english):
    assert stated(german, "de") == stated(english, "en") != set()


def test_lengths_are_in_millimetres():
    assert read_facts("Zyste von 1,5 cm.", "de").facts[0].measures == {(15.0, "mm")}


def test_each_finding_has_its_own_side_and_number():
    cyst, stone = read_facts("Zyste links 12 mm, Stein rechts 5 mm.", "de").facts
    assert (cyst.sides, cyst.measures) == ({"left"}, {(12.0, "mm")})
    assert (stone.sides, stone.measures) == ({"right"}, {(5.0, "mm")})


def test_a_state_of_a_list_is_said_of_each_member():
    facts = read_facts("Leber und Milz unauffällig.", "de").facts
    assert {(fact.key, *fact.states) for fact in facts} == {("organ:liver", "good"), ("organ:spleen", "good")}


def test_not_enlarged_is_a_good_state():
    assert read_facts("The spleen is not enlarged.", "en").facts[0].states == {"good"}


def test_a_finding_takes_the_side_of_its_neighbour_as_a_guess():
    cyst = read_facts("Niere links mit Zyste.", "de").facts[0]
    assert (cyst.sides, cyst.near_sides) == (frozenset(), {"left"})
