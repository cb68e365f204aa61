"""Arms, and the tables made of judged runs."""

import json

import pytest

from radgrounder.training.ablations import (
    ARMS,
    MEASURES,
    arm_rows,
    average,
    difference,
    format_tables,
    read_scores,
    verdict,
    without_boxes,
)
from refrad2d.conversations import prompt, sft_row, turn
from refrad2d.grounding import Span, has_markup, locate_answer, render
from tests.fixtures.tiny_models import BOX


def row(question, answer, picture=b"p"):
    return sft_row({"bytes": picture, "path": "p.png"}, turn(question, answer))


REPORT = row(prompt("report_boxes", "de", context="x"), render("Die Leber ist glatt.", [Span(4, 9, "liver", BOX)]))
LOCATE = row(prompt("locate", "en", name="liver"), locate_answer("liver", "liver", BOX))
QUESTION = row(prompt("vqa", "en", question="Is it?"), "yes")


def texts(rows):
    return [tuple(m["content"][-1]["text"] for m in row["messages"]) for row in rows]


def test_without_boxes_a_report_is_asked_for_plainly():
    assert texts(without_boxes([REPORT])) == [(prompt("report", "de", context="x"), "Die Leber ist glatt.")]


def test_without_boxes_there_is_no_locate_turn_and_questions_stay():
    assert list(without_boxes([LOCATE, QUESTION])) == [QUESTION]


@pytest.mark.parametrize("arm", ARMS, ids=[arm.name for arm in ARMS])
def test_an_arm_holds_what_it_says(arm):
    internal = {"train": [REPORT, LOCATE, QUESTION] * 10, "validation": []}
    external = {"train": [row(prompt("vqa", "en", question="RAD?"), "no", b"q")] * 10, "validation": []}
    found = texts(arm_rows(arm, internal, external)["train"])
    assert any("RAD?" in question for question, _ in found) == arm.external
    assert any("Beschreibe" in question for question, _ in found) == arm.internal
    assert any(has_markup(answer) for _, answer in found) == arm.grounding


def judged(path, values):
    rows = [
        {"id": f"i{n}", "task": "vqa", "control": control, "cluster": f"c{n}", "scores": {"f1_open": value}}
        for n, value in enumerate(values)
        for control in ("", "majority")
    ]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


def test_only_the_models_own_answers_are_read(tmp_path):
    scores = read_scores(judged(tmp_path / "p.jsonl", [1.0, 0.5]), MEASURES[4])
    assert scores == {"i0": (1.0, "c0"), "i1": (0.5, "c1")}


def test_a_line_separator_in_an_answer_ends_no_row(tmp_path):
    scored = {"id": "i", "task": "vqa", "control": "", "cluster": "c", "scores": {"f1_open": 1.0}, "output": "a\u2028b"}
    (tmp_path / "p.jsonl").write_text(json.dumps(scored, ensure_ascii=False) + "\n", encoding="utf-8")
    assert read_scores(tmp_path / "p.jsonl", MEASURES[4]) == {"i": (1.0, "c")}


def test_seeds_are_averaged_item_by_item():
    assert average([{"a": (1.0, "c")}, {"a": (0.0, "c")}]) == {"a": (0.5, "c")}


def test_seeds_of_other_items_are_refused():
    with pytest.raises(ValueError, match="judged on different items"):
        average([{"a": (1.0, "c")}, {"b": (0.0, "c")}])


@pytest.mark.parametrize(("shift", "says"), [(0.5, "better"), (-0.5, "worse"), (0.0, "no difference seen")])
def test_a_difference_is_judged_by_its_interval(shift, says):
    second = {f"i{n}": (0.5 + 0.01 * (-1) ** n, f"c{n}") for n in range(30)}
    first = {key: (0.5 + shift, cluster) for key, (_, cluster) in second.items()}
    assert verdict(difference(first, second, samples=200)) == says


def test_an_arm_without_boxes_shows_no_iou():
    items = {f"i{n}": (0.5, f"c{n}") for n in range(4)}
    table = format_tables({"all, no boxes": {"report F1": items}}, samples=50)
    assert "| all, no boxes | – | 0.500 [0.500, 0.500] |" in table
