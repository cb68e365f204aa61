"""Turns are drawn by the share of their task."""

import numpy as np
import pytest

from radgrounder.pretraining import turns
from refrad2d.conversations import PROMPTS, prompt


def test_a_turn_is_drawn_by_its_task():
    asked = [(prompt(task, "de", name="Leber", question="Zeigt das Bild?"), task) for task in PROMPTS]
    tasks = [turns.task_of(words) for words, _ in asked]
    assert dict(zip(PROMPTS, tasks, strict=True)) == {
        "report": "report", "report_boxes": "report", "report_masks": "report", "vqa": "question",
        "grounded_vqa": "question", "locate": "locate", "visible": "question", "segment": "locate",
    }  # fmt: skip
    shares, rng = {"locate": 0.5, "report": 0.5, "question": 0.0}, np.random.default_rng(0)
    drawn = [turns.draw_turn(asked, rng, shares)[1] for _ in range(200)]
    assert set(drawn) == {"report", "report_boxes", "report_masks", "locate", "segment"}
    assert 70 < drawn.count("locate") + drawn.count("segment") < 130
    assert turns.draw_turn([one for one in asked if one[1] == "vqa"], rng, {**shares, "question": 0.1})[1] == "vqa"


def test_turns_are_ordered_as_if_drawn_by_their_task():
    asked = [(prompt("locate", "de", name="Leber"), str(n)) for n in range(8)] + [(prompt("report", "de"), "report")]
    shares, rng = {"locate": 0.5, "report": 0.5, "question": 0.0}, np.random.default_rng(0)
    orders = [[answer for _, answer in turns.order_turns(asked, rng, shares)] for _ in range(200)]
    assert all(sorted(order) == sorted(answer for _, answer in asked) for order in orders)
    assert 70 < sum(order[0] == "report" for order in orders) < 130


def test_a_task_shares_its_chance_evenly_among_its_turns():
    asked = [(prompt("locate", "en", name="liver"), str(n)) for n in range(3)] + [(prompt("report", "en"), "")]
    chances = turns.chances(asked, {"locate": 0.6, "report": 0.2, "question": 0.2})
    assert chances == pytest.approx([0.25, 0.25, 0.25, 0.25])


@pytest.mark.parametrize("task", [name for name in PROMPTS if name != "grounded_vqa"])
def test_the_language_of_a_prompt_is_told_by_the_words_of_its_task(task):
    asked = {
        language: prompt(task, language, name="x", question="y?", context="Question: z") for language in ("de", "en")
    }
    assert all(turns.is_in(language, asked[other]) == (language == other) for language in asked for other in asked)


def test_a_prompt_without_words_of_its_own_is_in_no_language():
    assert not any(
        turns.is_in(language, prompt("grounded_vqa", "en", question="Point to it.")) for language in ("de", "en")
    )
