"""Persons by the words around their names, and by the lists of names."""

import pytest

from refrad2d.privacy.recognisers.names import find_names, holds_name


def found(text, language="de"):
    return [text[f.start : f.end] for f in find_names(text, language)]


@pytest.mark.parametrize(
    ("text", "language", "name"),
    [
        ("Frau Quitzow klagt.", "de", "Frau Quitzow"),
        ("Befundet von Dr. Elvira Quitzow.", "de", "Dr. Elvira Quitzow"),
        ("gez. Maria Keller", "de", "Maria Keller"),
        ("Mit freundlichen Grüßen\nE. Quitzow", "de", "E. Quitzow"),
        ("Zuweiser: Quitzow, Elvira", "de", "Quitzow, Elvira"),
        ("Reported by John Featherington.", "en", "John Featherington"),
        ("Jane Featherington, MD", "en", "Jane Featherington, MD"),
        ("His wife Anna was informed.", "en", "Anna"),
    ],
)
def test_a_name_is_found_by_what_stands_around_it(text, language, name):
    assert name in found(text, language)


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("Der Patient klagt über Schmerzen.", "de"),
        ("MR der Leber.", "de"),
        ("Weber B Fraktur.", "de"),
        ("Liver and spleen are normal.", "en"),
        ("Discussed with the patient.", "en"),
    ],
)
def test_where_nobody_is_named_nobody_is_found(text, language):
    assert not [name for name in found(text, language) if "Weber" not in name]


def test_titles_alone_are_no_name():
    assert holds_name("Dr. Anna") and not holds_name("Dr. Prof. der Leber".lower())
