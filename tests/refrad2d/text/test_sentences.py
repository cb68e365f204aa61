"""Sentence splitting: what ends a sentence in German and English reports, and what does not."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from refrad2d.text.sentences import compose, split_sentences


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
        "Deg. Veränderungen der LWS.",
        "Mehrere vergr. Lymphknoten.",
        "Metastase in Seg. 6 der Leber.",
        "1. Leber vergrößert.",
        "Die 3. Untersuchung zeigt eine Zyste.",
        "V. a. Metastase, z. B. der Leber.",
        "Zyste der re. Niere.",
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
        ("Milz o. B. Leber o. B.", ["Milz o. B.", "Leber o. B."]),
        ("Zyste Bosniak I. Keine Raumforderung.", ["Zyste Bosniak I.", "Keine Raumforderung."]),
        ("Zirrhose Child B. Milz groß.", ["Zirrhose Child B.", "Milz groß."]),
        ("Fraktur Typ B2. Wirbel stabil.", ["Fraktur Typ B2.", "Wirbel stabil."]),
        ("KM i.v. Die Leber ist homogen.", ["KM i.v.", "Die Leber ist homogen."]),
        ("LK nicht vergr. Die Milz ist frei.", ["LK nicht vergr.", "Die Milz ist frei."]),
        ("Zustand nach OP. Leber frei.", ["Zustand nach OP.", "Leber frei."]),
        ("a) Leber frei. b) Milz frei.", ["a) Leber frei.", "b) Milz frei."]),
        ("I. Leber frei. II. Milz frei.", ["I. Leber frei.", "II. Milz frei."]),
        ("1. Leber frei. 2. Milz frei.", ["1. Leber frei.", "2. Milz frei."]),
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


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("Dissection Stanford type B. No aneurysm.", ["Dissection Stanford type B.", "No aneurysm."]),
        ("Hepatitis C. Liver nodular.", ["Hepatitis C.", "Liver nodular."]),
        ("The R. Kidney is small.", ["The R. Kidney is small."]),
        ("1. Liver normal. 2. Spleen normal.", ["1. Liver normal.", "2. Spleen normal."]),
        ("Mult. Cysts, see seg. 6.", ["Mult. Cysts, see seg. 6."]),
    ],
)
def test_a_class_ends_an_english_sentence_and_an_abbreviation_does_not(text, parts):
    assert split(text, "en") == parts


@pytest.mark.parametrize(
    "text", ["Zyste der linken\nNebenniere", "Sinterung LWK\n3", "Fraktur der\n4. Rippe", "Zyste der\n\nNiere"]
)
def test_a_line_that_breaks_off_inside_a_phrase_goes_on(text):
    assert split(text, "de") == [text]


def test_a_paragraph_of_a_certain_width_is_wrapped_and_a_list_is_not():
    wrapped = "Im Oberbauch findet sich ausgedehnter\nAszites und daneben Zeichen deutlicher\nPerikardverkalkung dorsal"
    assert split(wrapped, "de") == [wrapped]
    assert len(split("Leber vergrößert mit mehreren Zysten im Segment II\nMilz normal\nNieren frei", "de")) == 3


def test_ranges_index_the_text_as_it_is_given():
    text = unicodedata.normalize("NFD", "Die Drüse ist größer. Übrige Drüsen frei.")
    assert split(text, "de") == [
        unicodedata.normalize("NFD", x) for x in ("Die Drüse ist größer.", "Übrige Drüsen frei.")
    ]


def test_composing_joins_cut_words_and_drops_soft_hyphens():
    composed = compose("Neben-\nniere\u00ad, Ober-\nund \ufb01x")
    assert composed.text == "Nebenniere, Ober-\nund fix"
    assert composed.original(0, 10) == (0, 12)
    assert compose("Niere").places is None


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


@pytest.mark.parametrize(
    ("text", "language", "count"),
    [
        ("Bildqualität i. O. Lunge belüftet.", "de", 2),
        ("Lage der Sonde i.O. Kein Pneumothorax.", "de", 2),
        ("Effusion: small L.\nLines: ok", "en", 2),
    ],
)
def test_more_ends(text, language, count):
    assert len(split_sentences(text, language)) == count
