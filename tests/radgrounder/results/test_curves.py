"""Risk against coverage as a picture."""

import numpy as np

from radgrounder.results.curves import draw_curves

CURVE = (np.array([0.5, 1.0]), np.array([0.0, 0.5]))  # coverage, risk


def test_the_picture_has_a_line_a_kind():
    assert draw_curves({"box": CURVE, "answer": CURVE}).count("<polyline") == 2


def test_a_point_lies_where_coverage_and_risk_say():
    drawn = draw_curves({"box": (np.array([0.0, 1.0]), np.array([0.0, 1.0]))}, width=164, height=160)
    assert 'points="48.0,116.0 148.0,16.0"' in drawn


def test_without_curves_the_axes_are_left():
    assert "<polyline" not in draw_curves({}) and "coverage (share answered)" in draw_curves({})
