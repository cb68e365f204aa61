"""Phrases of comparison in one form."""

import pytest

from refrad2d.text.temporal import curate
from refrad2d.text.temporal.canonical.comparisons import COMPARED, canonical


@pytest.mark.parametrize(
    "phrase",
    [
        "bezogen auf die Voruntersuchung vom 1.2.2022",
        "in Relation zur Ausgangsuntersuchung",
        "zur Kontrolle von vor zwei Jahren",
        "im Vgl. zur Vorkontrolle",
        "verglichen mit der MRT aus dem Vorjahr",
        "seit der Erstdiagnose",
        "binnen drei Monaten",
        "an Hand der Voraufnahmen aus dem LKH",
    ],
)
def test_every_german_phrase_is_one(phrase):
    told = f"Raumforderung links, {phrase} etwas ausgedehnter."
    assert canonical(told, "de") == "Raumforderung links, unverändert."
    assert curate(told, "de") == "Raumforderung links."


@pytest.mark.parametrize(
    "phrase",
    [
        "when seen against the previous MRI",
        "with reference to the study from January",
        "cf. 03/2021",
        "between the two examinations",
        "than on the 2021 scan",
        "six weeks after the initial radiograph",
        "since the drain was inserted 3 days ago",
        "compared with films from the referring hospital",
    ],
)
def test_every_english_phrase_is_one(phrase):
    told = f"The mass in the left lung is slightly larger {phrase}."
    assert canonical(told, "en") == "The mass in the left lung is unchanged."
    assert curate(told, "en") == "Mass in the left lung."


@pytest.mark.parametrize(
    ("language", "sentence"),
    [
        ("de", "Kein Lymphknoten hat seit der VU zugenommen."),
        ("de", "Neue Kopfschmerzen seit gestern."),
        ("de", "Kniegelenkserguss von gering auf mäßig zunehmend."),
        ("de", "Die Läsion ist, anders als zuvor, nicht mehr scharf begrenzt."),
        ("en", "No lesion is larger than on the prior study."),
        ("en", "Two meningiomas, 14 mm falx and 9 mm sphenoid wing, each 1 mm larger than in 2021."),
        ("en", "The tumour is not larger compared to prior but there is a new metastasis in segment II."),
        ("en", "There is yet to be any clearing of the right middle lobe consolidation."),
    ],
)
def test_what_a_denial_denies_or_a_patient_says_stays(language, sentence):
    assert curate(sentence, language) == sentence


@pytest.mark.parametrize(
    ("language", "sentence", "clean"),
    [
        ("de", "Der Pneumothorax rechts ist gegenüber gestern nicht mehr abgrenzbar.", "Kein Pneumothorax rechts."),
        ("de", "Gegenüber der VU kein Herd neu abgrenzbar.", "Kein Herd neu abgrenzbar."),
        ("de", "Die linke Niere ist kleiner als die rechte.", "Die linke Niere ist kleiner als die rechte."),
        ("en", "Signal is increased compared to muscle.", "Signal is increased compared to muscle."),
    ],
)
def test_a_change_keeps_its_sense(language, sentence, clean):
    assert curate(sentence, language) == clean


def test_the_words_that_stand_for_others_do_not_stay():
    text = "Die Befunde der anderen Klinik wurden im Vergleich zur Voruntersuchung nicht beurteilt."
    assert curate(text, "de").count(COMPARED["de"]) <= 1


@pytest.mark.parametrize(
    ("sentence", "told"),
    [
        ("There is more callus than on the previous film.", "There is callus."),
        ("Less marrow than before.", "Less marrow compared to the prior study."),
        ("Less contrast in the ureter than on the left.", "Less contrast in the ureter than on the left."),
        ("Nodule, stable back to 2016.", "Nodule, unchanged."),
        ("The fluid tracks back to the sacrum.", "The fluid tracks back to the sacrum."),
    ],
)
def test_more_of_a_thing_and_back_to_a_year(sentence, told):
    assert canonical(sentence, "en") == told
