"""What a run is: lessons, their rates, the shares of tasks."""

import json
from dataclasses import fields

import pytest

from radgrounder.models.nano import NanoSize
from radgrounder.pretraining.plan import Lesson, Plan
from tests.fixtures.paths import ROOT


def test_a_rate_warms_up_stays_and_falls():
    lesson = Lesson("x", 1000, 2.0)
    rates = [lesson.learning_rate(step) for step in (0, 24, 49, 599, 800, 999)]
    assert rates == pytest.approx([2 / 50, 1.0, 2.0, 2.0, 1.0, 2 * 0.02])


def test_the_lessons_have_the_steps_and_rates_of_the_plan():
    plan = Plan(tower_steps=1, packed_steps=2, steps=3, tower_rate=0.1, rate=0.2, single_rate=0.3)
    assert (plan.tower, plan.packed, plan.single) == (
        Lesson("tower", 1, 0.1), Lesson("packed", 2, 0.2), Lesson("single", 3, 0.3),
    )  # fmt: skip


def test_the_shares_of_tasks_are_a_whole():
    shares = Plan(locate_share=0.5, report_share=0.2, absent_share=0.1).shares
    assert shares == pytest.approx({"locate": 0.5, "report": 0.2, "absent": 0.1, "question": 0.2})


def test_the_third_lesson_may_deny_more_often():
    plan = Plan(locate_share=0.5, report_share=0.2, absent_share=0.1, single_absent_share=0.4)
    assert plan.single_shares == pytest.approx({"locate": 1 / 3, "report": 2 / 15, "absent": 0.4, "question": 2 / 15})
    assert Plan().single_shares == pytest.approx(Plan().shares)


def test_all_regions_are_all_but_those_left_out():
    plan = Plan(regions=("all",), leave_out=("pelvis_mr", "torso_ct"))
    assert len(plan.drawn_regions) == 8 and not {"pelvis_mr", "torso_ct"} & set(plan.drawn_regions)
    assert Plan(regions=("head_ct",), leave_out=("head_ct",)).drawn_regions == ("head_ct",)


def test_no_option_of_a_plan_is_one_of_the_size_too():
    assert not {field.name for field in fields(Plan)} & {field.name for field in fields(NanoSize)}


def test_the_plan_of_the_shipped_base_can_be_read():
    stored = json.loads((ROOT / "sft/bases/nano/pretraining.json").read_text())
    assert NanoSize(**stored["size"]).image_tokens == 144
    assert Plan(**stored["plan"]).single == Lesson("single", 60, 8e-4)
