"""Calibration brings confidence and correctness together and keeps the order."""

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from radgrounder.evaluation.calibrate import (
    calibration_error,
    choose_threshold,
    cross_fit,
    fit_scale,
    risk_coverage,
    summarise,
    summarise_absence,
)
from radgrounder.inference.confidence import Calibration, Scale

CONFIDENCES = st.lists(st.floats(0, 1), min_size=1, max_size=50)


def overconfident(n=4000, seed=0):
    """Confidences whose true log-odds are half as large, less one, and what came true."""
    rng = np.random.default_rng(seed)
    x = rng.normal(0, 3, n)
    right = rng.random(n) < 1 / (1 + np.exp(-(x / 2 - 1)))
    return 1 / (1 + np.exp(-x)), right, [f"p{i % 40}" for i in range(n)]


def test_the_true_scale_is_found():
    confidences, right, _ = overconfident()
    scale = fit_scale(confidences, right)
    assert scale.slope == pytest.approx(0.5, abs=0.05) and scale.offset == pytest.approx(-1, abs=0.1)


def test_the_scale_is_that_of_the_torch_optimizer_which_fitted_the_shipped_ones():
    scale = fit_scale(*overconfident(400)[:2])
    assert (scale.slope, scale.offset) == pytest.approx((0.5004599, -1.0779543), abs=1e-4)


def test_the_error_falls_on_patients_that_the_fit_has_not_seen():
    confidences, right, patients = overconfident()
    held_out = cross_fit(confidences, right, patients)
    assert calibration_error(held_out, right) < 0.03 < calibration_error(confidences, right)


def test_a_half_of_the_patients_is_calibrated_by_the_other():
    confidences, right, patients = overconfident(400)
    changed = right.copy()
    mine = np.array([patient == "p1" for patient in patients])
    changed[mine] = ~changed[mine]
    before, after = cross_fit(confidences, right, patients), cross_fit(confidences, changed, patients)
    assert np.array_equal(before[mine], after[mine]) and not np.array_equal(before, after)


def test_one_patient_gives_no_error_after_the_fit():
    confidences, right, _ = overconfident(50)
    assert summarise(confidences, right, ["p"] * 50, risk=0.1)["ece_after"] is None


def test_confidences_far_from_one_half_are_calibrated():
    rng = np.random.default_rng(3)
    confidences = rng.uniform(0.03, 0.1, 2000)  # a soft target spreads the probability of a coordinate over neighbours
    right = rng.uniform(size=2000) < 0.6 + 4 * confidences
    scale = fit_scale(confidences, right)
    assert calibration_error([scale(c) for c in confidences], right) < 0.03 < calibration_error(confidences, right)


@given(CONFIDENCES, st.integers(0, 2**20))
def test_a_scale_is_finite_and_keeps_the_order(confidences, bits):
    right = [bool(bits >> n % 20 & 1) for n in range(len(confidences))]
    scale = fit_scale(confidences, right)
    calibrated = [scale(c) for c in sorted(confidences)]
    assert calibrated == sorted(calibrated) and all(0 <= c <= 1 for c in calibrated)


def test_the_calibration_error_of_a_known_case():
    assert calibration_error([0.9, 0.9, 0.1, 0.1], [True, False, False, False]) == pytest.approx(0.25)


def test_nothing_scored_has_no_error():
    assert np.isnan(calibration_error([], []))


def test_risk_and_coverage_of_a_known_case():
    thresholds, coverage, risk = risk_coverage([0.9, 0.5, 0.5, 0.1], [True, True, False, False])
    assert (thresholds.tolist(), coverage.tolist()) == ([0.9, 0.5, 0.1], [0.25, 0.75, 1.0])
    assert risk.tolist() == pytest.approx([0, 1 / 3, 1 / 2])


@given(CONFIDENCES, st.integers(0, 2**20), st.floats(0, 1))
def test_the_threshold_keeps_the_risk(confidences, bits, wanted):
    right = np.array([bool(bits >> n % 20 & 1) for n in range(len(confidences))])
    answered = np.array(confidences) >= choose_threshold(confidences, right, risk=wanted)
    assert not answered.any() or (~right)[answered].mean() <= wanted + 1e-9


def test_no_threshold_that_keeps_the_risk_answers_nothing():
    assert choose_threshold([0.9, 0.8], [False, False], risk=0.1) > 1


def test_the_summary_is_what_a_model_folder_loads(tmp_path):
    figures = summarise(*overconfident(200), risk=0.2)
    (tmp_path / "calibration.json").write_text(json.dumps({"box": figures, "answer": {"slope": 2.0, "offset": 0.5}}))
    loaded = Calibration.load(tmp_path)
    assert loaded.box == Scale(figures["slope"], figures["offset"]) and loaded.answer == Scale(2.0, 0.5)


def test_absence_is_fitted_on_half_of_the_patients_and_judged_on_the_other():
    rng, shown = np.random.default_rng(0), np.arange(2000) % 2 == 0
    odds = rng.normal(np.where(shown, -6, -2), 1.0)  # sure of a box everywhere, but less so of what is not there
    found = summarise_absence(odds, shown, [f"p{n % 20}" for n in range(2000)])
    assert found["boxed_before"] > 0.9 and found["boxed_after"] < 0.1
    assert found["shown_boxed_before"] == 1.0 and found["shown_boxed_after"] == pytest.approx(0.985, abs=0.01)
    assert found["n"] == 1000 and found["offset"] > 0
    assert summarise_absence(odds, shown, ["p"] * 2000)["boxed_after"] is None


def test_the_offset_is_picked_up_by_the_calibration(tmp_path):
    scale = {"slope": 1.0, "offset": 0.0}
    stored = {"box": scale, "answer": scale, "absent": {"offset": 1.5}}
    (tmp_path / "calibration.json").write_text(json.dumps(stored))
    assert Calibration.load(tmp_path).absent == 1.5
