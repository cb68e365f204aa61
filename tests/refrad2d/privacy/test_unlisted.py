"""Names that no list holds, found by the place where they stand."""

import pytest

from refrad2d.privacy.unlisted import find_unlisted


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
