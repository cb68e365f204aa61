"""Strokes and their counts are what they say they are; text is passed on in any direction, an empty frame is not."""

import numpy as np
import pytest
from scipy import ndimage

from refrad2d.privacy import lettering
from refrad2d.privacy.lettering import (
    BORDER,
    CELL,
    KINDS,
    MAPS,
    count,
    frame,
    highest_score,
    may_hold_text,
    sizes,
    strokes,
)
from tests.bench.planted_text import fonts

NOISE = np.random.default_rng(0).integers(0, 255, (96, 128)).astype(np.uint8)


def written(shape=(300, 400), at=(40, 60), turns=0, value=3000, ground=1000):
    """A text of 14 pixels on even ground."""
    ink = np.rot90(fonts("seen")["pillow"]("WEBER 12.04.1953", 14), turns)
    pixels = np.full(shape, ground, np.uint16)
    pixels[0, :2] = 0, 4000
    y, x = at
    below = pixels[y : y + ink.shape[0], x : x + ink.shape[1]]
    below[:] = np.round(below * (1 - ink) + value * ink)
    return pixels


def test_strokes_are_what_an_opening_and_a_closing_take_away():
    bright, dark = strokes(NOISE)
    inside = np.s_[8:-8, 8:-8]
    assert np.array_equal(bright[inside], (NOISE - ndimage.grey_opening(NOISE, size=(5, 5)))[inside])
    assert np.array_equal(dark[inside], (ndimage.grey_closing(NOISE, size=(5, 5)) - NOISE)[inside])


def test_cells_hold_the_pixels_ends_and_corners_of_strokes():
    found = np.zeros((2, 32, 32), np.uint8)
    found[0, 10:14, 9:11] = 20  # four rows of two pixels, in the second cell of each direction
    counts = np.empty((MAPS, 4, 4), np.uint8)
    count(found, counts)
    of_contrast = [counts[KINDS * n : KINDS * (n + 1)].sum(axis=(1, 2)).tolist() for n in range(8)]
    assert of_contrast == [[8, 8, 4, 4], [8, 8, 4, 4], *[[0] * 4] * 6]
    assert counts[:KINDS, 1, 1].tolist() == [8, 8, 4, 4]


def test_a_frame_is_looked_at_in_four_sizes_and_small_ones_in_fewer():
    assert [one.shape for one in sizes(np.zeros((512, 400)))] == [(512, 400), (256, 200), (128, 100), (64, 50)]
    assert [one.shape for one in sizes(np.zeros((41, 30)))] == [(41, 30)]


def test_the_edges_of_a_frame_go_on_around_it():
    framed = frame(NOISE[:50, :70])
    assert framed.shape == (80, 96) and not framed.shape[0] % (2 * CELL)
    assert np.array_equal(framed[BORDER:58, BORDER:78], NOISE[:50, :70])
    assert (framed[20, 78:] == framed[20, 77]).all() and (framed[:BORDER, 20] == framed[BORDER, 20]).all()


@pytest.mark.parametrize("turns", range(4))
@pytest.mark.parametrize(("value", "ground"), [(3000, 1000), (0, 2000), (1600, 1000)], ids=["bright", "dark", "faint"])
def test_text_is_passed_on_in_any_direction(turns, value, ground):
    assert may_hold_text(written(turns=turns, value=value, ground=ground))


@pytest.mark.parametrize("at", [(2, 0), (284, 0), (284, 240), (2, 240)])
def test_text_at_the_edge_is_passed_on(at):
    assert may_hold_text(written(at=at))


@pytest.mark.parametrize("pixels", [np.zeros((300, 300)), np.full((70, 500), -3.5)])
def test_an_empty_frame_of_any_shape_and_type_is_not_passed_on(pixels):
    assert not may_hold_text(pixels)


@pytest.mark.parametrize("shape", [(63, 200), (64, 1), (1, 1)])
def test_a_very_small_frame_is_always_read(shape):
    assert may_hold_text(np.zeros(shape))


def test_the_same_frame_gives_the_same_score_whatever_was_looked_at_before():
    weights, pixels = lettering.load_weights(), written()
    first = highest_score(pixels, weights)
    highest_score(np.random.default_rng(1).normal(0, 1, (300, 400)), weights)
    assert highest_score(pixels, weights) == first


def test_weights_are_read_once():
    assert lettering.load_weights() is lettering.load_weights()
