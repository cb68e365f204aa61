"""Masks of answers that stand already: their order, their sizes, and what has none."""

import numpy as np
import pytest
import torch
from transformers import AutoModelForImageTextToText, PaliGemmaProcessor

from radgrounder.masks.head import MaskHead
from radgrounder.masks.reader import MaskReader, enlarge
from radgrounder.masks.shape import MaskShape
from refrad2d.grounding import Span, render
from tests.fixtures.tiny_models import picture, save_nano

BOX = (0.1, 0.2, 0.5, 0.9)
LIVER = ("\n\nWhere is the liver? ", render("liver", [Span(0, 5, "liver", BOX)]))
TWO = ("\n\nCaption: ", render("spleen, aorta", [Span(0, 6, "spleen", BOX), Span(8, 13, "aorta", BOX)]))
WORDS = ("\n\nWhere is the brain? ", "not visible")


@pytest.fixture(scope="module")
def reader(tmp_path_factory):
    folder = save_nano(tmp_path_factory.mktemp("reader") / "nano")
    torch.manual_seed(0)
    model = AutoModelForImageTextToText.from_pretrained(folder)
    head = MaskHead(MaskShape.of(model.config))
    torch.nn.init.normal_(head.weights[2].bias, std=3)  # draws something
    return MaskReader(model, PaliGemmaProcessor.from_pretrained(folder), head)


def test_each_mention_gets_a_mask_of_its_pictures_size(reader):
    sizes = [(40, 30), (10, 10), (224, 224)]
    found = reader.read([picture(n) for n in range(3)], [[LIVER, TWO], [WORDS], [WORDS, LIVER]], sizes)
    assert [[mask.shape for mask in masks] for masks in found] == [[(40, 30)] * 3, [], [(224, 224)]]
    assert all(mask.dtype == bool for masks in found for mask in masks)


def test_masks_stay_with_their_mentions_whatever_is_asked_beside(reader):
    size = [(32, 32)]
    [together] = reader.read([picture()], [[TWO, WORDS, LIVER]], size)
    [[liver]], [two] = reader.read([picture()], [[LIVER]], size), reader.read([picture()], [[TWO]], size)
    assert all(np.mean(a == b) > 0.999 for a, b in zip(together, [*two, liver], strict=True))


def test_nothing_asked_gives_nothing(reader):
    assert reader.read([picture(), picture()], [[], []], [(4, 4)] * 2) == [[], []]
    assert reader.read([picture()], [[WORDS]], [(4, 4)]) == [[]] and reader.read([], [], []) == []


def test_a_pixel_is_of_the_mask_above_one_half():
    logits = torch.tensor([[-1.0, 1.0], [-1.0, 1.0]])
    assert enlarge(logits, (2, 4)).tolist() == [[False, False, True, True]] * 2


def test_a_head_of_another_shape_is_refused(reader):
    with pytest.raises(ValueError, match="Train a head for this model"):
        MaskReader(reader.model, reader.processor, MaskHead(MaskShape(64, 2, 16, 16, 2)))
