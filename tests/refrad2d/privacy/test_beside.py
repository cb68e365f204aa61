"""What stands beside a placeholder, a role or a verb of hospital letters is found; clinical words there stay."""

import pytest

from refrad2d.privacy.beside import find_beside
from refrad2d.privacy.deidentify import deidentify

FOUND = (
    ("OP ([NAME]/Leitgeb, DHS).", "Leitgeb"),
    ("Bypass in [ADDRESS] (Körfer).", "Körfer"),
    ("Frau M. K. kam zu Fuß.", "M. K."),
    ("Patho: Weidmüller, Strahlen: Lutz", "Weidmüller"),
    ("Rücksprache erfolgte mit Brandner.", "Brandner"),
    ("Überwiesen von Dipl.-Psych. Feddersen.", "Feddersen"),
    ("Aufnahme über die Rettungsstelle des Hephata.", "Hephata"),
    ("damals in der Salus [ADDRESS]", "Salus"),
    ("[ORGANISATION] d. Barmh. Brüder", "d. Barmh. Brüder"),
    ("Adr.: Auf der Schanz 4, [ADDRESS]", "Auf der Schanz 4"),
    ("Er wohnt bei [NAME] im Dannenriede 7.", "im Dannenriede 7"),
    ("MRT v. 4.9.: unauffällig", "4.9."),
    ("Az: S 14 SB 221/17", "S 14 SB 221/17"),
    ("zieht ins APH Am Schärme.", "APH Am Schärme"),
)
KEPT = (
    "Befund: Zyste. Beurteilung: Metastase.",
    "[NAME]/Leber unauffällig",
    "Verlegung des Darms, Metastasen in der Leber.",
    "Zyste im Segment 7, Bild 14, 12 mm.",
    "Ansprechen auf Therapie: Remission.",
    "Im Verlauf des Rektums keine Stenose.",
    "Infiltration der Aorta, Thrombus im Truncus.",
    "Patient A. pulmonalis offen.",
)


@pytest.mark.parametrize(("text", "name"), FOUND)
def test_what_stands_beside_a_placeholder_is_found(text, name):
    assert name in [text[found.start : found.end] for found in find_beside(text, "de")]


@pytest.mark.parametrize("text", KEPT)
def test_clinical_words_stay(text):
    assert list(find_beside(text, "de")) == []


def test_english_is_left_to_the_other_recognisers():
    assert list(find_beside(FOUND[0][0], "en")) == []


def test_a_second_look_sees_what_the_first_one_replaced():
    assert "Leitgeb" not in deidentify("OP am 14.08. (Dr. Pirkhofer/Leitgeb): DHS.", "de")
