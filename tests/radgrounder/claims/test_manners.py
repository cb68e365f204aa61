"""Questions in other words: the same facts and answers, and nothing that was not asked."""

import re

import pytest

from radgrounder.claims.manners import _manners, ask_otherwise, manner_names
from refrad2d.questions.view import templates


def question(text, answer="yes", kind="yesno", language="en", choices=()):
    return {
        "question": text, "answer": answer, "language": language, "type": kind, "choices": list(choices), "spans": [],
        "source": "text",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        ("Is the liver visible?", "the liver in the field of view?"),
        ("Does the slice show the spleen?", "can you find the spleen?"),
        ("Does the stomach show a mass?", "the stomach: a mass?"),
        ("Is there a cyst in the left kidney?", "a cyst in the left kidney?"),
        ("Is this cyst larger than 3 cm?", "cyst > 3 cm?"),
        ("Is this cyst on the left?", "this cyst - left-sided?"),
        ("Is the liver normal or not?", "the liver - normal/abnormal?"),
        ("Is the liver enlarged?", "the liver - enlarged?"),
        ("Which imaging modality is this?", "type of scan?"),
        ("Which of the two is visible: left kidney or right kidney?", "left kidney vs right kidney - which is here?"),
        ("How was this image acquired?", "scan done with?"),
        ("What can be said about the liver?", "your read of the liver?"),
    ],
)
def test_a_question_is_asked_in_other_words(ours, theirs):
    [found] = ask_otherwise([question(ours)], "ward")
    assert found["question"] == theirs and found["answer"] == "yes"


def test_what_another_institution_does_not_ask_is_left_out():
    asked = ["Point to the liver.", "How many of these structures does the slice show: liver, spleen?", "Whatever?"]
    asked += ["Is this slice axial?", "Is this a CT image?", "Does this cyst lie in the liver?"]  # no state of an organ
    german = question("Ist die Leber zu sehen?", language="de")
    assert ask_otherwise([*map(question, asked), german], "ward") == []


def test_without_choices_a_question_is_open():
    [found] = ask_otherwise([question("How was this image acquired?", "CT", "multiple", choices=["CT", "MR"])], "ward")
    assert found["choices"] == [] and found["type"] == "open"


@pytest.mark.parametrize("manner", manner_names())
def test_every_wording_has_the_fields_of_the_one_that_it_replaces(manner):
    ours = templates("en")["questions"]
    for kind, words in _manners()[manner].items():
        assert len(words) == len(ours[kind])
        for ours_one, theirs in zip(ours[kind], words, strict=True):
            fields = [set(re.findall(r"\{(\w+)\}", text)) for text in (ours_one, theirs)]
            assert fields[0] == fields[1], kind
            assert theirs != ours_one


def test_an_unknown_manner_is_refused():
    with pytest.raises(ValueError, match="Unknown manner 'x'. Choose from ward"):
        ask_otherwise([], "x")
