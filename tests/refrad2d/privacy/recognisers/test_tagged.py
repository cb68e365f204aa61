"""What a network finds when the rules are done, and how sure it has to be."""

import numpy as np
import pytest

from refrad2d.privacy.deidentify import KINDS, deidentify
from refrad2d.privacy.recognisers import tagged
from refrad2d.privacy.recognisers.tagged import SURE, find_tagged
from refrad2d.text.tagging.tagger import Word, load_tagger, tokens

TAGS = load_tagger(tagged.WEIGHTS).tags


class Sure:
    """A tagger that gives some words a kind, with a probability."""

    tags = TAGS

    def __init__(self, told):
        self.told = told

    def read(self, text, language):
        for word, start, end in tokens(text):
            kind, score = self.told.get(word, ("NONE", 1.0))
            scores = np.zeros(len(TAGS))
            scores[TAGS.index("NONE")] = 1 - score
            scores[TAGS.index(kind)] += score
            yield Word(word, start, end, scores)


def say(monkeypatch, told):
    monkeypatch.setattr(tagged, "load_tagger", lambda path: Sure(told))


def found(text):
    return [(text[f.start : f.end], f.kind) for f in find_tagged(text, "de")]


def test_every_kind_has_a_placeholder():
    assert set(TAGS) - {"NONE"} <= set(KINDS)


def test_neighbours_of_one_kind_are_one_and_signs_between_them_go_too(monkeypatch):
    name = ("NAME", 0.99)
    say(monkeypatch, {"Ada": name, "-": name, "Lund": name, "Suhl": ("ADDRESS", 0.99)})
    assert found("Ada-Lund aus Suhl") == [("Ada-Lund", "NAME"), ("Suhl", "ADDRESS")]


def test_a_sign_alone_and_a_placeholder_are_no_identity(monkeypatch):
    say(monkeypatch, {",": ("NAME", 0.99), "[NAME]": ("NAME", 0.99)})
    assert found("[NAME], heute") == []


@pytest.mark.parametrize(("placeholders", "least"), SURE)
def test_the_fewer_placeholders_the_surer(monkeypatch, placeholders, least):
    text = "[NAME] " * placeholders + "Suhl"
    for score, expected in ((least + 0.01, [("Suhl", "ADDRESS")]), (least - 0.01, [])):
        say(monkeypatch, {"Suhl": ("ADDRESS", score)})
        assert found(text) == expected


def test_clinical_terms_stay(monkeypatch):
    say(monkeypatch, dict.fromkeys(("Baker", "-", "Zyste"), ("NAME", 0.99)))
    assert found("Baker-Zyste rechts") == []


def test_it_reads_a_letter_after_the_rules():
    text = "[NAME] aus [ADDRESS], geb. [DATE], wurde am [DATE] von Dr. Quarmbeck untersucht. Kein Erguss."
    assert any("Quarmbeck" in text[f.start : f.end] for f in find_tagged(text, "de"))
    assert not any("Erguss" in text[f.start : f.end] for f in find_tagged(text, "de"))


def test_what_it_finds_goes_and_a_second_time_changes_nothing(monkeypatch):
    say(monkeypatch, {"Zabeltitzius": ("NAME", 0.99)})
    once = deidentify("Zabeltitzius kommt wieder. Leber normal.", "de")
    assert once == "[NAME] kommt wieder. Leber normal."
    assert deidentify(once, "de") == once
