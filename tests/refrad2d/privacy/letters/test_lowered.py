from refrad2d.privacy.letters.lowered import find_lowered

_SMALL = "mit bitte um kontrolle der leber und der milz bei bekannter zyste "


def pieces(text):
    return {text[item.start : item.end].strip() for item in find_lowered(text)}


def test_a_letter_without_capitals_is_read():
    text = "von praxis dr. d. gerstenkorn, lange str. 55 / 33014 bad driburg, " + _SMALL * 3
    assert {"d. gerstenkorn", "lange str. 55", "33014 bad driburg"} <= pieces(text)


def test_a_text_with_capitals_and_clinical_words_stay():
    assert pieces("Die Leber von dr. gerstenkorn, Lange Str. 55. " * 6) == set()
    assert pieces(_SMALL * 5) == set()
