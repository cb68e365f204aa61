"""Postal addresses by their shape, and phrases that look like one."""

import pytest

from refrad2d.privacy.recognisers.addresses import find_postal


def places(text):
    return [text[f.start : f.end] for f in find_postal(text)]


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("Osterende 12, 25813 Husum", "Osterende 12, 25813 Husum"),
        ("8786 Rottenmann, Quergasse 7/2/11", "8786 Rottenmann, Quergasse 7/2/11"),
        ("wohnhaft in der Gasse\nCH-6280 Hochdorf", "CH-6280 Hochdorf"),
        ("Quellbad, den 17.03.2021", "Quellbad"),
        ("Hausarzt [NAME], Luckenwalde.", "Luckenwalde"),
    ],
)
def test_addresses_are_found(text, place):
    assert place in places(text)


@pytest.mark.parametrize(
    "text",
    ["Im Segment 7, eine Zyste", "2019 Kontrolle", "CRP 9.10.: 14", "1000 Einheiten Heparin", "Sturz aus 3 m Höhe"],
)
def test_clinical_phrases_are_no_addresses(text):
    assert not places(text)
