"""Addresses, towns, hospitals, wards, companies; parts of the body that sound like streets."""

import pytest

from refrad2d.privacy.recognisers.places import find_addresses, find_places


def found(text, language="de"):
    return [(text[f.start : f.end], f.kind) for f in find_places(text, language)]


@pytest.mark.parametrize(
    ("text", "language", "stretch", "kind"),
    [
        ("Hauptstr. 12, 79106 Freiburg", "de", "Hauptstr. 12", "ADDRESS"),
        ("79106 Freiburg", "de", "79106 Freiburg", "ADDRESS"),
        ("12 Elm Street, Springfield", "en", "12 Elm Street", "ADDRESS"),
        ("Aus dem Klinikum Nord verlegt", "de", "Klinikum Nord", "ORGANISATION"),
        ("von Station 4B", "de", "Station 4B", "ORGANISATION"),
        ("Seen at Mercy Hospital today", "en", "Mercy Hospital", "ORGANISATION"),
        ("Prothese der Muster GmbH", "de", "Muster GmbH", "ORGANISATION"),
    ],
)
def test_places_and_houses(text, language, stretch, kind):
    assert any(stretch in where and what == kind for where, what in found(text, language))


@pytest.mark.parametrize("text", ["Beckenring 3", "Magenstraße", "Sehstraße", "Gallenwege 2", "Leber glatt."])
def test_ways_of_the_body_are_no_streets(text):
    assert not list(find_addresses(text, "de"))
