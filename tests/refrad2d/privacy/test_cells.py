"""Codes, extensions, wards, houses, titles and marks beside the placeholders of a letter."""

import pytest

from refrad2d.privacy.cells import find_cells


def found(text, kind):
    return [text[f.start : f.end] for f in find_cells(text, "de") if f.kind == kind]


@pytest.mark.parametrize(
    ("text", "kind", "cell"),
    [
        ("[NAME], [DATE], 88.20.117, Innere", "ID", "88.20.117"),
        ("[NAME]/[DATE]/33-881/D4", "ID", "33-881/D4"),
        ("[NAME] [DATE]\nObduktion S 14-2016", "ID", "S 14-2016"),
        ("[NAME] [DATE] Jaufenthal 22", "ADDRESS", "Jaufenthal 22"),
        ("[NAME], [DATE], Klappe 4410", "PHONE", "4410"),
        ("[NAME] [DATE] Rückruf über -2219 erbeten", "PHONE", "-2219"),
        ("[NAME] [DATE] Arbeitsplatz CT2", "ORGANISATION", "Arbeitsplatz CT2"),
        ("[NAME] [DATE] RD Vogtland-Mitte", "ORGANISATION", "RD Vogtland-Mitte"),
        ("[NAME] [DATE] Gebr. Iten", "ORGANISATION", "Gebr. Iten"),
        ("Dipl.-Phys. [NAME], [DATE]", "NAME", "Dipl.-Phys."),
        ("[NAME] [DATE]\nru/wk", "NAME", "ru/wk"),
    ],
)
def test_what_stands_beside_placeholders(text, kind, cell):
    assert cell in found(text, kind)


@pytest.mark.parametrize(
    "text",
    [
        "[NAME], [DATE], 12 mm",
        "[NAME] [DATE] LK Station 7 negativ",
        "[NAME] [DATE] Dichte -120 HE",
        "Arbeitsplatz CT2, Klappe 4410, Gebr. Iten",
    ],
)
def test_measures_nodes_and_texts_without_identities_stay(text):
    assert not list(find_cells(text, "de"))
