"""Persons go by the phrase that tells of them; words of the language and of medicine in the same phrase stay."""

import pytest

from refrad2d.privacy.deidentify import deidentify
from refrad2d.privacy.phrases.told import find_told

FOUND = (
    ("Thank you for referring Fyodor Wrangel, who came for CT.", "Fyodor Wrangel", "en"),
    ("Thanks for sending Fyodor Wrangel for CT.", "Fyodor Wrangel", "en"),
    ("Surname Ozturk Given Gulsen", "Ozturk", "en"),
    ("Surname Ozturk Given Gulsen", "Gulsen", "en"),
    ("Unter dem Mädchennamen Kasbohm.", "Kasbohm", "de"),
    ("Mädchenname Kasbohm, früher Kasbohm.", "Kasbohm", "de"),
    ("Prior images under maiden name Kasbohm.", "Kasbohm", "en"),
    ("Formerly Kasbohm.", "Kasbohm", "en"),
    ("Das Kind Danylo hat eine Fraktur.", "Danylo", "de"),
    ("Der kleine Danylo hat eine Fraktur.", "Danylo", "de"),
    ("little Danylo has a fracture", "Danylo", "en"),
    ("Baby Danylo has a fracture.", "Danylo", "en"),
    ("Die Tochter Jette Ohlendieck (Tel. 0761 270) berichtet.", "Jette Ohlendieck", "de"),
    ("Husband (Hank) states she fell.", "Hank", "en"),
    ("POA Teutsch (attorney), signed.", "Teutsch", "en"),
    ("Hi Benji, can you read this?", "Benji", "en"),
    ("Hi, can you read Wisnewski next?", "Wisnewski", "en"),
    ("Kannst du den Wischnewski noch nehmen?", "Wischnewski", "de"),
    ("No stone.\nCheers, Caz", "Caz", "en"),
    ("No stone.\nThanks, Tim", "Tim", "en"),
    ("No stone. Best, Tim Quennell", "Tim Quennell", "en"),
    ("Reviewed with Sister Menk.", "Menk", "en"),
    ("Presented at tumor board by Groschell.", "Groschell", "en"),
    ("The on-call neurosurgeon, Batsal, was told.", "Batsal", "en"),
    ("Printed by MEYERHOFF_J", "MEYERHOFF_J", "en"),
    ("User: MEYERHOFFJ", "MEYERHOFFJ", "en"),
    ("Dictated by swf/kam", "swf/kam", "en"),
)
KEPT = (
    ("Thank you for referring this patient. Thanks for sending CT images.", "en"),
    ("Formerly Grade 2. Früher Raucher, früher Asthma.", "de"),
    ("Der kleine Trochanter, das Kind Kopf voran, der kleine Herd.", "de"),
    ("Little League elbow. Little finger. Baby Oil.", "en"),
    ("Die Tochter Adenokarzinom Metastase hat.", "de"),
    ("Hi Team,\nHallo zusammen,\nHello Doctor,", "en"),
    ("Thanks again\nBest regards\nBest Practice", "en"),
    ("Sister Mary Joseph nodule.", "en"),
    ("Presented at tumor board by Radiology.", "en"),
    ("The surgeon, Radiology, was told.", "en"),
    ("Sequence by AXIAL_T, User: CONTRAST", "en"),
    ("Bitte um den Befund.", "de"),
)


@pytest.mark.parametrize(("text", "name", "language"), FOUND)
def test_persons_go_by_their_phrase(text, name, language):
    assert name in [text[found.start : found.end] for found in find_told(text, language)]
    assert name not in deidentify(text, language)


@pytest.mark.parametrize(("text", "language"), KEPT)
def test_other_words_of_the_phrase_stay(text, language):
    assert [text[found.start : found.end] for found in find_told(text, language)] == []
