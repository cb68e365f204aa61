"""Intervals and tests of significance: against plain loops, exact enumeration, and the clock.

pytest tests/radgrounder/metrics/test_intervals.py
"""

import time
from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from radgrounder.metrics.intervals import compare, constant_limits, figure, figures, gap, resample_means

VALUES = st.lists(st.floats(0, 1), min_size=2, max_size=8)


def test_the_mean_is_over_items_not_clusters():
    assert figure([1, 1, 1, 0], ["p", "p", "p", "q"], samples=50).mean == 0.75


def test_items_that_are_not_scored_do_not_count():
    found = figure([1.0, np.nan, 0.0], ["p", "q", "r"], samples=50)
    assert (found.mean, found.n) == (0.5, 2)


def test_nothing_scored_has_no_figure():
    assert figure([np.nan], ["p"], samples=50).as_dict() == {"mean": None, "low": None, "high": None, "n": 0}


def test_one_cluster_has_no_interval():
    found = figure([0.2, 0.4], ["p", "p"], samples=50)
    assert (found.mean, found.low, found.high) == (pytest.approx(0.3), None, None)


def test_the_interval_is_that_of_every_possible_draw():
    """Four clusters have 256 equally likely draws: their exact quantiles are known."""
    totals, sizes = np.array([3.0, 1.0, 0.0, 1.0]), np.array([3, 2, 1, 4])
    values, clusters = [1, 1, 1, 1, 0, 0, 1, 0, 0, 0], "aaabbcdddd"
    draws = [list(d) for d in product(range(4), repeat=4)]
    exact = np.percentile([totals[d].sum() / sizes[d].sum() for d in draws], [2.5, 97.5])
    found = figure(values, list(clusters), samples=40_000)
    assert (found.low, found.high) == pytest.approx(tuple(exact), abs=0.02)


def test_clusters_widen_the_interval():
    values = np.repeat(np.random.default_rng(0).random(40) > 0.5, 25).astype(float)
    alone = figure(values, range(1000), samples=2000)
    together = figure(values, np.repeat(np.arange(40), 25), samples=2000)
    assert together.high - together.low > 3 * (alone.high - alone.low)


def test_the_interval_of_a_proportion_is_the_textbook_one():
    values = np.array([1.0] * 300 + [0.0] * 700)
    found = figure(values, range(1000))
    half = 1.96 * np.sqrt(0.3 * 0.7 / 1000)
    assert (found.low, found.high) == (pytest.approx(0.3 - half, abs=0.003), pytest.approx(0.3 + half, abs=0.003))


@settings(max_examples=30, deadline=None)
@given(VALUES)
def test_the_interval_lies_within_the_values(values):
    found = figure(values, range(len(values)), samples=200)
    assert min(values) - 1e-9 <= found.low <= found.high <= max(values) + 1e-9


def test_the_same_seed_gives_the_same_interval():
    values = np.random.default_rng(0).random(30)
    assert figure(values, range(30), samples=100, seed=3) == figure(values, range(30), samples=100, seed=3)


def test_a_column_does_not_depend_on_its_neighbours():
    values = np.random.default_rng(0).random((30, 2))
    values[::3, 1] = np.nan
    together = figures(values, list(range(30)), samples=100)
    assert together == [figure(values[:, k], range(30), samples=100) for k in (0, 1)]


def test_cluster_names_may_be_numpy_strings():
    names = np.array(["p", "q", "p"])
    assert figure([1, 0, 1], names, samples=50) == figure([1, 0, 1], ["p", "q", "p"], samples=50)


def test_rows_and_clusters_must_fit():
    with pytest.raises(ValueError, match="Give one row and one cluster an item"):
        figures(np.zeros((3, 1)), ["p"])


def test_resampling_weighs_large_clusters():
    means = resample_means(np.array([[1.0], [1.0], [1.0], [0.0]]), ["p", "p", "p", "q"], samples=4000)
    assert set(np.unique(means)) == {0.0, 0.75, 1.0}


