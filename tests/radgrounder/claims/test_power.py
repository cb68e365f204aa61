"""The arithmetic of power against closed forms."""

import numpy as np
import pytest
from scipy.stats import nct, t

from radgrounder.claims.crossed import Parts
from radgrounder.claims.power import detectable, pooled


def test_with_many_patients_and_no_chance_of_training_it_is_the_paired_t_test():
    patients, sd = 400, 0.2
    found = detectable(Parts((0.0, 0.0), sd**2, (0.0, 0.0)), seeds=5, patients=patients)
    assert found == pytest.approx((1.9600 + 0.8416) * sd / np.sqrt(patients), rel=0.01)


def test_with_seeds_alone_it_is_the_t_test_of_two_groups():
    seeds, sd = 5, 0.03
    found = detectable(Parts((sd**2, sd**2), 0.0, (0.0, 0.0)), seeds=seeds, patients=100)
    error, freedom = sd * np.sqrt(2 / seeds), 2 * (seeds - 1)
    reached = 1 - nct.cdf(t.ppf(0.975, freedom), freedom, found / error)
    assert reached == pytest.approx(0.8, abs=0.02)


def test_what_is_left_of_a_cell_shrinks_with_both():
    parts = Parts((0.0, 0.0), 0.0, (0.04, 0.04))
    small, large = detectable(parts, seeds=5, patients=80), detectable(parts, seeds=10, patients=160)
    assert small / 2.4 < large < small / 2  # fewer degrees of freedom are known, too


def test_more_patients_do_not_help_against_few_seeds():
    parts = Parts((1e-3, 1e-3), 1e-4, (0.0, 0.0))
    assert detectable(parts, seeds=5, patients=10_000) > 0.95 * detectable(parts, seeds=5, patients=100)


@pytest.mark.parametrize(("seeds", "patients"), [(1, 80), (5, 1)])
def test_a_design_without_an_interval_is_refused(seeds, patients):
    with pytest.raises(ValueError, match="give no interval"):
        detectable(Parts((1.0, 1.0), 1.0, (1.0, 1.0)), seeds=seeds, patients=patients)


def test_parts_are_pooled_over_pairs_of_arms():
    assert pooled([Parts((1, 3), 2, (4, 4)), Parts((2, 2), 4, (0, 0))]) == Parts((2, 2), 3, (2, 2))
    with pytest.raises(ValueError, match="no differences"):
        pooled([])
