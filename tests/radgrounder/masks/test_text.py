"""Masks that were written as text are read inside their boxes, the k-th of the text as the k-th."""

import numpy as np
import pytest
import torch

from radgrounder.masks.codec import MaskCodec
from radgrounder.masks.codec_training import save_codec
from radgrounder.masks.text import CodeReader, load_model_codec
from radgrounder.models.release import MASK_CODEC
from refrad2d.grounding import Span, render

LEFT, RIGHT = (0.0, 0.0, 0.5, 1.0), (0.5, 0.25, 1.0, 0.75)


@pytest.fixture(scope="module")
def codec():
    torch.manual_seed(0)
    return MaskCodec().eval()


def test_the_k_th_span_has_the_mask_of_the_k_th_codes(codec):
    one, other = tuple(range(16)), tuple(range(100, 116))
    spans = [Span(0, 1, "liver", RIGHT, codes=one), Span(2, 3, "spleen", LEFT), Span(4, 5, "aorta", LEFT, codes=other)]
    turns = [("\n\nx ", render("a b c", spans)), ("\n\ny ", "not visible")]
    [masks, nothing] = CodeReader(codec).read([None, None], [turns, []], [(40, 30), (9, 9)])
    assert nothing == [] and [mask.shape for mask in masks] == [(40, 30)] * 3 and not masks[1].any()
    for mask, codes, box in ((masks[0], one, RIGHT), (masks[2], other, LEFT)):
        wanted = codec.decode(torch.tensor([codes]), torch.tensor([box]), (40, 30))[0].numpy()
        assert np.array_equal(mask, wanted)
    assert not masks[0][:, :15].any() and not masks[0][:10].any() and not masks[2][:, 15:].any()  # nothing outside


def test_a_run_that_is_no_mask_gives_none(codec):
    markup = render("a", [Span(0, 1, "liver", LEFT, codes=(1,) * 16)])
    [[mask]] = CodeReader(codec).read([None], [[("x", markup.replace("<seg001>", "", 1))]], [(8, 8)])
    assert not mask.any()


def test_a_model_folder_may_have_a_codec(codec, tmp_path):
    assert load_model_codec(tmp_path) is None
    save_codec(codec, tmp_path / MASK_CODEC)
    read = load_model_codec(tmp_path)
    assert torch.equal(read.book, codec.book.half().float())
