"""Sentence splitting: what ends a sentence in German and English reports, and what does not."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from refrad2d.text.sentences import split_sentences


def split(text, language):
    return [text[start:end] for start, end in split_sentences(text, language)]


@pytest.mark.parametrize(
    "text",
    [
        "Z.n. Cholezystektomie vor ca. 3 Jahren.",
        "Fraktur der 4. und 5. Rippe rechts.",
        "Hämangiom im 3. Lendenwirbelkörper.",
        "Fraktur der VII. Rippe links.",
        "Die A. carotis communis re. ist frei.",
        "Zyste der li. Niere, max. 2.3 cm (vgl. Abb. 4).",
        "Voruntersuchung vom 12.03.2021 liegt vor.",
        "Am 3. Oktober erfolgte die Kontrolle bei Dr. Beispiel.",
        "Ödem im M. psoas, z.B. nach Trauma.",
        "Niere re. Nierenbecken schlank",
    ],
)
def test_german_abbreviations_and_ordinals_do_not_end_a_sentence(text):
    assert split(text, "de") == [text]


@pytest.mark.parametrize(
    "text",
    [
        "The lesion measures approx. 1.2 cm, see fig. 3.",
        "Stable vs. prior study of 12.03.2021.",
        "Image No. 3 shows the liver.",
        "Seen by Dr. Example at St. Example.",
    ],
)
def test_english_abbreviations_do_not_end_a_sentence(text):
    assert split(text, "en") == [text]


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("Fraktur BWK 12. Die Leber ist frei.", ["Fraktur BWK 12.", "Die Leber ist frei."]),
        ("Sinterung LWK 3. Rippen intakt.", ["Sinterung LWK 3.", "Rippen intakt."]),
        ("Leber o.B. Milz o.B.", ["Leber o.B.", "Milz o.B."]),
        ("Zyste der Niere li. Die Milz ist frei.", ["Zyste der Niere li.", "Die Milz ist frei."]),
        ("Durchmesser 3 cm. Leber frei!", ["Durchmesser 3 cm.", "Leber frei!"]),
    ],
)
def test_german_sentences_end(text, parts):
    assert split(text, "de") == parts


def test_english_sentences_end():
    assert split("Fracture of L4. The liver is normal. No stone.", "en") == [
        "Fracture of L4.",
        "The liver is normal.",
        "No stone.",
    ]


def test_line_breaks_and_bullets_end_a_sentence():
    assert split("Befund:\n- Leber frei\n- Milz frei", "de") == ["Befund:", "- Leber frei", "- Milz frei"]


def test_a_line_that_goes_on_is_one_sentence():
    assert split("Metastase in der\nLeber und\nauch in der Milz", "de") == [
        "Metastase in der\nLeber und\nauch in der Milz"
    ]


def test_unknown_language_names_the_choices():
    with pytest.raises(ValueError, match="'fr'.*de, en"):
        split_sentences("foie", "fr")


@given(st.text(alphabet=st.sampled_from("aBz.!? \n-1ä,;(\t"), max_size=60), st.sampled_from(["de", "en"]))
def test_ranges_are_in_order_and_lose_no_character(text, language):
    ranges = split_sentences(text, language)
    bounds = [bound for piece in ranges for bound in piece]
    assert bounds == sorted(bounds) and all(start < end for start, end in ranges)
    assert "".join("".join(text[start:end].split()) for start, end in ranges) == "".join(text.split())
