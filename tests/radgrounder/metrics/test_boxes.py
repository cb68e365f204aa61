"""Overlap of boxes and masks: that of the pixels, and what is missing or empty.

pytest tests/radgrounder/metrics/test_boxes.py
"""

import numpy as np
import pytest
from hypothesis import given

from radgrounder.metrics.boxes import dice, iou, iou_3d, iou_matrix, pointing
from tests.fixtures.strategies import BOX, GRID

CORNER = (0.0, 0.0, 0.25, 0.25)


def raster(box):
    grid = np.zeros((GRID, GRID), dtype=bool)
    x_min, y_min, x_max, y_max = (round(c * GRID) for c in box)
    grid[y_min:y_max, x_min:x_max] = True
    return grid


@given(BOX, BOX)
def test_iou_is_that_of_the_pixels(a, b):
    first, second = raster(a), raster(b)
    assert iou(a, b) == pytest.approx((first & second).sum() / (first | second).sum())


@given(BOX, BOX)
def test_dice_follows_from_iou(a, b):
    overlap = iou(a, b)
    assert dice(raster(a), raster(b)) == pytest.approx(2 * overlap / (1 + overlap))


def test_dice_of_two_empty_masks_is_one():
    assert dice(np.zeros((2, 2)), np.zeros((2, 2))) == 1.0


def test_dice_refuses_other_grids():
    with pytest.raises(ValueError, match="Resize one"):
        dice(np.zeros((2, 2)), np.zeros((3, 3)))


def test_a_missing_box_overlaps_nothing():
    assert iou(None, CORNER) == iou(CORNER, None) == 0.0


def test_boxes_that_only_touch_do_not_overlap():
    assert iou((0, 0, 0.5, 1), (0.5, 0, 1, 1)) == 0.0


def test_empty_sides_give_an_empty_matrix():
    assert iou_matrix([], [CORNER]).shape == (0, 1)


def test_pointing_asks_for_the_centre():
    assert (pointing((0, 0, 1, 1), (0.4, 0.4, 0.6, 0.6)), pointing((0, 0, 0.2, 0.2), (0.4, 0.4, 0.6, 0.6))) == (1, 0)


def test_pointing_sees_the_hole_of_a_mask():
    mask = np.ones((4, 4), dtype=bool)
    mask[1:3, 1:3] = False
    assert pointing((0, 0, 1, 1), mask) == 0.0


def test_pointing_without_a_box_hits_nothing():
    assert pointing(None, CORNER) == 0.0


def test_two_boxes_without_area_do_not_overlap():
    assert iou((0.5, 0.5, 0.5, 0.5), (0.5, 0.5, 0.5, 0.5)) == 0.0


def test_boxes_in_3d_overlap_as_their_voxels_do():
    rng = np.random.default_rng(0)
    for _ in range(20):
        grids, boxes = np.zeros((2, 8, 8, 8), bool), []
        for grid in grids:
            low = rng.integers(0, 7, 3)
            high = [int(rng.integers(start + 1, 9)) for start in low]
            boxes.append((*low, *high))
            grid[low[0] : high[0], low[1] : high[1], low[2] : high[2]] = True
        assert iou_3d(*boxes) == pytest.approx((grids[0] & grids[1]).sum() / (grids[0] | grids[1]).sum())


def test_a_missing_or_flat_box_in_3d_overlaps_nothing():
    assert iou_3d(None, (0, 0, 0, 1, 1, 1)) == iou_3d((0, 0, 0, 1, 1, 0), (0, 0, 0, 1, 1, 0)) == 0.0
