"""Dates of letters in short and spoken forms; scores stay."""

import pytest

from refrad2d.privacy.letters.when import find_when


@pytest.mark.parametrize(
    ("text", "date", "language"),
    [
        ("seit ca. 11/25 Enge", "11/25", "de"),
        ("DEXA 05/25.", "05/25", "en"),
        ("im Spätsommer 2025", "Spätsommer 2025", "de"),
        ("Termin 19/3 um", "19/3", "de"),
        ("RTC May 5.", "May 5", "en"),
        ("on the nineteenth.", "the nineteenth", "en"),
        ("born fifth of may nineteen forty eight", "fifth of may nineteen forty eight", "en"),
        ("TEP re 07 (", "07", "de"),
    ],
)
def test_dates_go(text, date, language):
    assert date in {text[f.start : f.end] for f in find_when(text, language)}


@pytest.mark.parametrize("text", ["VAS 4/10 in Ruhe", "in 5/12 Stanzen", "Tensio 14/15", "RR 110/60", "HWK 5/6"])
def test_scores_stay(text):
    assert list(find_when(text, "de")) == []
