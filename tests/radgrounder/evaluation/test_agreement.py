"""Do graders agree? Alpha against its author's example and another package.

pytest tests/radgrounder/evaluation/test_agreement.py
"""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from radgrounder.evaluation.agreement import agreement, krippendorff_alpha, read_ratings

# Krippendorff's own example of four observers and twelve units (Computing Krippendorff's Alpha-Reliability, 2011)
n = np.nan
OBSERVERS = np.array([
    [1, 2, 3, 3, 2, 1, 4, 1, 2, n, n, n],
    [1, 2, 3, 3, 2, 2, 4, 1, 2, 5, n, 3],
    [n, 3, 3, 3, 2, 3, 4, 2, 2, 5, 1, n],
    [1, 2, 3, 3, 2, 4, 4, 1, 2, 5, 1, n],
])  # fmt: skip


def write_csv(tmp_path, rows, header="id,rater,score"):
    (tmp_path / "r.csv").write_text("\n".join([header, *rows]))
    return tmp_path / "r.csv"


@pytest.mark.parametrize(("level", "alpha"), [("nominal", 0.743), ("ordinal", 0.815), ("interval", 0.849)])
def test_alpha_is_that_of_the_published_example(level, alpha):
    assert krippendorff_alpha(OBSERVERS, level) == pytest.approx(alpha, abs=5e-4)


@given(st.lists(st.lists(st.sampled_from([1.0, 2.0, 3.0, np.nan]), min_size=5, max_size=5), min_size=2, max_size=4))
@pytest.mark.parametrize("level", ["nominal", "ordinal", "interval"])
def test_alpha_is_that_of_the_package_krippendorff(level, table):
    oracle = pytest.importorskip("krippendorff", reason="krippendorff is not installed")
    table = np.array(table)
    paired = table[:, (~np.isnan(table)).sum(axis=0) >= 2]
    if len(np.unique(paired[~np.isnan(paired)])) > 1:
        expected = oracle.alpha(reliability_data=paired, level_of_measurement=level)
        assert krippendorff_alpha(table, level) == pytest.approx(expected)


def test_alpha_of_perfect_agreement_is_one():
    assert krippendorff_alpha(np.array([[1.0, 2, 3], [1, 2, 3]])) == 1.0


def test_alpha_without_shared_items_is_none():
    assert math.isnan(krippendorff_alpha(np.array([[1.0, np.nan], [np.nan, 2]])))


def test_the_judge_is_set_against_the_mean_of_the_others(tmp_path):
    grades = {"anna": [1, 2, 4, 5], "ben": [2, 2, 5, 5], "llm": [1, 3, 4, 5]}
    rows = [f"{i},{rater},{score}" for rater, scores in grades.items() for i, score in enumerate(scores)]
    found = agreement(read_ratings(write_csv(tmp_path, rows)), judge="llm")
    means = np.mean([grades["anna"], grades["ben"]], axis=0)
    assert found["pearson"] == pytest.approx(np.corrcoef(means, grades["llm"])[0, 1])
    assert (found["raters"], found["items"], found["pairs"]) == (2, 4, 4)


def test_a_judge_without_spread_has_no_correlation():
    ratings = {"anna": {"1": 1.0, "2": 2.0, "3": 3.0}, "llm": {"1": 3.0, "2": 3.0, "3": 3.0}}
    assert agreement(ratings, judge="llm")["pearson"] is None


@pytest.mark.parametrize(
    ("rows", "header", "message"),
    [
        (["1,2"], "id,score", "lacks the column 'rater'"),
        (["1,a,good"], "id,rater,score", "Line 2 of r.csv has no number"),
        (["1,a,2", "1,a,3"], "id,rater,score", "rates an id twice in line 3"),
    ],
)
def test_bad_ratings_are_refused(tmp_path, rows, header, message):
    with pytest.raises(ValueError, match=message):
        read_ratings(write_csv(tmp_path, rows, header))


def test_an_unknown_judge_names_the_raters():
    with pytest.raises(ValueError, match="No rater is called 'gpt'. Choose from anna, llm"):
        agreement({"anna": {}, "llm": {}}, judge="gpt")


def test_an_unknown_level_is_refused():
    with pytest.raises(ValueError, match="Unknown level 'ratio'. Choose from nominal, ordinal, interval"):
        krippendorff_alpha(OBSERVERS, "ratio")
