"""The prompts of the tasks."""

import pytest

from radgrounder.inference.tasks import REPORT_SAMPLES, TASKS, TOKENS, task_prompt
from refrad2d.conversations import prompt
from refrad2d.grounding import has_markup


def test_a_report_is_asked_for_as_in_training():
    assert task_prompt("report", "de") == prompt("report_boxes", "de")


def test_a_structure_is_asked_for_by_its_name_in_the_language_of_the_prompt():
    assert (
        task_prompt("locate", "en", "Leber")
        == task_prompt("locate", "en", "liver")
        == prompt("locate", "en", name="liver")
    )


def test_a_structure_that_no_class_has_is_asked_for_as_typed():
    assert "Meniskus" in task_prompt("locate", "de", "Meniskus")


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
