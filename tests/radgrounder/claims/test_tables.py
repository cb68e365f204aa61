"""Figures as JSON and Markdown: what can be seen first, stars, dashes, what an arm does not have."""

import numpy as np

from radgrounder.claims.crossed import Panel
from radgrounder.claims.measures import CLAIMS
from radgrounder.claims.tables import detectable_differences, format_power, format_results, judge_claim

NAMES = tuple(f"p{n}" for n in range(30))


def arm(level, seeds=3, seed=0):
    rng = np.random.default_rng(seed)
    return Panel(level + rng.normal(0, 0.05, (seeds, len(NAMES))), np.ones(len(NAMES)), NAMES)


CLAIM = next(claim for claim in CLAIMS if claim.measure == "report F1")
PANELS = {CLAIM.first: {"report F1": arm(0.6), "locate IoU": arm(0.4)}, CLAIM.second: {"report F1": arm(0.5, seed=1)}}


def test_detectable_differences_are_of_claimed_measures_that_two_arms_have():
    found = detectable_differences(PANELS, seeds=5)
    assert list(found) == ["report F1"] and 0 < found["report F1"]["detectable"] < 0.1
    text = format_power(found)
    assert "first 3 seeds of every arm" in text and "| report F1 | 0.0" in text
    assert format_power({}).startswith("No pilot")


def test_a_claim_without_one_of_its_arms_is_left_out():
    assert judge_claim(CLAIM, {CLAIM.first: PANELS[CLAIM.first]}, {}, samples=50) is None
    assert judge_claim(CLAIM, PANELS, {}, samples=50)["verdict"] == "better"


def test_arms_stand_beside_their_controls():
    controls = {"report F1": arm(0.55, seeds=1, seed=2)}
    results, text = format_results(PANELS, controls, {}, samples=50)
    rows = {line.split(" | ")[0].strip("| "): line for line in text.splitlines() if line.startswith("| ")}
    assert rows["control"].startswith("| control | – | 0.5")
    assert rows[CLAIM.first].count("*") == 1 and "*" not in rows[CLAIM.second] and " – |" in rows[CLAIM.second]
    assert results["above_control"][CLAIM.second]["report F1"]["mean"] < 0
