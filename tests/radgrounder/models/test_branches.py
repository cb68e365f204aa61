"""Branches behind one prefix: who sees whom, at which position, and what is trained."""

import pytest
import torch

from radgrounder.models.branches import IGNORED, image_attention, join, prompt_attention, to_batch

# two image tokens (9), <bos> (2); branches: prompt 5 6 answer 7, and prompt 8 answer 7
SEQUENCE = join([([9, 9, 2, 5, 6, 7], [0, 0, 0, 0, 0, 1]), ([9, 9, 2, 8, 7], [0, 0, 0, 0, 1])], 3)
IMAGE = image_attention(image_token=9)


def seen_by(attention, token):
    return attention(SEQUENCE)[token].nonzero().flatten().tolist()


def test_positions_start_at_one_and_every_branch_after_the_prefix():
    assert SEQUENCE.input_ids.tolist() == [9, 9, 2, 5, 6, 7, 8, 7]
    assert SEQUENCE.positions.tolist() == [1, 2, 3, 4, 5, 6, 4, 5]
    assert SEQUENCE.branches.tolist() == [0, 0, 0, 1, 1, 1, 2, 2]


def test_only_answers_are_trained():
    assert SEQUENCE.labels.tolist() == [IGNORED] * 5 + [7, IGNORED, 7]


def test_conversations_about_other_images_are_not_joined():
    with pytest.raises(ValueError, match="first 2 tokens of the conversations differ"):
        join([([9, 9, 5], [0, 0, 1]), ([9, 8, 5], [0, 0, 1])], 2)


def test_with_image_attention_all_text_is_causal():
    assert seen_by(IMAGE, 0) == [0, 1]
    assert seen_by(IMAGE, 2) == [0, 1, 2]
    assert seen_by(IMAGE, 3) == [0, 1, 2, 3]


def test_with_prompt_attention_a_prompt_sees_all_of_itself_but_no_answer():
    assert seen_by(prompt_attention, 0) == [0, 1, 2]
    assert seen_by(prompt_attention, 3) == [0, 1, 2, 3, 4]
    assert seen_by(prompt_attention, 5) == [0, 1, 2, 3, 4, 5]


@pytest.mark.parametrize("attention", [IMAGE, prompt_attention])
def test_no_branch_sees_another(attention):
    assert seen_by(attention, 7) == [0, 1, 2, 6, 7]
    assert not set(seen_by(attention, 5)) & {6, 7}


def test_padding_is_not_trained_and_sees_itself_only():
    short = join([([9, 9, 2, 7], [0, 0, 0, 1])], 3)
    batch = to_batch([SEQUENCE, short], IMAGE, pad_token=0)
    assert batch["input_ids"][1].tolist() == [9, 9, 2, 7, 0, 0, 0, 0]
    assert batch["labels"][1, 4:].tolist() == [IGNORED] * 4
    seen = batch["attention_mask"][1, 0] == 0
    assert torch.equal(seen[4:], torch.eye(8, dtype=torch.bool)[4:]) and not seen[:4, 4:].any()


def test_the_mask_has_the_type_that_is_asked_for():
    mask = to_batch([SEQUENCE], IMAGE, pad_token=0, dtype=torch.bfloat16)["attention_mask"]
    assert mask.shape == (1, 1, 8, 8) and mask.dtype == torch.bfloat16
    assert mask.min() == torch.finfo(torch.bfloat16).min and mask.max() == 0
