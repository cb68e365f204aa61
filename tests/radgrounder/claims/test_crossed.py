"""Seeds and patients in one bootstrap: it covers at the nominal rate, where either of them dominates."""

import numpy as np
import pytest

from radgrounder.claims.crossed import Panel, difference, estimate, panel

SEEDS, PATIENTS, REPETITIONS = 5, 80, 200


def simulated(rng, effect=0.0, seeds=0.0, patients=0.0, rest=0.0):
    """Two arms: patients are shared, with a difference of their own; seeds and the rest are each arm's own."""
    shared, own = rng.normal(0, 0.3, PATIENTS), rng.normal(0, patients, PATIENTS)
    counts = rng.integers(1, 6, PATIENTS).astype(float)

    def arm(shift):
        runs = rng.normal(0, seeds, (SEEDS, 1))
        left = rng.normal(0, rest, (SEEDS, PATIENTS)) / np.sqrt(counts)
        names = tuple(f"p{n}" for n in range(PATIENTS))
        return Panel((shift + shared + runs + left) * counts, counts, names)

    return arm(effect + own), arm(0.0)


@pytest.mark.parametrize(
    "spread",
    [
        {"seeds": 0.05, "patients": 0.01, "rest": 0.05},
        {"seeds": 0.001, "patients": 0.2, "rest": 0.05},
        {"seeds": 0.001, "patients": 0.01, "rest": 0.5},
        {"seeds": 0.02, "patients": 0.1, "rest": 0.3},
    ],
    ids=["seeds", "patients", "rest", "all"],
)
def test_intervals_cover_a_known_difference_at_the_nominal_rate(spread):
    rng, effect, hits = np.random.default_rng(1), 0.03, []
    for _ in range(REPETITIONS):
        first, second = simulated(rng, effect, **spread)
        gap = difference(first, second, samples=1000)
        hits.append(gap.low <= effect <= gap.high)
    assert 0.92 <= np.mean(hits) <= 0.985


def test_patients_alone_would_not_cover_where_seeds_differ():
    rng = np.random.default_rng(2)
    hits = []
    for _ in range(REPETITIONS):
        first, second = simulated(rng, 0.0, seeds=0.05, patients=0.01, rest=0.05)
        gaps = (first.sums - second.sums).mean(0) / first.counts
        half = 1.96 * gaps.std(ddof=1) / np.sqrt(PATIENTS)
        hits.append(abs(gaps.mean()) <= half)
    assert np.mean(hits) < 0.6


def test_the_parts_of_variance_are_those_that_were_drawn():
    rng = np.random.default_rng(3)
    found = [estimate(*simulated(rng, seeds=0.05, patients=0.1, rest=0.0)) for _ in range(60)]
    assert np.mean([parts.seeds for parts in found]) == pytest.approx(0.05**2, rel=0.15)
    assert np.mean([parts.rest for parts in found]) < 0.002


def test_a_control_has_no_chance_of_training():
    first, second = simulated(np.random.default_rng(4), 0.1, seeds=0.01, patients=0.05, rest=0.1)
    control = Panel(second.sums[:1], second.counts, second.patients)
    gap = difference(first, control, samples=200)
    assert gap.seeds == SEEDS and gap.low < gap.mean < gap.high
    assert estimate(first, control).seeds[1] == estimate(first, control).rest[1] == 0


def test_scores_become_sums_by_patient():
    runs = [{"a": (1.0, "p"), "b": (0.0, "p"), "c": (0.5, "q")}, {"a": (0.0, "p"), "b": (0.0, "p"), "c": (1.0, "q")}]
    found = panel(runs)
    assert found.sums.tolist() == [[1.0, 0.5], [0.0, 1.0]] and found.counts.tolist() == [2, 1]
    assert found.mean == pytest.approx(2.5 / 6) and found.effects().mean() == pytest.approx(0)


def test_the_same_call_gives_the_same_interval():
    pair = simulated(np.random.default_rng(5), seeds=0.01, patients=0.05, rest=0.1)
    assert difference(*pair, samples=100) == difference(*pair, samples=100)


@pytest.mark.parametrize("runs", [[], [{}], [{"a": (1.0, "p")}, {"b": (1.0, "p")}]])
def test_seeds_of_other_items_are_refused(runs):
    with pytest.raises(ValueError, match="different items, or none"):
        panel(runs)


def test_arms_of_other_patients_are_refused():
    first, second = panel([{"a": (1.0, "p"), "b": (1.0, "q")}] * 2), panel([{"a": (1.0, "p"), "b": (1.0, "r")}] * 2)
    with pytest.raises(ValueError, match="different patients or items"):
        difference(first, second, samples=10)


def test_one_patient_gives_no_interval():
    one = panel([{"a": (1.0, "p")}] * 2)
    with pytest.raises(ValueError, match="One patient alone"):
        difference(one, one, samples=10)
