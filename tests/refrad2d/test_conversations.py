"""Prompts are laid out as in the release, and a row gives all its tasks."""

import pytest

from refrad2d.conversations import (
    context,
    conversations,
    mask_conversations,
    prompt,
    question_prompt,
    sft_row,
    turn,
    vqa_prompt,
    without_context,
)
from refrad2d.grounding import parse
from tests.fixtures.tiny_dataset import make_row


def texts(row):
    return [(turn[0]["content"][1]["text"], turn[1]["content"][0]["text"]) for turn in conversations(row)]


def test_a_prompt_is_newline_context_newline_task_blank():
    assert prompt("report", "en") == "\n\nCaption this image: "
    assert prompt("locate", "de", name="Leber") == "\n\nWo ist: Leber? "


@pytest.mark.parametrize("arguments", [("draw", "en"), ("report", "fr")])
def test_unknown_tasks_and_languages_are_refused_with_the_choices(arguments):
    with pytest.raises(ValueError, match="Unknown .* Choose from"):
        prompt(*arguments)


def test_an_empty_field_keeps_its_line():
    lines = context(
        {"clinical_info": None, "clinical_question": "Leber?"}, "de", ("clinical_info", "clinical_question")
    )
    assert lines == "Klinische angaben: \nFragestellung: Leber?"


def test_context_can_be_taken_off_again():
    assert without_context(prompt("report", "en", context="Clinical information: \nQuestion: Liver?")) == (
        "Caption this image:"
    )


def test_choices_stand_one_a_line_and_grounded_questions_ask_for_no_answer_line():
    entry = {"question": "Which?", "language": "en", "choices": ["liver", "spleen"], "spans": []}
    assert vqa_prompt(entry) == "\n\nWhich?\nliver\nspleen\nAnswer: "
    assert vqa_prompt({**entry, "spans": [1]}) == "\n\nWhich?\nliver\nspleen "


def test_a_row_gives_reports_places_of_visible_structures_and_questions():
    asked = [question for question, _ in texts(make_row(1, "p", (10, 20, 50, 60)))]
    assert sum("detect" in question or "detektiere" in question for question in asked) == 2
    assert [q for q in asked if "Where" in q or "Wo ist" in q] == [
        "\n\nWo ist: Leber? ", "\n\nWo ist: Gehirn? ", "\n\nWhere is the liver? ", "\n\nWhere is the brain? ",
    ]  # fmt: skip
    assert len(asked) == 2 + 4 + 4 + 2


def test_objects_without_visible_size_are_refused():
    row = make_row(1, "p", (10, 20, 50, 60))
    for found in row["objects"]:
        del found["pixels"]
    with pytest.raises(ValueError, match="Build the dataset again"):
        list(conversations(row))


def test_length_counts_markup_signs_and_pairs_of_letters():
    assert sft_row(None, turn("<loc0001>ab", "c."))["length"] == 4


def test_a_question_of_another_set_is_asked_like_one_of_ours():
    entry = {"question": "Which?", "language": "en", "choices": [], "spans": []}
    assert question_prompt("Which?", "en") == vqa_prompt(entry)


def test_what_is_not_there_is_said_in_words():
    row = {**make_row(1, "p", (10, 20, 50, 60)), "absent": ["brain", "prostate"]}
    asked = dict(texts(row))
    assert asked["\n\nWhere is the brain? "] == asked["\n\nWhere is the prostate? "] == "not visible"
    assert asked["\n\nWo ist: Gehirn? "] == "nicht abgebildet"
    seen = [(q, a) for q, a in asked.items() if "Is the" in q and "visible" in q and "Answer" not in q]
    assert sorted(bool(parse(a).spans) for _, a in seen) == [False, True]
    assert {parse(a).text for _, a in seen} == {"no, not visible", "yes: liver"}


@pytest.mark.parametrize("absent", [[], None])
def test_without_certain_absence_nothing_is_denied(absent):
    row = make_row(1, "p", (10, 20, 50, 60))
    del row["absent"]
    given = row if absent is None else {**row, "absent": absent}
    assert not {"not visible", "no, not visible"} & {answer for _, answer in texts(given)}


def test_conversations_with_masks_ask_in_prompts_of_their_own():
    row = {**make_row(1, "p", (10, 20, 50, 60)), "absent": ["spleen"]}
    liver = (3,) * 16
    said = [
        (one[0]["content"][1]["text"], parse(one[1]["content"][0]["text"]))
        for one in mask_conversations(row, lambda labels, _: liver if tuple(labels) == ("liver",) else ())
    ]
    assert all("egment" in asked for asked, _ in said)
    assert {span.codes for _, parsed in said for span in parsed.spans if span.label == "liver"} == {liver}
    assert not any(span.codes for _, parsed in said for span in parsed.spans if span.label != "liver")
    assert [q for q, _ in said if q.startswith("\n\nSegment")] == [
        "\n\nSegmentiere: Leber: ", "\n\nSegmentiere: Milz: ", "\n\nSegment the liver: ", "\n\nSegment the spleen: ",
    ]  # fmt: skip
    assert not list(mask_conversations({**row, "absent": []}, lambda *_: ()))
