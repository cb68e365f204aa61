"""Other readings of a text lead back to it."""

from refrad2d.privacy.letters.forms import join_lines, raise_names, set_apart
from refrad2d.privacy.recognisers.lexicon import Found

GLUED = "wh.Obere Gasse 4,91710 Gunzenhausen,geb.3.3.93,Tel.0911 4471,Frau Dr.Thole"


def test_glued_words_are_set_apart_and_lead_back():
    form = set_apart(GLUED)
    start = form.text.index("Obere Gasse 4")
    (back,) = form.back([Found(start, start + len("Obere Gasse 4"), "ADDRESS")])
    assert GLUED[back.start : back.end] == "Obere Gasse 4"
    assert "Dr. Thole" in form.text


def test_a_plain_text_has_no_such_reading():
    assert set_apart("Leber o.B., Milz 11,5 cm.") is None


def test_a_name_over_a_line_break_is_joined():
    text = "Die Patientin wurde gestern von unserem Oberarzt Doktor\nPetersen untersucht und danach entlassen."
    assert "Doktor Petersen" in join_lines(text)
    assert join_lines("Leber:\nZyste.") == "Leber:\nZyste."


def test_a_text_without_capitals_gets_those_of_names():
    text = "patient seen by doctor okonkwo in the clinic on monday and will come back in two weeks for a new scan of the liver"
    assert "Doctor Okonkwo in the clinic" in raise_names(text, "en")
