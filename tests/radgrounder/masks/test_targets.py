"""What is taught of a slice: mentions and targets in one order, unions for plurals, nothing for what has no mask."""

import numpy as np
import pytest

from radgrounder.masks.shape import MaskShape
from radgrounder.masks.targets import draw_lesson, has_mask, select, soft_target
from refrad2d.grounding import closings, parse, parse_mentions
from tests.fixtures.mask_rows import SPANS, mask_row

SHAPES = {prompt: MaskShape(32, 2, 16, 16, 2, prompt) for prompt in ("detection", "mention")}


def lesson(row, prompt="detection", seed=0, most=6):
    return draw_lesson(row, SHAPES[prompt], np.random.default_rng(seed), most=most)


@pytest.mark.parametrize("prompt", SHAPES)
def test_every_mention_has_its_labels_in_the_order_of_the_text(prompt):
    for seed in range(12):
        drawn = lesson(mask_row(seed), prompt, seed)
        assert sum(len(closings(answer)) for _, answer in drawn.turns) == len(drawn.labels)
        assert drawn.labels[:3] == [labels for _, labels in SPANS]  # the report comes first
    words = {"detection": "detektiere", "mention": "segmentiere"}
    assert words[prompt] in drawn.turns[0][0]


def test_the_right_kidney_is_not_the_mask_of_the_longer_word():
    drawn, mask = lesson(mask_row()), np.asarray(mask_row()["mask"])
    first, second, both = (soft_target(mask, labels, 28) for labels in drawn.labels[:3])
    assert np.allclose(first, soft_target(mask, ("kidney_right",), 28))
    assert np.allclose(second, soft_target(mask, ("liver",), 28)) and second.any()
    assert both.sum() == pytest.approx(soft_target(mask, ("kidney_left",), 28).sum() + first.sum())


def test_absent_structures_are_answered_in_words_and_have_no_target():
    answers = [answer for seed in range(30) for _, answer in lesson(mask_row(), seed=seed).turns]
    absent = [answer for answer in answers if answer in ("not visible", "nicht abgebildet")]
    assert absent and not any(closings(answer) for answer in absent)


def test_boxes_are_moved_a_little_and_stay_boxes():
    row = mask_row()
    true = {found["label"]: found["box"] for found in row["objects"]}
    moved = []
    for seed in range(20):
        drawn = lesson(row, seed=seed)
        spans = [parse(answer).spans for _, answer in drawn.turns[1:]]
        moved += [np.subtract(s[0].box, true[s[0].label]) for s in spans if s]
    assert 0.004 < np.std(moved) < 0.02 and np.abs(moved).max() < 0.06


def test_a_finding_keeps_its_box_and_is_left_out_where_there_are_none():
    row = mask_row(told=(("Zyste", ("finding",)), ("Leber", ("liver",))))
    assert [has_mask(labels) for labels in lesson(row).labels[:2]] == [False, True]
    assert parse_mentions(lesson(row, "mention").turns[0][1]) == ("Zyste und Leber", [(10, 15)])


def test_a_slice_that_shows_nothing_asks_for_what_is_absent_or_nothing():
    row = {**mask_row(), "objects": [], "report": {"de": None, "en": None}}
    assert [closings(answer) for _, answer in lesson(row).turns] == [[]]
    assert lesson({**row, "absent": []}).turns == []


def test_the_same_generator_draws_the_same():
    assert lesson(mask_row(), seed=3) == lesson(mask_row(), seed=3) != lesson(mask_row(), seed=4)


def test_a_target_is_the_share_of_each_pixel():
    mask = np.zeros((8, 8), np.uint8)
    mask[0:3, 0:4] = 5
    assert soft_target(mask, ("liver",), 4).tolist()[:2] == [[1, 1, 0, 0], [0.5, 0.5, 0, 0]]
    assert select(mask, ("liver", "spleen")).sum() == 12
