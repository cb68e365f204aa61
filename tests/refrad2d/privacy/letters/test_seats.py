"""Addresses, houses, wards and firms of a letter."""

import pytest

from refrad2d.privacy.letters.seats import find_seats


@pytest.mark.parametrize(
    ("text", "kind", "piece", "language"),
    [
        (
            "Zentrales Institut für medizinische Diagnostik\n\nSehr geehrte Frau",
            "ORGANISATION",
            "Zentrales Institut",
            "de",
        ),
        ("(Inselgarten Radiologie, [NAME])", "ORGANISATION", "Inselgarten Radiologie", "de"),
        ("mit RAV [ADDRESS] und", "ORGANISATION", "RAV", "de"),
        ("Uferpark 2, [ADDRESS]", "ADDRESS", "Uferpark 2", "de"),
        ("in Sprechzimmer R 1.17.", "ORGANISATION", "Sprechzimmer R 1.17", "de"),
        ("at 2200 Cottonwood Pkwy, Tulsa", "ADDRESS", "2200 Cottonwood Pkwy", "en"),
        ("lives at Main Street, Inverness IV1 1SJ", "ADDRESS", "IV1 1SJ", "en"),
    ],
)
def test_seats_go(text, kind, piece, language):
    assert any(f.kind == kind and piece in text[f.start : f.end] for f in find_seats(text, language))


@pytest.mark.parametrize("text", ["Station 7 der Lymphknoten", "Segment 7 und Rippe 5", "Level IIa", "Box 2 der Serie"])
def test_stations_of_nodes_stay(text):
    assert list(find_seats(text, "de")) == []
