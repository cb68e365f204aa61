"""The rule by which boxes on slices become one in 3D: a union that single mistakes do not widen."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from radgrounder.inference.fusion import SliceVote, fuse
from radgrounder.metrics.boxes import iou_3d
from refrad2d.images.geometry import Grid

GRID = Grid((10, 100, 200), (5.0, 1.0, 1.0))
BOX = (0.25, 0.5, 0.5, 0.75)  # columns 50 to 100, rows 50 to 75
ALL = range(10)


def votes(*numbers, box=BOX, confidence=0.8):
    return [SliceVote(n, box, confidence) for n in numbers]


def test_slices_in_a_row_are_a_box():
    fused = fuse(votes(3, 4, 5), ALL, GRID)
    assert fused.voxel_box == (50, 50, 3, 100, 75, 6) and fused.slices == (3, 4, 5)
    assert fused.confidence == pytest.approx(0.8)


def test_without_a_box_there_is_none():
    assert fuse([], ALL, GRID) is None


def test_one_silent_slice_is_bridged_and_costs_confidence():
    fused = fuse(votes(2, 3, 5, 6), ALL, GRID)
    assert fused.voxel_box[2::3] == (2, 7) and fused.confidence == pytest.approx(0.8 * 4 / 5)


def test_boxes_elsewhere_are_taken_for_mistakes():
    fused = fuse([*votes(0), *votes(4, 5, 6), *votes(9, box=(0.0, 0.0, 1.0, 1.0))], ALL, GRID)
    assert fused.voxel_box == (50, 50, 4, 100, 75, 7)


def test_the_surer_run_wins_over_the_longer():
    assert fuse([*votes(0, 1, 2, confidence=0.2), *votes(7, 8, confidence=0.9)], ALL, GRID).slices == (7, 8)


def test_one_wide_slice_does_not_widen_the_box_wherever_it_lies():
    for wide in (3, 5, 7):
        found = [SliceVote(n, (0.0, 0.0, 1.0, 1.0) if n == wide else BOX, 0.8) for n in range(3, 8)]
        assert fuse(found, ALL, GRID).voxel_box == (50, 50, 3, 100, 75, 8)


def test_a_structure_that_grows_keeps_its_widest_part():
    widths = (0.1, 0.2, 0.3, 0.3, 0.3, 0.2, 0.1)
    found = [SliceVote(n, (0.5 - w, 0.5 - w, 0.5 + w, 0.5 + w), 1.0) for n, w in enumerate(widths)]
    assert fuse(found, ALL, GRID).voxel_box == pytest.approx((40, 20, 0, 160, 80, 7))


def test_several_boxes_of_a_slice_count_as_their_union():
    found = [SliceVote(4, (0.1, 0.1, 0.2, 0.2), 0.3), SliceVote(4, (0.5, 0.5, 0.6, 0.6), 0.9)]
    fused = fuse(found, ALL, GRID)
    assert fused.voxel_box == pytest.approx((20, 10, 4, 120, 60, 5)) and fused.confidence == 0.9


def test_slices_that_were_not_asked_are_shared_between_neighbours():
    fused = fuse(votes(3, 6), [0, 3, 6, 9], GRID)
    assert fused.voxel_box[2::3] == (2.0, 8.0)
    assert fuse(votes(0, 3), [0, 3, 6, 9], GRID).voxel_box[2::3] == (0.0, 5.0)


@given(st.integers(0, 9), st.integers(0, 9), st.floats(0.01, 1.0))
def test_true_boxes_of_a_cuboid_give_it_back(one, other, confidence):
    first, last = sorted((one, other))
    fused = fuse(votes(*range(first, last + 1), confidence=confidence), ALL, GRID)
    assert iou_3d(fused.voxel_box, (50, 50, first, 100, 75, last + 1)) == pytest.approx(1.0)
    assert 0 < fused.confidence <= 1.0 + 1e-9 and len(fused.slices) == last - first + 1


def test_the_order_of_votes_does_not_matter():
    rng = np.random.default_rng(0)
    found = [SliceVote(n, (*rng.uniform(0, 0.4, 2), *rng.uniform(0.6, 1, 2)), rng.uniform()) for n in (1, 2, 3, 5, 8)]
    assert fuse(found, ALL, GRID) == fuse(found[::-1], ALL, GRID)
