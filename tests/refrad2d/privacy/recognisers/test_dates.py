"""Dates and times in German and English; header dates; numbers that are none."""

import pytest

from refrad2d.privacy.recognisers.dates import find_date, find_dates, read_header_date


def found(text):
    return [(text[f.start : f.end], f.kind) for f in find_dates(text)]


@pytest.mark.parametrize(
    ("text", "date"),
    [
        ("CT vom 12.3.2021.", "12.3.2021"),
        ("CT vom 2021-03-12.", "2021-03-12"),
        ("seit Mai 2020", "Mai 2020"),
        ("on March 3, 2019", "March 3, 2019"),
        ("am 3. Oktober 2018", "3. Oktober 2018"),
        ("CT of 03/12/2021", "03/12/2021"),
    ],
)
def test_dates_in_many_forms(text, date):
    assert any(date in stretch and kind == "DATE" for stretch, kind in found(text))


def test_a_time_of_day():
    assert ("TIME" in {kind for _, kind in found("Befund um 14:35 Uhr.")}) and found("Zyste bei 6 Uhr.") == []


@pytest.mark.parametrize("text", ["Läsion 12.3 mm.", "Segment 4/5.", "LWK 4/5", "Quotient 2:1"])
def test_what_is_no_date(text):
    assert found(text) == []


@pytest.mark.parametrize(
    ("value", "date"),
    [
        ("19530412", (1953, 4, 12)),
        ("19530412103000.000000+0100", (1953, 4, 12)),
        ("1953-04-12", (1953, 4, 12)),
        ("12.04.1953", (1953, 4, 12)),
        ("19531341", None),
        ("12340101", None),
        ("PAT00123", None),
    ],
)
def test_the_date_of_a_header(value, date):
    assert read_header_date(value) == date


@pytest.mark.parametrize("text", ["120453", "04121953", "12.4.", "4/1953", "1953"])
def test_a_known_date_in_any_form_goes(text):
    assert (0, len(text)) in [(f.start, f.end) for f in find_date(text, 1953, 4, 12)]


def test_another_date_is_not_the_known_one():
    assert list(find_date("Zyste 120454, 13.4., 1954", 1953, 4, 12)) == []
