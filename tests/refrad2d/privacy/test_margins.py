"""Margins of letters: marks, wards, codes, houses without a head word; other lines than those the rules were made with."""

import pytest

from refrad2d.privacy.deidentify import deidentify
from refrad2d.privacy.margins import find_margins
from refrad2d.privacy.unlisted import find_marks

HEADS = {
    "de": "Klinikum Seeblick\nPat.: Weber, Anna, geb. 12.04.1953\n\n",
    "en": "Seaview Hospital\nPatient: Weber, Anna, DOB 12/04/1953\n\n",
}


@pytest.mark.parametrize(
    ("language", "line", "gone"),
    [
        ("de", "| Zuständig | von Sprecher, Yalçın |", "Sprecher"),
        ("de", "Rücksprache Winter: Abwarten.", "Winter"),
        ("de", "Konsil Kardio (Bär) vom 3.4.", "Bär"),
        ("de", "POK Wendland nahm den Unfall auf.", "Wendland"),
        ("de", "Diktatzeichen hg/ls", "hg/ls"),
        ("de", "CHE ’14, Mamma-Ca ´21", "14"),
        ("de", "am ersten Advent gestürzt", "ersten Advent"),
        ("de", "seit 4. ds. Mts. Husten", "Mts"),
        ("de", "Rue de la Gare 12, 2502 Biel", "Gare"),
        ("de", "Pieps. 815", "815"),
        ("de", "vom Bethesda übernommen", "Bethesda"),
        ("de", "versichert bei Concordia", "Concordia"),
        ("de", "Befund von Dr. Aydoğan.\n\nKeine Änderung. Ayd.", "Ayd"),
        ("en", "d/w Aldous (ortho reg)", "Aldous"),
        ("en", "fall on Boxing Day", "Boxing"),
        ("en", "moved to Nightingale on 3/4/2026", "Nightingale"),
        ("en", "Bahnhofplatz 3, 3011 Bern", "3011"),
    ],
)
def test_margins_go(language, line, gone):
    assert gone not in deidentify(HEADS[language] + line + "\n\nKein Anhalt.\n", language).split("\n", 3)[-1]


@pytest.mark.parametrize(
    "line",
    ["Konsil Kardio (Echo) ohne Befund", "m. pelv. LAD", "Nieren re/li frei", "Im Zentrum Fett", "auf L5 lokalisiert"],
)
def test_clinical_words_of_a_letter_stay(line):
    assert line in deidentify(HEADS["de"] + line + ", weiter so.\n\nKein Anhalt.\n", "de")


def test_texts_without_identities_are_left_alone():
    assert list(find_margins("Rücksprache Winter: Abwarten. hg/ls", "de")) == []


def test_short_forms_need_a_name():
    assert list(find_marks("Keine Änderung. Ayd.", set())) == []
    assert [found.kind for found in find_marks("Keine Änderung. Ayd.", {"aydogan"})] == ["NAME"]
