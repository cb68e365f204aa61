"""Text measures against independent implementations: a plain SQuAD script, and pycocoevalcap where it is installed.

pytest tests/radgrounder/metrics/test_text.py
"""

import re
import string
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from radgrounder.metrics.captions import cider, rouge_l
from radgrounder.metrics.grounding import exact_match, normalise, token_f1, token_overlap, token_recall

WORDS = ["liver", "the", "smooth", "no", "lesion", "kidney", "Left", "left,", "5.2", "cm.", "a", "mass"]
sentences = st.lists(st.sampled_from(WORDS), max_size=9).map(" ".join)
corpora = st.lists(st.tuples(sentences.filter(bool), sentences.filter(bool)), min_size=2, max_size=6)


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


@given(sentences, sentences)
def test_f1_is_that_of_squad(prediction, truth):
    if not {"a", "the"} >= set(prediction.split()) and not {"a", "the"} >= set(truth.split()):
        assert token_f1(prediction, truth, language="en") == pytest.approx(squad_f1(prediction, truth))


@given(sentences, sentences)
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


@given(corpora)
def test_cider_is_that_of_pycocoevalcap(corpus):
    scorer = pytest.importorskip("pycocoevalcap.cider.cider_scorer", reason="pycocoevalcap is not installed")
    oracle = scorer.CiderScorer()
    for candidate, reference in corpus:
        oracle += (candidate, [reference])
    candidates, references = zip(*corpus, strict=True)
    assert cider(candidates, references) == pytest.approx(oracle.compute_score()[1].tolist(), abs=1e-9)


@given(sentences.filter(bool), sentences.filter(bool))
def test_rouge_is_that_of_pycocoevalcap(candidate, reference):
    rouge = pytest.importorskip("pycocoevalcap.rouge.rouge", reason="pycocoevalcap is not installed")
    assert rouge_l(candidate, reference) == pytest.approx(rouge.Rouge().calc_score([candidate], [reference]))


def longest_common(a, b):
    if not a or not b:
        return 0
    return 1 + longest_common(a[1:], b[1:]) if a[0] == b[0] else max(longest_common(a[1:], b), longest_common(a, b[1:]))


@given(
    st.lists(st.sampled_from("xyz"), min_size=1, max_size=6), st.lists(st.sampled_from("xyz"), min_size=1, max_size=6)
)
def test_rouge_is_the_f_of_the_longest_common_subsequence(a, b):
    shared = longest_common(a, b)
    expected = (1 + 1.44) * shared / (len(b) * 1.44 + len(a)) if shared else 0.0  # (1 + β²)PR / (R + β²P), written out
    assert rouge_l(" ".join(a), " ".join(b)) == pytest.approx(expected)


def test_cider_of_the_reference_itself_is_ten_where_every_order_counts():
    references = ["liver is smooth today", "kidney has one stone", "no free air seen"]
    assert cider(references, references) == pytest.approx([10.0] * 3)


def test_cider_of_words_that_every_reference_has_is_zero():
    assert cider(["liver", "liver"], ["liver", "liver"]) == [0.0, 0.0]


def test_cider_needs_one_reference_a_candidate():
    with pytest.raises(ValueError, match="1 candidates do not fit 2 references"):
        cider(["a"], ["a", "b"])
