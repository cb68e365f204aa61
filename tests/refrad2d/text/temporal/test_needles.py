"""Words that every match of a pattern holds."""

import re

import pytest

from refrad2d.text.temporal.needles import needle, required


@pytest.mark.parametrize(
    ("pattern", "words"),
    [
        (r"\b(?:new|known)\s(?:cyst|lesion)s?", ("cyst", "lesion")),
        (r"(?:stable)?\s\d+", ()),
        (r"\bno\s(?=longer)", ("longer",)),
        (r"(?:abc){2,}", ("abc",)),
    ],
)
def test_the_words_are_those_of_every_match(pattern, words):
    assert required(re.compile(pattern)) == words


def test_a_sentence_without_the_words_is_not_searched():
    pattern = needle(r"\bUnchanged\b")
    assert pattern.search("Unchanged cyst", "unchanged cyst")
    assert not pattern.may_match("a cyst")
