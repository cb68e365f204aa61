"""Mentions without boxes: their places are those of their masks."""

import numpy as np
import pytest

from radgrounder.inference.mentions import place_mentions
from radgrounder.metrics.masks import decode_rle


def mask(rows=slice(0, 0), columns=slice(0, 0)):
    drawn = np.zeros((8, 16), bool)
    drawn[rows, columns] = True
    return drawn


def test_a_mention_has_the_box_around_its_mask_and_the_class_of_its_words():
    masks = [mask(slice(2, 4), slice(4, 8)), mask(slice(0, 8), slice(0, 16)), mask(slice(7, 8), slice(15, 16))]
    markup = "<seg>left kidney</seg>, <seg>kidneys</seg>, a <seg>shadow</seg>."
    text, places, lost = place_mentions(markup, masks, "en")
    assert text == "left kidney, kidneys, a shadow." and lost == 0
    assert [(text[p.start : p.end], p.label) for p in places] == [
        ("left kidney", "kidney_left"), ("kidneys", "kidney_right"), ("shadow", "finding"),
    ]  # fmt: skip
    assert [p.box for p in places] == [(0.25, 0.25, 0.5, 0.5), (0, 0, 1, 1), (15 / 16, 7 / 8, 1, 1)]
    assert all(np.array_equal(decode_rle(p.mask), m) for p, m in zip(places, masks, strict=True))


def test_a_mention_without_a_pixel_has_no_place_and_takes_no_other_ones_mask():
    text, [place], lost = place_mentions(
        "<seg>Leber</seg>, <seg>Milz</seg>", [mask(), mask(slice(1, 2), slice(1, 2))], "de"
    )
    assert (text[place.start : place.end], place.label, lost) == ("Milz", "spleen", 1)


def test_there_is_one_mask_for_each_mention():
    with pytest.raises(ValueError):
        place_mentions("<seg>liver</seg>", [], "en")
