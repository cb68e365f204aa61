"""When a difference counts, and whether a claim holds by it."""

import pytest

from radgrounder.claims.arms import ARM_NAMES
from radgrounder.claims.crossed import Gap
from radgrounder.claims.measures import (
    BELOW,
    BETTER,
    CLAIMS,
    EQUIVALENT,
    MEASURES,
    UNDECIDED,
    WORSE,
    holds,
    margins,
    verdict,
)


def gap(low, high):
    return Gap((low + high) / 2, (high - low) / 4, 20, low, high, 96, 5)


@pytest.mark.parametrize(
    ("low", "high", "says", "better", "no_worse"),
    [
        (0.01, 0.05, BETTER, "yes", "yes"),
        (-0.05, -0.01, WORSE, "no", "no"),
        (-0.01, 0.01, EQUIVALENT, "no", "yes"),
        (0.001, 0.019, EQUIVALENT, "no", "yes"),  # seen, but too small to matter
        (-0.019, -0.001, EQUIVALENT, "no", "yes"),
        (-0.05, 0.05, UNDECIDED, "open", "open"),
        (-0.01, 0.05, UNDECIDED, "open", "yes"),
        (-0.02, 0.02, UNDECIDED, "open", "open"),  # on the margin is not inside it
        (-0.05, 0.01, UNDECIDED, "open", "open"),
        (0.0, 0.05, UNDECIDED, "open", "yes"),
    ],
)
def test_a_difference_is_judged_by_its_interval_and_margin(low, high, says, better, no_worse):
    found = verdict(gap(low, high), margin=0.02, above=True)
    assert found == says
    assert holds(found, gap(low, high), "better", 0.02) == better
    assert holds(found, gap(low, high), "no worse", 0.02) == no_worse


@pytest.mark.parametrize("interval", [(0.01, 0.05), (-0.05, -0.01), (-0.001, 0.001)])
@pytest.mark.parametrize("wanted", ["better", "no worse"])
def test_below_its_control_there_is_no_verdict(interval, wanted):
    found = verdict(gap(*interval), margin=0.02, above=False)
    assert found == BELOW and holds(found, gap(*interval), wanted, 0.02) == "open"


def test_every_measure_has_a_margin_and_every_claim_known_arms_and_measures():
    titles = {measure.title for measure in MEASURES}
    assert set(margins()) == titles and all(0 < margin < 0.1 for margin in margins().values())
    for claim in CLAIMS:
        assert {claim.first, claim.second} <= set(ARM_NAMES) and claim.measure in titles
        assert claim.wanted in ("better", "no worse")
