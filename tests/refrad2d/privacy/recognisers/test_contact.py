"""Mail, web, phone, numbers of records and great ages; measurements are none of them."""

import pytest

from refrad2d.privacy.recognisers.contact import find_contacts


def found(text, language="de"):
    return {(text[f.start : f.end], f.kind) for f in find_contacts(text, language)}


@pytest.mark.parametrize(
    ("text", "stretch", "kind"),
    [
        ("Mail an a.quitzow@klinik.de bitte", "a.quitzow@klinik.de", "EMAIL"),
        ("siehe www.klinik.de/befund", "www.klinik.de/befund", "URL"),
        ("Tel. 0761 270-12345", "0761 270-12345", "PHONE"),
        ("call +49 761 270 12345 please", "+49 761 270 12345", "PHONE"),
        ("MRN: 4711815", "4711815", "ID"),
        ("UID 1.2.840.113619.2.55", "1.2.840.113619.2.55", "ID"),
        ("Ein 94-jähriger Patient", "94", "AGE"),
        ("aged 101", "101", "AGE"),
    ],
)
def test_ways_to_reach_or_file_a_person(text, stretch, kind):
    assert (stretch, kind) in found(text)


@pytest.mark.parametrize("text", ["Läsion 12 x 14 mm, 35 HU.", "Ein 54-jähriger Patient.", "LWK 2, Bild 32."])
def test_measures_levels_and_common_ages_are_none(text):
    assert found(text) == set()


@pytest.mark.parametrize("text", ["MRN BJRLHQHDG647942.", "MRN: QWXKZJVBF1.", "Seen BJRLHQHDG647942 there."])
def test_a_long_run_of_capitals_before_digits_is_an_id(text):
    assert any(kind == "ID" and value[-1].isdigit() for value, kind in found(text, "en"))
