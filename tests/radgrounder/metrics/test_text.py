"""Text measures against a plain SQuAD script, and what normalisation keeps.

pytest tests/radgrounder/metrics/test_text.py
"""

import re
import string
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from radgrounder.metrics.text import exact_match, normalise, token_f1, token_overlap, token_recall
from tests.fixtures.strategies import SENTENCE


def squad_words(text):
    """The normalisation of SQuAD, written down a second time."""
    bare = "".join(c for c in text.lower() if c not in string.punctuation)
    return re.sub(r"\b(a|an|the)\b", " ", bare).split()


def squad_f1(prediction, truth):
    mine, theirs = squad_words(prediction), squad_words(truth)
    if not mine or not theirs:
        return float(mine == theirs)
    left, shared = Counter(theirs), 0
    for word in mine:
        if left[word] > 0:
            left[word] -= 1
            shared += 1
    precision, recall = shared / len(mine), shared / len(theirs)
    return 2 * precision * recall / (precision + recall) if shared else 0.0


@given(SENTENCE, SENTENCE)
def test_f1_is_that_of_squad(prediction, truth):
    if not {"a", "the"} >= set(prediction.split()) and not {"a", "the"} >= set(truth.split()):
        assert token_f1(prediction, truth, language="en") == pytest.approx(squad_f1(prediction, truth))


@given(SENTENCE, SENTENCE)
def test_f1_is_symmetric_and_bounded(a, b):
    assert token_f1(a, b) == token_f1(b, a) and 0 <= token_f1(a, b) <= 1


@given(st.text())
def test_a_text_agrees_with_itself(text):
    assert token_f1(text, text) == exact_match(text, text) == token_recall(text, text) == 1.0


@given(st.text())
def test_normalising_twice_changes_nothing(text):
    assert normalise(normalise(text)) == normalise(text)


def test_german_articles_go():
    assert exact_match("Die Leber", "leber", language="de") == 1.0


def test_articles_of_the_other_language_stay():
    assert normalise("die an der Leber", "en") == "die der leber"


def test_umlauts_are_letters_however_composed():
    assert exact_match("Vergro\u0308ßerte Milz", "vergrößerte MILZ.") == 1.0


def test_an_umlaut_is_not_its_vowel():
    assert exact_match("Lungenödem", "Lungenodem") == 0.0


def test_the_choice_a_is_not_nothing():
    assert exact_match("A", "The") == 0.0


def test_chinese_characters_are_words():
    assert token_f1("右侧", "左侧") == pytest.approx(0.5)


def test_german_punctuation_goes():
    assert normalise("„Leber“ – glatt", "de") == "leber glatt"


def test_recall_counts_true_words():
    assert token_overlap("liver", "liver smooth") == (1.0, 0.5, pytest.approx(2 / 3))


def test_an_empty_answer_scores_zero():
    assert token_f1("", "liver") == exact_match("", "liver") == 0.0
