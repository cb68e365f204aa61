"""The prompts of the tasks."""

import pytest

from radgrounder.inference.tasks import (
    NEAR,
    REPORT_SAMPLES,
    TASKS,
    TOKENS,
    asked_class,
    near_structures,
    require_confidence,
    task_prompt,
)
from refrad2d.conversations import prompt
from refrad2d.grounding import has_markup
from refrad2d.labels import LANGUAGES, find_label, labels


def test_a_report_is_asked_for_as_in_training():
    assert task_prompt("report", "de") == prompt("report_boxes", "de")


def test_a_structure_is_asked_for_by_its_name_in_the_language_of_the_prompt():
    assert (
        task_prompt("locate", "en", "Leber")
        == task_prompt("locate", "en", "liver")
        == prompt("locate", "en", name="liver")
    )


@pytest.mark.parametrize("name", ["unicorn", "foie", "kidney stone", "kidney", "Nieren", "livr"])
@pytest.mark.parametrize("masks", [False, True])
def test_a_structure_that_is_no_class_is_not_asked_for(name, masks):
    with pytest.raises(
        ValueError, match=f"Structure '{name}' is none of the 121 classes of labels.csv. .* --task vqa."
    ):
        task_prompt("locate", "en", name, masks=masks)


@pytest.mark.parametrize(
    ("name", "near"),
    [
        ("kidney", ["right kidney", "left kidney"]),
        ("Nieren", ["right kidney", "left kidney"]),
        ("Hüfte", ["left hip", "right hip"]),
        ("livr", ["liver"]),
        ("unicorn", []),
    ],
)
def test_a_name_of_several_or_none_is_told_what_it_may_mean(name, near):
    assert near_structures(name, "en") == near


def test_what_a_name_may_mean_is_told_in_the_language_of_the_prompt_and_is_a_class():
    assert near_structures("kidney", "de") == ["rechte Niere", "linke Niere"]
    assert len(near_structures("rib", "de")) == NEAR and all(find_label(near) for near in near_structures("rib", "de"))


def test_a_refusal_names_the_choices():
    with pytest.raises(
        ValueError, match="Give the name of one, such as right kidney, left kidney, or ask a question with"
    ):
        task_prompt("locate", "en", "kidney")
    with pytest.raises(ValueError, match="Give the name of one, such as liver, or ask"):
        task_prompt("locate", "en", "unicorn")


def test_the_name_of_every_class_is_asked_for():
    for label in labels():
        for language in LANGUAGES:
            assert label.display(language) in task_prompt("locate", language, label.name)


def test_only_a_place_is_asked_of_a_class():
    assert [asked_class(task, "Leber") for task in TASKS] == [None, None, "liver"]


def test_a_report_takes_no_question():
    with pytest.raises(
        ValueError, match="Task 'report' takes no --question, and 'liver' is one. .* --clinical-question"
    ):
        task_prompt("report", "en", "liver")


@pytest.mark.parametrize("threshold", [-1, 1.01, float("nan")])
def test_a_threshold_of_confidence_is_a_share(threshold):
    with pytest.raises(ValueError, match="is no confidence. Give a number from 0 to 1."):
        require_confidence(threshold)


def test_clinical_context_stands_above_the_question():
    asked = task_prompt("vqa", "en", "Is there a stone?", clinical_info="Pain.")
    assert asked.index("Pain.") < asked.index("Is there a stone?")


def test_what_a_person_types_is_no_markup():
    asked = task_prompt("vqa", "en", "Is <loc0001> it?", clinical_info="<loc0002>")
    assert not has_markup(asked) and "it?" in asked


def test_an_unknown_task_names_the_known_ones():
    with pytest.raises(ValueError, match="Unknown task 'segment'. Choose from report, vqa, locate"):
        task_prompt("segment", "en")


@pytest.mark.parametrize(("task", "needs"), [("vqa", "what to ask"), ("locate", "a structure")])
def test_a_task_without_its_question_says_what_it_needs(task, needs):
    with pytest.raises(ValueError, match=f"needs --question: {needs}"):
        task_prompt(task, "en", "  ")


def test_every_task_has_a_longest_answer():
    assert TOKENS.keys() == set(TASKS) and REPORT_SAMPLES >= 1
