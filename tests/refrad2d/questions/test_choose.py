"""Which questions are chosen: how many of which type, balanced, without contradictions, the same in every build."""

import json
from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from refrad2d.conversations import spans_of, vqa_prompt
from refrad2d.grounding import has_markup, render
from refrad2d.labels import LANGUAGES, labels
from refrad2d.questions.choose import questions
from refrad2d.schema import VQA
from tests.fixtures.question_rows import GERMAN, ask, make_report, make_row, many

BOX = [0.1, 0.1, 0.6, 0.6]


def test_the_same_row_gives_the_same_bytes():
    assert json.dumps(questions(make_row())) == json.dumps(questions(make_row()))


def test_other_rows_give_other_questions():
    assert ask(name="a1") != ask(name="a2")


@pytest.mark.parametrize("language", LANGUAGES)
def test_seven_from_the_text_three_certain_two_with_boxes(language):
    found = ask(language)
    assert Counter(q["source"] == "text" for q in found) == {True: 7, False: 5}


@pytest.mark.parametrize("language", LANGUAGES)
def test_all_three_types_are_asked(language):
    assert {q["type"] for q in ask(language)} == {"open", "yesno", "multiple"}


def test_entries_have_the_columns_of_the_schema():
    assert all(set(q) == set(VQA) for q in questions(make_row()))


@pytest.mark.parametrize("language", LANGUAGES)
def test_yes_and_no_are_balanced_over_a_dataset(language):
    answers = Counter(q["answer"] for q in many(language) if q["type"] == "yesno")
    yes, no = ("yes", "no") if language == "en" else ("ja", "nein")
    assert set(answers) == {yes, no} and abs(answers[yes] - answers[no]) <= 0.3 * answers.total()


def test_a_choice_holds_its_answer_once():
    multiple = [q for q in many() if q["type"] == "multiple"]
    assert all(q["choices"].count(q["answer"]) == 1 and len(set(q["choices"])) == len(q["choices"]) for q in multiple)


def test_the_answer_stands_at_no_favourite_place():
    places = Counter(q["choices"].index(q["answer"]) for q in many() if len(q["choices"]) == 4)
    assert set(places) == {0, 1, 2, 3}


def test_questions_hold_no_markup_and_answers_render():
    for entry in questions(make_row()):
        assert not has_markup(vqa_prompt(entry)) and render(entry["answer"], spans_of(entry["spans"]))


def test_one_language_where_there_is_one_report():
    assert {q["language"] for q in questions(make_row(report={"de": GERMAN, "en": None}))} == {"de"}


def test_a_slice_without_reports_has_its_certain_questions():
    found = questions(make_row(report={"de": None, "en": None}))
    assert {q["language"] for q in found} == set(LANGUAGES) and not [q for q in found if q["source"] == "text"]


@settings(max_examples=25, deadline=None)
@given(
    st.dictionaries(st.sampled_from([label.name for label in labels()]), st.integers(1, 20000), max_size=8),
    st.text(max_size=80),
    st.sampled_from(["CT", "MR"]),
)
def test_any_slice_and_text_can_be_asked_about(areas, text, modality):
    boxes = [{"label": label, "box": BOX, "area": area, "pixels": area} for label, area in areas.items()]
    reports = {"de": make_report(text), "en": None}
    for entry in questions(make_row(objects=boxes, report=reports, modality=modality)):
        assert entry["question"] and entry["answer"] and (not entry["choices"] or entry["answer"] in entry["choices"])
