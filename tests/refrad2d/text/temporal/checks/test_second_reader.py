"""What the second reader lets stand: it objects where a word of today went, and goes on only where it is sure."""

import pytest

from refrad2d.text.tagging.tagger import tokens
from refrad2d.text.temporal import curate
from refrad2d.text.temporal.checks import second_reader
from refrad2d.text.temporal.checks.second_reader import Word, agreed, shortened


def say(monkeypatch, goes, unsure=()):
    """Let the network hold these words for ones that go, and be unsure of others."""

    def read(text, language):
        sure = {**dict.fromkeys(goes, 0.95), **dict.fromkeys(unsure, 0.5)}
        return [Word(word, start, end, sure.get(word, 0.02)) for word, start, end in tokens(text)]

    monkeypatch.setattr(second_reader, "read", read)


def test_a_word_of_today_that_went_brings_the_sentence_back(monkeypatch):
    say(monkeypatch, [])
    assert agreed("Growing pains, normal femora.", "Pains, normal femora.", "en") == "Growing pains, normal femora."
    say(monkeypatch, ["Growing"])
    assert agreed("Growing mass on the left.", "Mass on the left.", "en") == "Mass on the left."


def test_a_word_that_only_moved_or_changed_its_case_did_not_go(monkeypatch):
    say(monkeypatch, ["is", "unchanged"])
    assert agreed("The cyst is unchanged, 4 mm.", "Cyst, 4 mm, the.", "en") == "Cyst, 4 mm, the."


@pytest.mark.parametrize(
    ("sentence", "goes", "rest"),
    [
        ("Erguss rechts, idem zum Mai.", [",", "idem", "zum", "Mai"], "Erguss rechts."),
        ("Erguss rechts (idem).", ["(", "idem", ")"], "Erguss rechts."),
        ("Erguss rechts (idem), Milz normal.", ["idem"], "Erguss rechts, Milz normal."),
        ("Idem, kleiner Erguss rechts.", ["Idem", ","], "Kleiner Erguss rechts."),
        ("Wie im Mai.", ["Wie", "im", "Mai"], ""),
    ],
)
def test_words_that_go_take_their_signs_along(monkeypatch, sentence, goes, rest):
    say(monkeypatch, goes)
    assert shortened(sentence, "de") == rest


@pytest.mark.parametrize(
    ("sentence", "goes", "unsure"),
    [
        ("Herd rechts idem gelegen.", ["idem"], ["gelegen"]),  # one word is not sure
        ("Kein idem Herd rechts.", ["idem"], []),  # a denial in the clause
        ("Herd rechts, kein Erguss.", [",", "kein", "Erguss"], []),  # a denial goes
        ("Herd idem 4 mm rechts.", ["idem", "4", "mm"], []),  # the only size
        ("Herd idem rechts\n4 mm", ["idem"], []),  # a table
        ("Herd idem.", ["idem"], []),  # one word would be left
        ("Der Herd ist idem.", ["idem"], []),  # not whole
        ("Herd 2021 9 mm, 2023 12 mm.", ["2021", "9", "mm", ","], []),  # which day is today
    ],
)
def test_what_is_not_sure_stays(monkeypatch, sentence, goes, unsure):
    say(monkeypatch, goes, unsure)
    assert shortened(sentence, "de") == sentence


def test_a_clause_that_denies_does_not_hold_the_others(monkeypatch):
    say(monkeypatch, ["Seit", "Mai"])
    assert shortened("Seit Mai Erguss links, kein Pneumothorax.", "de") == "Erguss links, kein Pneumothorax."


def test_curation_goes_further_than_the_rules(monkeypatch):
    say(monkeypatch, ["Wiegehabt", ","])
    assert curate("Wiegehabt, Erguss rechts.", "de") == "Erguss rechts."


def test_a_list_keeps_its_mark_and_a_sentence_that_stays_its_lines(monkeypatch):
    say(monkeypatch, ["Wiegehabt", ","])
    assert curate("- Wiegehabt, Erguss rechts.", "de") == "- Erguss rechts."
    assert curate("Erguss rechts\nbasal.", "de") == "Erguss rechts\nbasal."
