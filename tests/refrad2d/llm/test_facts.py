"""What a text states, read alike in German and English."""

import pytest

from refrad2d.llm.facts import read_facts
from refrad2d.llm.pieces import GOOD


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
    assert {(fact.key, *fact.organs) for fact in facts if fact.key == GOOD} == {(GOOD, "liver"), (GOOD, "spleen")}


def test_a_state_that_is_denied_is_a_denied_finding():
    fact = read_facts("The spleen is not enlarged.", "en").facts[0]
    assert (fact.key, fact.affirmed, fact.organs) == ("enlarged", False, {"spleen"})


def test_what_a_structure_has_takes_its_side():
    assert read_facts("Niere links mit Zyste.", "de").facts[-1].sides == {"left"}


def test_a_finding_takes_the_side_of_its_neighbour_as_a_guess():
    cyst = read_facts("Erguss links, Zyste.", "de").facts[-1]
    assert (cyst.sides, cyst.near_sides) == (frozenset(), {"left"})


def test_a_denied_change_denies_no_thing():
    assert [(fact.key, fact.change) for fact in read_facts("Kein neuer Herd.", "de").facts] == [("lesion", True)]


def test_growth_of_a_thing_that_is_denied_leaves_the_thing():
    assert read_facts("No increase of the effusion.", "en").facts[0].affirmed


def test_a_number_of_another_day_is_set_apart():
    facts = read_facts("Mass of 31 mm, previously 27 mm.", "en")
    assert (facts.numbers, facts.earlier) == ({(31.0, "mm")}, {(27.0, "mm")})


def test_what_was_there_is_gone():
    fact = read_facts("Die zuvor verschlossene V. poplitea.", "de").facts[0]
    assert fact.key == "occlusion" and fact.gone


def test_a_device_that_only_names_what_is_denied_is_not_denied():
    assert [(f.key, f.affirmed) for f in read_facts("No screw migration.", "en").facts] == [("migration", False)]


def test_letters_in_front_of_a_structure_are_sides():
    facts = read_facts("L hip: osteoarthritis. No fracture. R hip normal.", "en").facts
    assert {(fact.key, *fact.sides) for fact in facts if fact.affirmed} >= {
        ("osteoarthritis", "left"),
        ("good", "right"),
    }


def test_what_was_smaller_at_another_time_is_on_no_other_side():
    assert read_facts("Disc protrusion left, larger than in 2016.", "en").sides == {"left"}
    assert read_facts("Effusion, more on the left.", "en").sides == {"left", "right"}
