"""Bytes become letters on evidence: the page of a table, and the readings of a header."""

import itertools

import pytest

from refrad2d.text.decoding.encodings import choose_page, decode_table, is_misread, readings

TEXTS = [
    "Die Leber ist vergrößert, keine Läsion. Übrige Organe unauffällig.",
    "Größe 3 × 5 cm², Dichte 40 ± 5 HU – außen „glatt“.",
    "Frau Köhnke, Außenmeniskus, Präsakralraum, Ödem.",
]
NAMES = ["Jürißen^Gökhän", "Größ^Änne", "Müßig-Öhlschläger^Jörg^^Dr.", "Weißäcker^Ühland"]
PAGES = ["utf-8", "latin-1", "cp1252", "cp850", "mac_roman"]
DECLARED = ["latin-1", "utf-8", "ascii", "cp1252", "iso8859_2"]


@pytest.mark.parametrize(
    "encoding", ["utf-8", "utf-8-sig", "cp1252", "cp850", "mac_roman", "utf-16", "utf-16-le", "utf-16-be", "utf-32"]
)
@pytest.mark.parametrize("text", TEXTS)
def test_one_line_tells_its_encoding_or_is_refused(text, encoding):
    try:
        data = text.encode(encoding)
    except UnicodeEncodeError:
        pytest.skip("this page lacks a sign of the text")
    assert decode_table(data)[0] == text


@pytest.mark.parametrize(
    ("text", "page"),
    [("groß", "cp850"), ("Köhnke", "cp850"), ("Köhnke", "mac_roman"), ("Außen", "cp850"), ("Wałęsa", "cp1250")],
)
def test_too_few_letters_are_refused_with_a_remedy(text, page):
    with pytest.raises(ValueError, match="--encoding"):
        decode_table(text.encode(page))


@pytest.mark.parametrize(
    "text",
    [
        "Köhnke",
        "groß",
        "André",
        "Señora",
        "João",
        "naïve",
        "5 µg",
        "Ø 5 mm",
        "Leber´s",
        "37 °C",
        "«glatt»",
        "fiancé à 3",
    ],
)
def test_cp1252_goes_first(text):
    assert decode_table(text.encode("cp1252")) == (text, "cp1252")


def test_an_encoding_that_is_named_counts_and_is_held_to_the_bytes():
    assert decode_table("Köhnke".encode("cp850"), "cp850") == ("Köhnke", "cp850")
    with pytest.raises(ValueError, match="line 2 does not decode"):
        decode_table(b"a\nK\xf6hnke", "utf-8")
    with pytest.raises(ValueError, match="Unknown --encoding 'latin-99'"):
        decode_table(b"a", "latin-99")


def test_a_damaged_letter_in_utf8_is_lost_and_shows_it():
    text, page = decode_table("Größe\nÄndern\nÜbel\n".encode() + b"x \xc3 y")
    assert page == "utf-8" and text == "Größe\nÄndern\nÜbel\nx \ufffd y"


@pytest.mark.parametrize("word", ["Wa³êsa", "K÷hnke", "M³ller", "gr¾n", "Je¿"])
def test_a_sign_inside_a_word_is_a_misread_letter(word):
    assert is_misread(f"Bei {word}x glatt")


@pytest.mark.parametrize("text", ["5 cm³ groß", "3×5 mm", "40±5 HU", "Patient’s", "x²+1", "¼ voll", "Leber´s"])
def test_signs_beside_words_are_none(text):
    assert not is_misread(text)


def test_no_letters_beyond_ascii_are_any_page():
    assert choose_page(b"Leber glatt.") == "cp1252"


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize(("page", "declared"), itertools.product(PAGES, DECLARED))
def test_a_name_is_among_the_readings_of_its_bytes(name, page, declared):
    raw = name.encode(page)
    assert name in readings(raw.decode(declared, "replace"), raw)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize(("page", "declared"), itertools.product(PAGES, ["latin-1", "cp1252"]))
def test_bytes_that_are_gone_are_won_back_from_the_string(name, page, declared):
    assert name in readings(name.encode(page).decode(declared, "ignore" if declared == "latin-1" else "replace")) or (
        declared == "cp1252"
    )


def test_words_of_different_pages_are_read_each_for_itself():
    raw = "Jürißen".encode() + b"^" + "Gökhän".encode("latin-1")
    assert readings(raw.decode("latin-1"), raw) == ["Jürißen^Gökhän"]


def test_letters_that_are_lost_are_any_letter_of_reports():
    assert {"Süden", "Söden"} <= set(readings("S\ufffdden"))


@pytest.mark.parametrize("value", ["Testerin^Tina", "Müller^Hans", "山田^太郎", "Désirée", "Wałęsa^Lech", "Νίκος"])
def test_what_reads_well_has_one_reading(value):
    assert readings(value) == [value]


def test_no_reading_is_half_a_word():
    assert readings("Süden".encode().decode("latin-1")) == ["Süden"]  # else "den" would leave every report
