"""Names by their place in a letter: before birth dates, in signatures, in rows, and wherever they come again."""

import pytest

from refrad2d.privacy.deidentify import deidentify
from refrad2d.privacy.recognisers.letters import find_in_letter, find_repeats
from refrad2d.privacy.recognisers.lexicon import Found


def names(text):
    return [text[f.start : f.end] for f in find_in_letter(text, "de")]


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("Wir berichten über Quorxa Velmin, geb. 14.02.1967, aus dem Dorf.", "Quorxa Velmin"),
        ("VELMIN, QUORXA * 14.02.1967", "VELMIN, QUORXA"),
        ("Ihre Patientin Quorxa Velmin (geb. Trostunk)", "Quorxa Velmin"),
        ("Betr.: Velmin Quorxa, geboren am 1.1.1950", "Velmin Quorxa"),
    ],
)
def test_a_name_before_a_birth_date_is_found(text, name):
    assert name in names(text)


def test_a_place_before_a_date_is_no_name():
    assert not names("Bad Salzbrunn, 24.08.2023") and not names("Verlaufskontrolle CT 24.08.2023")


def test_all_names_below_the_sign_off_are_found():
    text = "Milz glatt.\n\nMit freundlichen kollegialen Grüßen\n\nQ. Velmin      Olm Trostunk\nChefarzt      Oberarzt"
    assert {"Q. Velmin", "Olm Trostunk"} <= set(names(text)) and "Chefarzt" not in names(text)


def test_a_name_comes_again_without_its_title():
    text = "OÄ Dr. Velmin sah den Patienten. Naht durch Velmin."
    start = text.index("Velmin")
    assert [(f.start, f.end) for f in find_repeats(text, [Found(start, start + 6, "NAME", True)])][-1][1] == len(
        text
    ) - 1


def test_a_patient_with_an_eponym_goes_and_the_disease_stays():
    text = "Herr Dupuytren hat einen Morbus Dupuytren. Herr Dupuytren wurde operiert."
    assert deidentify(text, "de") == "[NAME] hat einen Morbus Dupuytren. [NAME] wurde operiert."


@pytest.mark.parametrize(
    "text", ["Dres. Velmin, Trostunk und Olm", "Prim. Strasser/OA Velmin/Ass. Trostunk", "Herr Dr. Velmin / Trostunk"]
)
def test_names_in_a_row_go_together(text):
    assert not {"Velmin", "Trostunk", "Strasser"} & set(deidentify(text, "de").replace("/", " ").split())


def test_an_initial_is_a_name_behind_a_salutation():
    assert deidentify("Frau F. klagt.", "de") == "[NAME] klagt."
