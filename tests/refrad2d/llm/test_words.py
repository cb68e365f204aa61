"""Two texts word for word: contraries, scores with another owner, words that both share."""

import pytest

from refrad2d.llm.checks import check_translation
from refrad2d.llm.facts import read_facts
from refrad2d.llm.words import find_contrary, without_shared
from refrad2d.system.tables import read_csv


@pytest.mark.parametrize(
    ("source", "answer", "reason"),
    [
        ("Zystische Läsion, 12 mm.", "Solid lesion, 12 mm.", "quality_changed"),
        ("Zystische Läsion, 12 mm.", "Cystic lesion, 12 mm.", None),
        ("Teils solide, teils zystische Läsion.", "Cystic lesion.", None),
        ("Absolute Stenose L3/4.", "Relative stenosis at L3/4.", "quality_changed"),
        ("Nicht geschlossene Wunde.", "Open wound.", None),
        (
            "III. Ventrikel 16 mm, IV. Ventrikel 9 mm.",
            "Third ventricle 9 mm, fourth ventricle 16 mm.",
            "numbers_changed",
        ),
        ("III. Ventrikel 16 mm, IV. Ventrikel 9 mm.", "Fourth ventricle 9 mm, third ventricle 16 mm.", None),
        ("MTA 3, Koedam 2.", "MTA score 2, Koedam score 3.", "numbers_changed"),
        ("MTA 3, Koedam 2.", "Koedam score 2, MTA grade 3.", None),
        ("Rippe 4 und 5 links.", "Ribs 5 and 4 on the left.", None),
    ],
)
def test_what_cannot_both_be_true_is_found_word_for_word(source, answer, reason):
    assert find_contrary(source, answer, ("de", "en")) == reason


@pytest.mark.parametrize(
    ("source", "answer", "languages", "reason"),
    [
        ("Pleuraerguss rückläufig.", "Pleural effusion, increasing.", ("de", "en"), "quality_changed"),
        ("Pleuraerguss rückläufig.", "Pleural effusion, decreasing.", ("de", "en"), None),
        ("Progressive disease with a larger node of 14 mm.", "Enlarged node of 14 mm.", ("en", "en"), None),
        ("Aneurysm treated by coiling.", "Aneurysma, Z. n. Clipping.", ("en", "de"), "quality_changed"),
        ("Communicating hydrocephalus.", "Non-communicating hydrocephalus.", ("en", "en"), "quality_changed"),
        ("Non-communicating hydrocephalus.", "Obstruktiver Hydrozephalus.", ("en", "de"), None),
    ],
)
def test_of_two_words_the_longer_counts_and_change_is_compared_in_translations(source, answer, languages, reason):
    assert find_contrary(source, answer, languages) == reason


def test_each_group_of_contraries_has_poles_that_share_no_word():
    said: dict[tuple[str, str], dict[str, str]] = {}
    for row in read_csv("refrad2d.llm", "contraries.csv"):
        for language in ("english", "german"):
            words = [word for column in ("any", language) for word in row[column].split("|") if word]
            said.setdefault((row["group"], language), {}).update({row["pole"]: "|".join(words)})
    assert {group for (group, _), poles in said.items() if len(poles) < 2} == set()
    for poles in said.values():
        words = [word for spelt in poles.values() for word in set(spelt.split("|")) if word]
        assert len(words) == len(set(words))


def test_the_two_languages_say_contraries_alike():
    for german, english in (("Offene Fraktur.", "Closed fracture."), ("Thoraxdrainage.", "Central venous catheter.")):
        assert find_contrary(german, english, ("de", "en")) == "quality_changed"
        assert find_contrary(english, german, ("en", "de")) == "quality_changed"


def test_a_structure_in_the_words_of_the_text_is_left_out_of_the_comparison():
    source = read_facts("Superior sagittal and left transverse sinus patent.", "en")
    answer = read_facts("Sinus sagittalis superior und linker Sinus transversus offen.", "de")
    assert "sagittal_sinus" in answer.organs - source.organs
    assert "sagittal_sinus" not in without_shared(source, answer)[1].organs


@pytest.mark.parametrize(
    ("source", "answer"),
    [
        ("Thrombus der V. poplitea rechts.", "Thrombus in the right popliteal artery."),
        ("Fibrom des Ovars links.", "Fibrosis of the left ovary."),
        ("Keine unkale Herniation.", "Uncal herniation."),
        (
            "Ödem der Capsula externa. Capsula interna unauffällig.",
            "Oedema of the internal capsule. External capsule normal.",
        ),
    ],
)
def test_words_that_both_share_let_no_damaged_answer_pass(source, answer):
    assert check_translation(source, answer) is not None
