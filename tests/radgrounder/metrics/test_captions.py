"""CIDEr-D and ROUGE-L against plain definitions, and against pycocoevalcap where it is installed.

pytest tests/radgrounder/metrics/test_captions.py
"""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from radgrounder.metrics.captions import cider, rouge_l
from tests.fixtures.strategies import SENTENCE

CORPUS = st.lists(st.tuples(SENTENCE.filter(bool), SENTENCE.filter(bool)), min_size=2, max_size=6)


@given(CORPUS)
def test_cider_is_that_of_pycocoevalcap(corpus):
    scorer = pytest.importorskip("pycocoevalcap.cider.cider_scorer", reason="pycocoevalcap is not installed")
    oracle = scorer.CiderScorer()
    for candidate, reference in corpus:
        oracle += (candidate, [reference])
    candidates, references = zip(*corpus, strict=True)
    assert cider(candidates, references) == pytest.approx(oracle.compute_score()[1].tolist(), abs=1e-9)


@given(SENTENCE.filter(bool), SENTENCE.filter(bool))
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
