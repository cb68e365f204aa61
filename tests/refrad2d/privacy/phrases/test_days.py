"""Days told by a feast, by this or the last month or behind a study go; fractions, doses and images stay."""

import pytest

from refrad2d.privacy.deidentify import deidentify
from refrad2d.privacy.phrases.days import find_days

FOUND = (
    ("He fell on Boxing Day.", "Boxing Day", "en"),
    ("Seen on Christmas Eve.", "Christmas Eve", "en"),
    ("Seen on New Year's Eve.", "New Year's Eve", "en"),
    ("Readmitted on Halloween.", "Halloween", "en"),
    ("Came on Maundy Thursday.", "Maundy Thursday", "en"),
    ("Your mammogram of 20 Febr is normal.", "20 Febr", "en"),
    ("Mammographie vom 20. Febr. unauffällig.", "20. Febr.", "de"),
    ("Voraufnahmen vom 11. des Vormonats.", "11. des Vormonats", "de"),
    ("Befund am 3. d. M., Kontrolle.", "3. d. M.", "de"),
    ("Films of the 11th ult. and prior.", "the 11th ult.", "en"),
    ("Huber, 12·05·1980, CT.", "12·05·1980", "de"),
    ("MRT LWS 02-2024", "02-2024", "de"),
    ("MRT LWS 02/2024", "02/2024", "de"),
    ("MRT LWS 2/24 extern", "2/24", "de"),
    ("Follow up Thurs 3/14.", "Thurs 3/14", "en"),
    ("Follow-up appointment 3/14.", "3/14", "en"),
)
KEPT = (
    ("CT Bild 3/24, CT Serie 2/24, MRT Schicht 12/24.", "de"),
    ("Sat 94%, Sat 3/5 days. Christmas tree bladder.", "en"),
    ("CT Thorax 3/12 LK, 2/24 LK.", "de"),
    ("Muskelkraft 4/5, Schmerz 3/10.", "de"),
    ("0.5·10·3 Zellen, 20 Fälle.", "de"),
    ("3/14 nodes, the 11th rib.", "en"),
)


@pytest.mark.parametrize(("text", "day", "language"), FOUND)
def test_told_days_go(text, day, language):
    assert day in [text[found.start : found.end] for found in find_days(text, language)]
    assert day not in deidentify(text, language)


@pytest.mark.parametrize(("text", "language"), KEPT)
def test_other_figures_stay(text, language):
    assert [text[found.start : found.end] for found in find_days(text, language)] == []
