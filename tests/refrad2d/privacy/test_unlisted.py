"""Names that no list holds, found by the place where they stand."""

import pytest

from refrad2d.privacy.unlisted import find_unlisted, read_scan


def found(text):
    return [text[f.start : f.end] for f in find_unlisted(text, "de")]


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("Befund telefonisch an Schlotterbeck durchgegeben.", ["Schlotterbeck"]),
        ("Bericht an Schlotterbeck.", ["Schlotterbeck"]),
        ("Zweitbefund Aschauer-Dietl, freigegeben", ["Aschauer-Dietl"]),
        ("Hörbiger, App. 2217", ["Hörbiger"]),
        ("Steiger, Tel. 4460", ["Steiger"]),
        ("Brüggenolte (Gyn)", ["Brüggenolte"]),
        ("[NAME]/Lokatis", ["Lokatis"]),
        ("Präparator Mirko", ["Mirko"]),
    ],
)
def test_a_place_where_persons_stand(text, name):
    assert found(text) == name


@pytest.mark.parametrize("text", ["(Pfaffinger)", "cCT Tjarks: ASPECTS 9", "Umsetzung: Brüggenolte, bald"])
def test_weaker_places_count_in_a_letter_alone(text):
    assert not found(text)
    assert len(found(f"[DATE] [PHONE]. {text}")) == 1


@pytest.mark.parametrize(
    "text",
    [
        "Befund an der Leber.",
        "Operateur und Narkose unauffällig",
        "[DATE]: Xarelto, [NAME] (Pantoprazol)",
        "[NAME], Leber, [NAME] und Milz",
        "Barrett (Prag), [DATE], [NAME]",
    ],
)
def test_words_stay(text):
    assert not found(text)


def test_english_is_left_to_the_other_recognisers():
    assert not list(find_unlisted("Reported by Schlotterbeck.", "en"))


def test_a_scan_is_read_with_letters_and_digits_in_their_place():
    scan = "K1inikum Bergta1, Dr,med. 0swald, l2.O4.2O25, Te1. 0l5l"
    assert read_scan(scan) == "Klinikum Bergtal, Dr.med. Oswald, 12.04.2025, Te1. 0151"


def test_chemistry_is_no_scan():
    text = "HbA1c 6,1 %, FiO2 0,3, H2O, Tc99m, O2 3 l/min, BI-RADS 1, L1, I2"
    assert read_scan(text) == text
