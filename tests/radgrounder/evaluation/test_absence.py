"""The ROC of a model's confidence that there is something to point at."""

import numpy as np
import pytest

from radgrounder.benchmarks.base import ABSENT_ASKED, Item, plain
from radgrounder.evaluation.absence import absence_auc, absence_curve, choose_offset, roc_auc


def item(number, control, patient):
    return Item(str(number), "locate", control, "s", "", plain(""), patient, "en")


def test_the_area_counts_pairs_in_order_and_ties_half():
    assert roc_auc(np.array([0.9, 0.5]), np.array([0.5, 0.1])) == pytest.approx(3.5 / 4)
    assert roc_auc(np.array([1.0]), np.array([0.0])) == 1 and roc_auc(np.array([0.0]), np.array([1.0])) == 0
    assert np.isnan(roc_auc(np.array([]), np.array([0.5])))


def test_the_interval_is_over_patients_and_other_controls_do_not_count():
    items = [item(n, ABSENT_ASKED if n % 2 else "", f"p{n % 5}") for n in range(40)] + [item(99, "shuffled", "p0")]
    sure = {i.id: 0.2 if i.control else 0.4 + 0.01 * int(i.id) % 0.3 for i in items}
    found = absence_auc(items, sure, samples=50, seed=0)
    assert (found.mean, found.n) == (1.0, 40) and found.low == found.high == 1.0
    assert absence_auc(items, {}, samples=50, seed=0).n == 0
    alone = absence_auc(items[:2], {**sure, "0": 0.1}, samples=50, seed=0)
    assert alone.mean == 0.0


def test_the_curve_tells_what_it_costs_to_give_present_structures_their_box():
    items = [item(n, ABSENT_ASKED if n >= 100 else "", "p") for n in range(200)]
    sure = {str(n): (n + 1) / 100 for n in range(100)} | {str(n): (n - 99) / 200 for n in range(100, 200)}
    (first, *_, last) = absence_curve(items, sure)
    assert first == {"present_boxed": 0.9, "absent_boxed": pytest.approx(0.79, abs=0.011)}
    assert last["absent_boxed"] == pytest.approx(0.97, abs=0.011)
    assert absence_curve(items[:100], sure) == []


def test_one_patient_has_no_interval():
    items = [item(0, "", "p"), item(1, ABSENT_ASKED, "p")]
    assert absence_auc(items, {"0": 0.5, "1": 0.5}, samples=9, seed=0).as_dict() == {
        "mean": 0.5, "low": None, "high": None, "n": 2,
    }  # fmt: skip


def test_the_offset_gives_up_the_share_of_what_is_shown_that_it_may():
    present = np.linspace(-9, 1, 1001)
    offset = choose_offset(present, lost=0.02)
    assert np.mean(present + offset > 0) == pytest.approx(0.02, abs=0.002)
    assert choose_offset(np.array([]), lost=0.02) == 0.0
