"""What counts as following a change, answer by answer, and what a rate has over its control."""

from dataclasses import replace

import pytest

from radgrounder.benchmarks.base import Item
from radgrounder.evaluation.interventions.following import (
    Truth,
    change_figures,
    mirror_box,
    mirror_name,
    score_change,
    sides_told,
    tells,
)
from refrad2d.grounding import Parsed, Span
from refrad2d.phantom import make_patient

OLD, NEW, FAR = (0.0, 0.0, 0.2, 0.2), (0.1, 0.0, 0.3, 0.2), (0.7, 0.7, 0.9, 0.9)
NOTHING = Parsed("not visible", [], 0)


def boxed(box):
    return Parsed("it", [Span(0, 2, "liver", box)], 0)


def item(name, *, task="locate", box=NEW):
    return Item(id=name, task=task, control="", image="", prompt="", true=boxed(box), cluster="1", language="en",
                groups={"region": "abdomen_ct"})  # fmt: skip


def score_moved(answer, before=OLD):
    said = {"moved/1/liver": answer, "before/1/liver": boxed(before)}
    truth = Truth(before={"moved/1/liver": OLD}, typical={"moved/1/liver": FAR})
    return dict(score_change(item("moved/1/liver"), said, truth))


def test_a_box_follows_that_shares_more_with_the_new_place():
    found = score_moved(boxed(NEW))
    assert found["moved_follows"] == found["moved_iou"] == found["moved_follows_over_control"] == 1
    assert found["moved_iou_over_prior"] == 1 and found["moved_iou_before"] == 1


@pytest.mark.parametrize("answer", [boxed(FAR), boxed(OLD), NOTHING])
def test_a_box_that_touches_neither_place_does_not_follow(answer):
    assert score_moved(answer)["moved_follows"] == 0


@pytest.mark.parametrize(("gone", "right"), [(NOTHING, 1.0), (boxed(OLD), 0.0)])
def test_sides_are_swapped_where_one_gets_a_box_and_the_other_none(gone, right):
    said = {"swapped/1/kidney_left": boxed(NEW), "swapped_gone/1/kidney_right": gone,
            "before/1/kidney_right": boxed(OLD), "before_gone/1/kidney_left": NOTHING}  # fmt: skip
    found = dict(score_change(item("swapped/1/kidney_left"), said, Truth()))
    assert found == {"mirror_swaps": right, "mirror_swaps_control": 0.0, "mirror_swaps_over_control": right,
                     "mirror_swaps_before": 1.0}  # fmt: skip


def cyst(name):
    people = map(make_patient, range(200))
    return next(f for p in people for f in p.findings if f.name == name)


@pytest.mark.parametrize(("text", "right"), [("right", 1.0), ("left", 0.0)])
def test_a_mirrored_finding_is_told_of_the_other_side(text, right):
    said = {f"{kind}/1": Parsed(f"Cyst in the {side} kidney.", [], 0)
            for kind, side in (("with", "left"), ("with_again", "left"), ("flipped", text))}  # fmt: skip
    truth = Truth(findings={"flipped/1": cyst("kidney_cyst_left")})
    found = dict(score_change(item("flipped/1", task="report"), said, truth))
    assert found["mirror_report_sides"] == found["mirror_report_sides_over_control"] == right


def test_a_report_that_named_another_side_before_is_not_asked_for_it():
    said = {f"{kind}/1": Parsed("Cyst in the right kidney.", [], 0) for kind in ("with", "with_again", "flipped")}
    truth = Truth(findings={"flipped/1": cyst("kidney_cyst_left")})
    assert not dict(score_change(item("flipped/1", task="report"), said, truth))


def test_where_all_patients_are_alike_the_interval_is_exact():
    one = item("a")
    items = [replace(one, id=str(n), cluster=str(n)) for n in range(14)]
    found = change_figures(items, [{"added_comes": 0.0, "added_comes_over_control": 0.0}] * 14, samples=50)
    assert found["added_comes"] == {"mean": 0.0, "low": 0.0, "high": pytest.approx(0.2316, abs=1e-4), "n": 14}
    assert found["added_comes_over_control"]["low"] == pytest.approx(-0.2316, abs=1e-4)
    assert found["moved_iou"]["n"] == 0


def test_a_report_tells_of_a_finding_by_name_and_place():
    assert tells("The liver contains a cyst of 20 mm.", cyst("liver_cyst"), "CT")
    assert not tells("The liver contains no cyst.", cyst("liver_cyst"), "CT")
    assert not tells("A cyst in the left kidney.", cyst("liver_cyst"), "CT")


def test_the_sides_that_a_report_tells_of():
    assert sides_told("Cyst in the left kidney. Stone in the right kidney.", cyst("kidney_cyst_left"), "CT") == {"left"}


@pytest.mark.parametrize(
    ("name", "other"),
    [("kidney_left", "kidney_right"), ("rib_left_3", "rib_right_3"), ("liver", "liver")],
)
def test_the_counterpart_of_a_class(name, other):
    assert mirror_name(name) == other and mirror_name(other) == name


def test_mirrored_twice_a_box_is_where_it_was():
    assert mirror_box(mirror_box((0.25, 0.0, 0.75, 1.0))) == (0.25, 0.0, 0.75, 1.0)
