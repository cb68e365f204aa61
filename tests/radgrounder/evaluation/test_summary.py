"""Scores of single answers become figures, subgroups and gaps.

pytest tests/radgrounder/evaluation/test_summary.py
"""

from dataclasses import replace

import numpy as np

from radgrounder.benchmarks.base import Column, Item, plain
from radgrounder.evaluation.summary import summarise, summarise_findings

COLUMN = Column("vqa", "f1", ("vqa",), "", "f1")
CONTROL = Column("vqa", "majority_f1", ("vqa",), "majority", "f1")


def item(number, control="", task="vqa", **groups):
    return Item(f"i{number}", task, control, "image", "?", plain("yes"), f"p{number}", "en", groups=groups)


def summary(items, values, columns=(COLUMN,), extra=()):
    return summarise(columns, extra, items, [{"f1": value} for value in values], samples=50)


def test_a_column_is_the_mean_of_its_items():
    items = [item(0), item(1), item(2, control="majority"), item(3, task="report")]
    found = summary(items, [1.0, 0.0, 1.0, 1.0], (COLUMN, CONTROL))["vqa"]
    assert (found["f1"]["mean"], found["f1"]["n"]) == (0.5, 2)
    assert (found["majority_f1"]["mean"], found["majority_f1"]["n"]) == (1.0, 1)


def test_what_was_not_scored_does_not_count():
    assert summary([item(0), item(1)], [1.0, np.nan])["vqa"]["f1"]["n"] == 1


def test_figures_beyond_the_contract_stand_apart():
    found = summary([item(0)], [1.0], (), (COLUMN,))
    assert found["additional"]["vqa"]["f1"]["mean"] == 1.0 and "vqa" not in found


def test_subgroups_are_of_the_values_that_occur():
    found = summary([item(0, sex="F"), item(1, sex="M"), item(2)], [1.0, 0.0, 0.0])["subgroups"]["vqa.f1"]
    assert {name: figure["mean"] for name, figure in found["sex"].items()} == {"F": 1.0, "M": 0.0}


def test_controls_have_no_subgroups():
    found = summary([item(0, control="majority", sex="F")], [1.0], (CONTROL,))
    assert found["subgroups"] == found["gaps"] == {}


def test_a_gap_is_first_minus_second():
    items = [item(n, sex="FM"[n % 2], site="ABC"[n % 3]) for n in range(6)]
    gaps = summary(items, [1.0, 0.0] * 3)["gaps"]["vqa.f1"]
    assert gaps["sex: F - M"]["mean"] == 1.0
    assert {"site: A - others", "site: B - others", "site: C - others"} <= gaps.keys()


def test_one_site_has_no_others():
    assert summary([item(0, site="A"), item(1, site="A")], [1.0, 0.0])["gaps"]["vqa.f1"] == {}


def test_findings_are_counted_by_class_of_the_model_and_of_a_control():
    true = plain("Cyst in the right kidney. Stone in the gallbladder.")
    asked = [
        replace(item(n, control, task="report", modality="CT"), true=true)
        for n, control in enumerate(("", "", "other"))
    ]
    said = [plain("Cyst in the right kidney."), plain("Cyst in the left kidney."), true]
    found = summarise_findings(asked, said, samples=50)
    assert {name: measures["f1"]["mean"] for name, measures in found.items()} == {
        "all": 1 / 3,
        "cyst": 0.5,
        "stone": 0.0,
    }
    assert summarise_findings(asked, said, "other", samples=50)["all"]["f1"]["mean"] == 1.0
