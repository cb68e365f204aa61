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
