"""Burnt-in text: what counts as text, which frames are read, and that blanking touches nothing else."""

import numpy as np
import pytest
from PIL import Image, ImageDraw

from refrad2d.burnt_in import Reading, blank, find_text, find_text_in_series, looks_written

VIEWS = 2  # each frame is read as it is and as its thin strokes
NOISE = np.random.default_rng(0).normal(1000, 20, (512, 512)).astype(np.uint16)


def write(pixels, text="WEBER ANNA", at=(20, 30), value=4095):
    canvas = Image.new("L", pixels.shape[::-1], 0)
    ImageDraw.Draw(canvas).text(at, text, fill=255)
    return np.where(np.asarray(canvas) > 127, np.uint16(value), pixels)


def reader(*readings):
    return lambda picture: list(readings)


def test_a_certain_text_is_found_with_a_margin():
    assert find_text(NOISE, reader(Reading((10, 20, 60, 30), "WEBER", 0.9))) == [(7, 17, 63, 33)]


@pytest.mark.parametrize(
    "reading",
    [
        Reading((10, 20, 60, 30), "WEBER", 0.4),
        Reading((10, 20, 60, 30), "O", 0.99),
        Reading((10, 20, 60, 30), "--", 0.99),
        Reading((0, 0, 500, 480), "O0", 0.99),
    ],
    ids=["uncertain", "one_letter", "no_letter", "outline_of_the_body"],
)
def test_anatomy_is_no_text(reading):
    assert find_text(NOISE, reader(reading)) == []


def test_boxes_of_a_small_frame_are_in_its_own_pixels():
    def read(picture):
        return [Reading((30, 60, 90, 90), "WEBER", 0.9)] if len(picture) == 300 else []

    assert find_text(NOISE[:100, :100], read) == [(7, 17, 33, 33)]


def test_boxes_end_at_the_border():
    assert find_text(NOISE, reader(Reading((-2, 500, 600, 512), "WEBER", 0.9))) == [(0, 497, 512, 512)]


def test_a_stack_is_refused():
    with pytest.raises(ValueError, match="no single frame"):
        find_text(np.zeros((2, 8, 8)), reader())


def test_blanking_leaves_all_other_pixels():
    clean = blank(NOISE, [(10, 20, 60, 30)])
    clean[20:30, 10:60] = NOISE[20:30, 10:60]
    assert np.array_equal(clean, NOISE)


def test_blanked_pixels_hold_the_lowest_value():
    assert set(blank(NOISE, [(10, 20, 60, 30)])[20:30, 10:60].ravel()) == {NOISE.min()}


def test_nothing_to_blank_gives_the_frame_itself():
    assert blank(NOISE, []) is NOISE


def test_writing_catches_the_quick_look():
    assert looks_written(write(NOISE))


def test_dark_writing_catches_the_quick_look():
    assert looks_written(write(NOISE + 3000, value=0))


def test_noise_does_not_look_written():
    assert not looks_written(NOISE)


def test_a_clean_series_is_read_at_three_frames():
    seen = []
    find_text_in_series([NOISE] * 9, lambda picture: seen.append(1) or [])
    assert len(seen) == 3 * VIEWS


def test_a_written_frame_among_clean_ones_is_found():
    def read(picture):
        dark = picture.mean() < 20  # noise fills the grey scale unless a bright text stretches it
        return [Reading((17, 27, 90, 42), "WEBER", 0.9)] if dark else []

    frames = [NOISE] * 4 + [write(NOISE)] + [NOISE] * 4
    assert [bool(boxes) for boxes in find_text_in_series(frames, read)] == [n == 4 for n in range(9)]


def test_rapidocr_reads_planted_text():
    pytest.importorskip("rapidocr", reason="extra `ocr` is not installed")
    x_min, y_min, x_max, y_max = find_text(write(NOISE))[0]
    assert x_min <= 22 and y_min <= 34 and x_max >= 75 and y_max >= 38
