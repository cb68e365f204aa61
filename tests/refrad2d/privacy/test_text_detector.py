"""The look before the reader: what is plainly written is passed on, plain anatomy is not, and the weights stay small."""

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFont

from refrad2d.privacy.text_detector import SMALLEST, WEIGHTS, highest_score, may_hold_text, threshold

pytest.importorskip("onnxruntime", reason="extra `build` is not installed")


def anatomy(seed=0, shape=(256, 256)):
    """A bright ellipse with a darker one in it, and noise."""
    rows, columns = np.indices(shape)
    distance = np.hypot((rows / shape[0] - 0.5) / 0.35, (columns / shape[1] - 0.5) / 0.45)
    pixels = np.where(distance < 1, 1000, 0) - np.where(distance < 0.5, 300, 0)
    return (pixels + np.random.default_rng(seed).normal(100, 15, shape)).clip(0).astype(np.uint16)


def write(pixels, text="WEBER ANNA 12.04.1953", size=14, at=(6, 6), turns=0, value=1800):
    canvas = Image.new("L", pixels.shape[::-1], 0)
    ImageDraw.Draw(canvas).text(at, text, fill=255, font=ImageFont.load_default(size))
    share = np.rot90(np.asarray(canvas), turns) / 255
    return np.round(pixels * (1 - share) + value * share).astype(np.uint16)


@pytest.mark.parametrize("turns", range(4))
@pytest.mark.parametrize("size", (10, 16, 28))
def test_a_plain_text_is_passed_on_whichever_way_it_runs(size, turns):
    assert may_hold_text(write(anatomy(), size=size, turns=turns))


def test_dark_letters_across_tissue_are_passed_on():
    assert may_hold_text(write(anatomy(), at=(70, 60), value=0))


def test_plain_anatomy_is_not_passed_on():
    assert not any(may_hold_text(anatomy(seed)) for seed in range(5))


def test_a_frame_of_one_value_is_not_passed_on():
    assert not may_hold_text(np.full((200, 300), 7, np.int16))


def test_a_very_small_frame_is_always_passed_on():
    assert may_hold_text(np.zeros((SMALLEST - 1, 300), np.uint8))


def test_any_size_and_type_has_a_score_and_values_in_another_unit_have_the_same():
    pixels = write(anatomy(shape=(131, 203)))
    assert highest_score(pixels.astype(np.float32) * 2 - 1024) == pytest.approx(highest_score(pixels), abs=0.05)


def test_more_than_one_frame_is_refused():
    with pytest.raises(ValueError, match=r"\(2, 80, 80\) are no single frame"):
        highest_score(np.zeros((2, 80, 80)))


def test_the_weights_are_small_and_say_their_threshold():
    assert WEIGHTS.stat().st_size < 250_000 and np.isfinite(threshold())