def test_a_gap_is_the_difference_of_two_groups():
    found = gap([1.0, 0.5, 0.0, 0.5], ["de", "de", "en", "en"], ["p", "q", "p", "q"], "de", "en", samples=200)
    assert (found.mean, found.n) == (0.5, 4)


def test_a_gap_within_patients_is_told_from_one_between_them():
    """Each patient loses the same 0.1 in English, whatever its own level: the paired gap has no spread."""
    levels = np.random.default_rng(0).random(20)
    values, groups = np.concatenate([levels, levels - 0.1]), ["de"] * 20 + ["en"] * 20
    found = gap(values, groups, [*range(20), *range(20)], "de", "en", samples=500)
    assert (found.low, found.high) == (pytest.approx(0.1), pytest.approx(0.1))


def test_a_gap_to_all_others_takes_every_other_group():
    found = gap([1.0, 0.0, 0.5], ["A", "B", "C"], ["p", "q", "r"], "A", samples=50)
    assert found.mean == pytest.approx(0.75)


def test_a_gap_to_an_empty_group_is_none():
    assert gap([1.0], ["A"], ["p"], "A", "B", samples=50).mean is None


def sign_flip_oracle(differences):
    observed = abs(sum(differences))
    flips = product((1, -1), repeat=len(differences))
    return np.mean([abs(sum(s * d for s, d in zip(f, differences, strict=True))) >= observed - 1e-9 for f in flips])


@settings(max_examples=30, deadline=None)
@given(st.lists(st.integers(-5, 5), min_size=1, max_size=8))
def test_the_permutation_test_is_exact_for_few_clusters(differences):
    found = compare([float(d) for d in differences], [0.0] * len(differences), range(len(differences)), samples=50)
    assert found.p == pytest.approx(sign_flip_oracle(differences))


def test_the_drawn_permutation_test_agrees_with_the_exact_one():
    differences = np.random.default_rng(1).normal(0.3, 1, 14)
    found = compare(differences, np.zeros(14), range(14))
    assert found.p == pytest.approx(sign_flip_oracle(differences.tolist()), abs=0.02)


def test_a_cluster_flips_as_a_whole():
    """Two patients with many better rows are two observations: the smallest p is 2/4."""
    assert compare([1.0] * 20, [0.0] * 20, ["p"] * 10 + ["q"] * 10, samples=50).p == 0.5


def test_equal_systems_do_not_differ():
    scores = np.random.default_rng(0).random(30)
    assert compare(scores, scores, range(30), samples=200).p == 1.0


def test_under_the_null_small_p_values_are_rare():
    generator = np.random.default_rng(2)
    p = [compare(*generator.random((2, 40)), range(40), samples=200, seed=k).p for k in range(200)]
    assert 0.0 <= np.mean(np.array(p) < 0.05) <= 0.12


def test_only_rows_of_both_systems_are_compared():
    assert compare([1.0, np.nan, 0.5], [0.0, 1.0, 0.5], range(3), samples=50).difference.n == 2


def test_systems_of_other_rows_are_refused():
    with pytest.raises(ValueError, match="Give scores of the same rows"):
        compare([1.0], [1.0, 0.0], range(2))


def test_two_thousand_rows_of_six_measures_take_less_than_five_seconds():
    values = np.random.default_rng(0).random((2000, 6))
    began = time.process_time()
    figures(values, list(range(2000)))
    assert time.process_time() - began < 5


def test_two_thousand_pairs_are_compared_in_seconds():
    first, second = np.random.default_rng(0).random((2, 2000))
    began = time.process_time()
    compare(first, second, range(2000))
    assert time.process_time() - began < 5


def test_where_all_patients_are_alike_the_bound_is_that_of_clopper_and_pearson():
    assert constant_limits(0.0, 14) == (0.0, pytest.approx(0.2316, abs=1e-4))
    assert constant_limits(1.0, 14) == (pytest.approx(0.7684, abs=1e-4), 1.0)
    low, high = constant_limits(0.0, 14, bounds=(-1.0, 1.0))
    assert -low == high == pytest.approx(0.2316, abs=1e-4)
