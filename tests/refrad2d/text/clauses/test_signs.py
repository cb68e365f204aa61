"""Signs of a sentence: one for each phrase, with what it means."""

import pytest

from refrad2d.text.clauses.signs import read_signs, to_millimetres


def codes(text, language="de"):
    return "".join(sign.code for sign in read_signs(text, 0, len(text), language, ()))


def test_each_phrase_is_one_sign():
    assert codes("kein Hinweis auf eine Zyste") == "DF"


def test_the_longest_name_claims_its_place():
    (sign,) = read_signs("lytic lesion", 0, 12, "en", ())
    assert sign.finding.name == "osteolysis"


def test_an_adjective_of_place_is_no_description():
    assert codes("kleine ovarielle Zyste") == "JXF"


@pytest.mark.parametrize(("size", "expected"), [("2,3 x 1.8 cm", 23), ("12 mm", 12), ("4 × 9 × 3 mm", 9)])
def test_the_largest_diameter_in_millimetres(size, expected):
    assert to_millimetres(size) == expected


@pytest.mark.parametrize(
    ("language", "text", "expected"),
    [
        ("de", "zeigt sich", "Y"),
        ("de", "beider Ovarien", "GIX"),
        ("de", "um 30 %", "M"),
        ("de", "pathologisch verdickt", "MT"),
        ("de", "kaum verdickt", "XT"),
        ("en", "benign-appearing cyst", "JF"),
        ("en", "grossly", "M"),
        ("en", "barely", "X"),
        ("en", "12 mm from", "XH"),
    ],
)
def test_phrases_and_adverbs(language, text, expected):
    assert codes(text, language) == expected


def test_a_hint_is_a_sign_where_its_structure_is_named():
    assert codes("höhengemindert") == "X"
