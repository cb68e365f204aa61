"""Conversations without boxes: no span, no place, no box in numbers."""

import pytest

from radgrounder.pretraining.pool import draw_slice, without_places
from radgrounder.training.plain import plain_turn
from refrad2d.conversations import ABSENT, PROMPTS, prompt
from refrad2d.grounding import Span, has_markup, locate_answer, render
from tests.fixtures.tiny_models import BOX


@pytest.mark.parametrize("task", ["report_boxes", "report_masks"])
@pytest.mark.parametrize("language", ["de", "en"])
def test_a_report_is_asked_for_plainly(task, language):
    asked = prompt(task, language, context="x")
    told = plain_turn(asked, render("Die Leber ist glatt.", [Span(4, 9, "liver", BOX)]))
    assert told == (prompt("report", language, context="x"), "Die Leber ist glatt.")


@pytest.mark.parametrize("task", ["locate", "segment"])
@pytest.mark.parametrize("language", ["de", "en"])
def test_nothing_asks_for_a_place_whatever_is_answered(task, language):
    asked = prompt(task, language, name="liver")
    assert plain_turn(asked, locate_answer("liver", "liver", BOX)) is None
    assert plain_turn(asked, ABSENT[language]) is None


def test_an_answer_that_is_its_span_falls_away_and_one_with_words_stays():
    span = locate_answer("liver", "liver", BOX)
    assert plain_turn(prompt("grounded_vqa", "en", question="Point to the liver."), span) is None
    asked = prompt("visible", "en", name="liver")
    assert plain_turn(asked, f"yes: {span}") == (asked, "yes: liver")


def test_a_box_in_numbers_is_a_box():
    asked = "Which structure lies in the box from 1 % to 9 % of the width and 2 % to 8 % of the height?"
    assert plain_turn(prompt("vqa", "en", question=asked), "liver") is None


def test_a_question_stays_as_it_is():
    asked = prompt("vqa", "en", question="Where is this cyst?")
    assert plain_turn(asked, "liver") == (asked, "liver")


def test_slices_of_a_boxless_pool_hold_no_span_and_no_place():
    begins = [words.partition("{")[0] for task in ("locate", "segment") for words in PROMPTS[task].values()]
    for seed in (0, 63):  # a slice, and a picture that shows no body
        turns = without_places(draw_slice(seed, sites=("A",), size=32, regions=("abdomen_ct",))).turns
        texts = [text for turn in turns for text in turn]
        assert turns and not any(has_markup(text) for text in texts)
        assert not any(words in text for words in begins for text in texts)
