"""What each arm is trained on: its institutions, its form, its size."""

import numpy as np
import pytest

from radgrounder.claims.arms import ARMS, BOXES, MASKS, PLAIN
from radgrounder.claims.fit import Example
from radgrounder.claims.institutions import (
    arm_examples,
    external_examples,
    interleave,
    internal_examples,
    read_grounded,
    turns_of,
)
from radgrounder.masks.codec import MaskCodec
from radgrounder.pretraining.turns import task_of
from refrad2d.conversations import PROMPTS
from refrad2d.grounding import has_markup, parse


@pytest.mark.parametrize("arm", ARMS, ids=[arm.name for arm in ARMS])
def test_an_arm_holds_what_it_says(arm, folders):
    examples = arm_examples(arm, folders, None, MaskCodec().eval(), size=32)
    answers = [text for one in examples for _, text in one.turns]
    reports = [asked for one in examples for asked, _ in one.turns if task_of(asked) == "report"]
    assert examples and all(one.image.shape == (32, 32, 3) for one in examples)
    assert any(map(has_markup, answers)) == (arm.form != PLAIN)
    assert any(span.codes for text in answers for span in parse(text).spans) == (arm.form == MASKS)
    asked = {PLAIN: "report", BOXES: "report_boxes", MASKS: "report_masks"}[arm.form]
    assert bool(reports) == arm.internal and all(PROMPTS[asked]["en"] in prompt for prompt in reports)


def test_everything_is_in_english_and_external_pictures_are_only_asked_questions(folders):
    slices = read_grounded(folders["external"], "train")
    turns = [turn for one in external_examples(slices, 32) for turn in one.turns]
    assert turns and {task_of(*turn) for turn in turns} == {"question"}
    assert not any("Antwort:" in asked or "Wo ist" in asked for row in slices for asked, _ in turns_of(row, BOXES))


def test_masks_without_a_codec_are_refused():
    with pytest.raises(ValueError, match="need a codec"):
        next(internal_examples([{}], MASKS, None, 32))


def test_external_pictures_come_one_in_so_many_and_again_when_used_up():
    def named(names):
        return [Example(np.zeros((1, 1, 3), np.uint8), [(name, "")]) for name in names]

    mixed = interleave(named("abcdefghi"), named("xy"), every=4)
    assert "".join(one.turns[0][0] for one in mixed) == "abcxdefyghix"
    with pytest.raises(ValueError, match="no external picture"):
        interleave(named("a"), [], every=2)
