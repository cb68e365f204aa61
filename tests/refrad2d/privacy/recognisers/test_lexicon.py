"""Word lists and keys: what spellings share, what is a name, what is clinical, and that the tables compile."""

import re

import pytest

from refrad2d.privacy.recognisers.lexicon import (
    alternation,
    anatomy,
    cities,
    context_pattern,
    context_words,
    eponyms,
    is_given,
    is_name,
    is_ordinary,
    is_surname,
    looks_clinical,
    sound,
    spell,
    spelling_key,
)
from refrad2d.system.tables import read_csv

PACKAGE = "refrad2d.privacy.recognisers"


@pytest.mark.parametrize("spelling", ["Müller", "MUELLER", "muller", "Mu\u0308ller", "Müler"])
def test_all_spellings_share_a_key(spelling):
    assert spelling_key(spelling) == spelling_key("Müller")


def test_names_of_one_sound_share_a_coarser_key():
    assert sound("Meyer") == sound("Maier") and sound("Schmidt") == sound("Schmitt") != sound("Weber")


def test_the_strict_key_tells_doubled_letters_apart():
    assert spell("Haase") != spell("Hase") and spell("Müller") == spell("MUELLER")


def test_names_are_given_or_family_names_and_no_ordinary_words():
    assert is_given("Anna") and is_surname("Weber") and is_name("Webers")
    assert is_ordinary("Befund") and not is_name("Befund")


def test_report_words_and_clinical_endings_look_clinical():
    assert looks_clinical("Hüftfraktur") and looks_clinical("Leber") and not looks_clinical("Quitzow")


def test_anatomy_holds_the_names_of_the_classes():
    assert {"leber", "liver", "milz"} <= anatomy()


def test_an_eponym_stands_alone_or_in_a_construct():
    assert eponyms()["bosniak"] is True and eponyms()["baker"] is False


def test_longer_terms_are_tried_first():
    assert list(map(len, cities())) == sorted(map(len, cities()), reverse=True)
    lengths = [len(term) for term in alternation("street_type").split("|")]
    assert lengths == sorted(lengths, reverse=True)


@pytest.mark.parametrize("name", sorted({row["list"] for row in read_csv(PACKAGE, "context.csv")}))
def test_every_list_of_words_around_a_name_compiles(name):
    assert re.compile(context_pattern(name)) and context_words(name)


def test_neighbours_share_what_must_follow_them():
    by = re.compile(context_pattern("by"))
    assert by.fullmatch("befundet von") and by.fullmatch("signed by") and by.fullmatch("gez.")
    assert not by.fullmatch("befundet") and not by.fullmatch("signed")


def test_no_term_stands_twice_in_a_list():
    rows = [tuple(row.values()) for row in read_csv(PACKAGE, "context.csv")]
    assert len(set(rows)) == len(rows)
