"""Burnt-in text: what counts as text, which frames are read, and that blanking touches nothing else."""

import numpy as np
import pytest
from PIL import Image, ImageDraw

from refrad2d.privacy.burnt_in import Reading, blank, find_text

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
        Reading((127, 223, 188, 313), "08", 0.97),
        Reading((10, 20, 500, 240), "0808", 0.97),
    ],
    ids=["uncertain", "one_letter", "no_letter", "outline_of_the_body", "vertebra", "half_the_frame"],
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


def test_a_thorough_look_reads_strokes_and_the_frame_on_its_side():
    seen = []
    find_text(NOISE, lambda picture: seen.append(picture) or [], thorough=True)
    find_text(NOISE, lambda picture: seen.append(picture) or [])
    as_it_is, strokes, on_side, plain = seen
    assert np.array_equal(as_it_is, plain) and not np.array_equal(strokes, plain)
    assert np.array_equal(on_side, np.rot90(plain))


def test_boxes_of_a_frame_on_its_side_lie_where_the_text_stands():
    pixels = np.zeros((400, 320), np.uint16)
    pixels[100:180, 40:52] = 999

    def read(picture):
        rows, columns = np.nonzero(picture[:, :, 0])
        wide = columns.size and np.ptp(columns) > np.ptp(rows)
        return [Reading((columns.min(), rows.min(), columns.max() + 1, rows.max() + 1), "WEBER", 0.9)] if wide else []

    assert find_text(pixels, read, thorough=True) == [(37, 97, 55, 183)] and find_text(pixels, read) == []


@pytest.mark.parametrize(
    ("text", "value"),
    [("WEBER ANNA", 4095), ("Müller 12.04.53", 4095), ("GROSS, HANS", 0)],
    ids=["name", "date", "dark"],
)
def test_the_reader_finds_planted_text(text, value):
    pytest.importorskip("rapidocr", reason="extra `build` is not installed")
    x_min, y_min, x_max, y_max = find_text(write(NOISE + 1000, text, value=value))[0]
    assert x_min <= 22 and y_min <= 34 and x_max >= 75 and y_max >= 38
