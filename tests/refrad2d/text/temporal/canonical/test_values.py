"""Sizes of another day, and what lists of criteria call the course."""

import pytest

from refrad2d.text.temporal.canonical.values import (
    names_only_other_days,
    without_earlier_sizes,
    without_response,
)


@pytest.mark.parametrize(
    ("language", "sentence", "kept"),
    [
        ("de", "Zyste 23 mm (10/22: 18 mm).", "Zyste 23 mm."),
        ("de", "Zyste 23 mm (Baseline 30 mm, Nadir 19 mm).", "Zyste 23 mm."),
        ("de", "Zyste (23 mm, zuvor 18 mm).", "Zyste (23 mm)."),
        ("de", "Zyste 4,4 cm, damals 3,9 cm; Niere frei.", "Zyste 4,4 cm; Niere frei."),
        ("de", "Aorta 3,4 cm, zum Vorjahr +2 mm.", "Aorta 3,4 cm."),
        ("en", "Cyst 23 mm (was 18 mm).", "Cyst 23 mm."),
        ("en", "Cyst 23 mm, up from 18 mm.", "Cyst 23 mm."),
        ("en", "Previously 52 mm, the cyst measures 60 mm.", "The cyst measures 60 mm."),
        ("en", "Cyst, previously 25 mm deep, is now 6 mm.", "Cyst is now 6 mm."),
        ("en", "SUVmax 12.4, prior 8.1.", "SUVmax 12.4."),
    ],
)
def test_the_size_of_another_day_goes(language, sentence, kept):
    assert without_earlier_sizes(sentence, language) == kept


@pytest.mark.parametrize(
    ("language", "sentence"),
    [
        ("de", "Zyste rechts 12 mm gegenüber links 8 mm."),
        ("de", "Herd S7: 3.4.2020 12 mm, 5.6.2021 18 mm."),
        ("de", "Vor KM 35 HE, nach KM 80 HE."),
        ("en", "Cyst on the right 12 mm versus 8 mm on the left."),
        ("en", "Segment V lesion 8 mm in 2019, 12 mm in 2020."),
        ("en", "Nodule (series 3, image 22) of 8 mm."),
    ],
)
def test_a_size_that_may_be_of_now_stays(language, sentence):
    assert without_earlier_sizes(sentence, language) == sentence


def test_sizes_of_dates_alone_do_not_say_which_is_of_now():
    assert names_only_other_days("Hämatom am 3.4. 25 mm, am 10.4. 18 mm.", "de")
    assert not names_only_other_days("Hämatom am 3.4. 25 mm, jetzt 18 mm.", "de")


@pytest.mark.parametrize(
    ("language", "sentence", "kept"),
    [
        ("en", "Overall stable disease (RECIST 1.1: SD).", ""),
        ("en", "Sum 54 mm, consistent with PD by RECIST 1.1.", "Sum 54 mm."),
        ("de", "Gesamtbeurteilung: Partial Response.", ""),
        ("de", "PR nach RECIST 1.1; Herd in S4.", "Herd in S4."),
        ("en", "Partial collapse of the left lung.", "Partial collapse of the left lung."),
    ],
)
def test_the_name_of_a_course_goes(language, sentence, kept):
    assert without_response(sentence, language) == kept


@pytest.mark.parametrize(
    ("sentence", "left"),
    [
        ("Cyst 9 mm, had been 6 mm.", "Cyst 9 mm."),
        ("The aneurysm measures 4.8 cm and had measured 4.5 cm.", "The aneurysm measures 4.8 cm."),
        ("The node used to be 11 mm and is 14 mm now.", "The node is 14 mm now."),
        ("The node had been 11 mm.", "The node had been 11 mm."),
    ],
)
def test_a_size_in_the_pluperfect_is_of_another_day(sentence, left):
    assert without_earlier_sizes(sentence, "en") == left
