"""Extensions, telephones and file numbers of letters; doses, scores and codes stay."""

import pytest

from refrad2d.privacy.recognisers.numbers import find_numbers


def numbers(text):
    return [(text[f.start : f.end], f.kind) for f in find_numbers(text, "de")]


@pytest.mark.parametrize(
    ("text", "number", "kind"),
    [
        ("Durchwahl -3310", "-3310", "PHONE"),
        ("Fr. Velmin (-5512)", "-5512", "PHONE"),
        ("mobil 0171 – 4 40 91 83", "0171 – 4 40 91 83", "PHONE"),
        ("Handy: 0174.8812345", "0174.8812345", "PHONE"),
        ("Fall-Nr. 770.345.A", "770.345.A", "ID"),
        ("Histologie H/20-11873", "H/20-11873", "ID"),
        ("Akte 4471-B/22", "4471-B/22", "ID"),
        ("VN 1180 010599", "1180 010599", "ID"),
        ("Az. 58 XVII K 1120/20", "58 XVII K 1120/20", "ID"),
    ],
)
def test_numbers_are_found(text, number, kind):
    assert (number, kind) in numbers(text)


@pytest.mark.parametrize(
    "text",
    ["Ramipril 5 mg 1-0-1-0", "DWI b 0/500/1000", "RR 120/70", "CA 19-9 38 U/ml", "OPS 5-511.11", "T-Score -2,1"],
)
def test_measures_are_no_numbers_of_persons(text):
    assert not numbers(text)


def test_english_is_left_to_the_other_recognisers():
    assert list(find_numbers("Ext. -3310", "en")) == []
