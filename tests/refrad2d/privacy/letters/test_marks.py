"""Marks of staff and short forms of names."""

import pytest

from refrad2d.privacy.letters.marks import find_marks_of_staff, find_short_names

FOOT = "Wir danken für die Zuweisung und berichten über den Verlauf der Krankheit.\nMfG\n"


@pytest.mark.parametrize("mark", ["ms/hö", "[GIAL/thn/FB]", "NAW:jf", "SG/lü/ew"])
def test_rows_of_marks_go(mark):
    text = FOOT + mark
    assert [text[f.start : f.end].strip("[]") for f in find_marks_of_staff(text)] == [mark.strip("[]")]


@pytest.mark.parametrize("plain", ["re/li", "CT/MRT", "o. B."])
def test_sides_and_modalities_stay(plain):
    assert list(find_marks_of_staff(FOOT + plain)) == []


@pytest.mark.parametrize(
    ("text", "short"),
    [("P. ist wach", "P."), ("Notiz (Zwe.)", "Zwe."), ("site marked NAW.", "NAW"), ("F.'s view", "F.")],
)
def test_short_names_go(text, short):
    names = ["Paula Falk", "Dr. Heimo Zwettler", "Ngozi Achebe-Winter"]
    assert short in {text[f.start : f.end] for f in find_short_names(text, names, "de")}


@pytest.mark.parametrize("text", ["A. carotis frei", "E. coli im Urin", "Hepatitis A. ist", "o. B. und"])
def test_anatomy_stays(text):
    assert list(find_short_names(text, ["Anna Ernst", "Eva Ahrens", "Berta Bach"], "de")) == []
