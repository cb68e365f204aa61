"""Hospitals without the word for them, departments, insurers, wards; lymph node stations stay."""

import pytest

from refrad2d.privacy.recognisers.houses import find_houses


def houses(text):
    return [text[f.start : f.end] for f in find_houses(text)]


@pytest.mark.parametrize(
    ("text", "house"),
    [
        ("Verlegt aus Radiologie am Stadttor", "Radiologie am Stadttor"),
        ("stationär in Schloss Haldewang", "Schloss Haldewang"),
        ("Z. n. OP in St. Vinzenz, danach", "St. Vinzenz"),
        ("2. Medizinische Abteilung", "2. Medizinische Abteilung"),
        ("im UKSH, dann", "UKSH"),
        ("Techniker Krankenkasse", "Techniker Krankenkasse"),
        ("Kontrolle Zi. 214, 2. OG", "Zi. 214, 2. OG"),
    ],
)
def test_houses_are_found(text, house):
    assert any(house in found for found in houses(text))


@pytest.mark.parametrize(
    "text", ["LK Station 7 vergrößert", "Ebene 3", "Radiologie Befund", "Peritoneum", "Klinik: Husten"]
)
def test_clinical_phrases_are_no_houses(text):
    assert not houses(text)
