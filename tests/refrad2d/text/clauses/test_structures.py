"""Which structures a text names, on which side, and what is left of a pair."""

import pytest

from refrad2d.text.clauses.structures import name_structures, narrow, read_structures


def structures(text, language, modality="CT"):
    return read_structures(text, name_structures(text, language, modality))


@pytest.mark.parametrize(
    ("text", "language", "labels", "side"),
    [
        ("Nieren beidseits", "de", {"kidney_left", "kidney_right"}, "both"),
        ("left kidney", "en", {"kidney_left"}, "left"),
        ("Leber", "de", {"liver"}, None),
    ],
)
def test_a_structure_has_the_side_that_is_said(text, language, labels, side):
    (one,) = structures(text, language)
    assert (set(one.labels), one.side) == (labels, side)


def test_the_rest_is_what_was_not_named_before():
    first, rest = structures("Rechter Lungenoberlappen, übrige Lunge", "de")
    assert not set(first.labels) & set(rest.labels) and rest.labels


def test_without_a_modality_the_classes_of_both_are_named():
    assert structures("Leber", "de", None)[0].labels == structures("Leber", "de", "MR")[0].labels


def test_a_pair_is_narrowed_to_a_side_and_a_single_structure_stays():
    (pair,) = structures("Nieren beidseits", "de")
    assert narrow(pair, "left").labels == ("kidney_left",)
    (kidney,) = structures("linke Niere", "de")
    assert narrow(kidney, "right") is kidney
