"""Telephones and codes of letters; what is measured stays."""

import pytest

from refrad2d.privacy.letters.numbers import find_figures


@pytest.mark.parametrize(
    ("text", "kind", "value"),
    [
        ("Anmeldung [PHONE], Befundauskunft -22/-23.", "PHONE", "-22"),
        ("bleep 2231 for", "PHONE", "2231"),
        ("lot RNB447120 used", "ID", "RNB447120"),
        ("Sendung RX 445 120 981", "ID", "RX 445 120 981"),
        ("ref KR 7/26-Kal)", "ID", "KR 7/26-Kal"),
        ("Klappe 2210", "PHONE", "2210"),
    ],
)
def test_figures_go(text, kind, value):
    assert any(f.kind == kind and value in text[f.start : f.end] for f in find_figures(text, "de"))


@pytest.mark.parametrize(
    "text",
    [
        "BNP 18400, Thrombozyten 245000",
        "DWI b50/400/800",
        "F32.1 und S72.01",
        "Gewicht 71,2 kg, 1500 ml",
        "Serie 4 Bild 211",
        "Leukozyten 12500 /µl",
    ],
)
def test_measures_stay(text):
    assert list(find_figures(text, "de")) == []
