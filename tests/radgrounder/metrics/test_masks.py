"""Masks by hand: overlaps, distances in mm, run lengths, and the controls they are set beside."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from radgrounder.metrics.masks import (
    MaskEntity,
    decode_rle,
    ellipse_in_box,
    encode_rle,
    filled_box,
    g_iou_masks,
    hausdorff95,
    mask_box_iou,
    mask_dice,
    mask_iou,
    mean_masks,
)

MASKS = arrays(bool, array_shapes(min_dims=2, max_dims=2, max_side=9))


def block(top, left, bottom, right, shape=(10, 12)):
    mask = np.zeros(shape, bool)
    mask[top:bottom, left:right] = True
    return mask


def test_run_lengths_go_down_the_columns_and_begin_with_background():
    mask = np.array([[0, 1], [0, 1], [1, 0]], bool)
    assert encode_rle(mask) == {"size": [3, 2], "counts": [2, 3, 1]}
    assert encode_rle(np.ones((2, 2), bool)) == {"size": [2, 2], "counts": [0, 4]}
    assert encode_rle(np.zeros((2, 3), bool)) == {"size": [2, 3], "counts": [6]}


@given(MASKS)
def test_run_lengths_give_the_mask_back(mask):
    rle = encode_rle(mask)
    assert np.array_equal(decode_rle(rle), mask) and sum(rle["counts"]) == mask.size
    assert all(n > 0 for n in rle["counts"][1:])


@pytest.mark.parametrize("counts", [[3], [7], [-1, 7], []])
def test_run_lengths_that_do_not_fill_the_mask_are_refused(counts):
    with pytest.raises(ValueError, match="sum to rows times columns"):
        decode_rle({"size": [2, 3], "counts": counts})


@pytest.mark.parametrize("shape", [(0, 3), (4,), (2, 2, 2)])
def test_what_is_no_mask_has_no_run_lengths(shape):
    with pytest.raises(ValueError, match="Give rows and columns"):
        encode_rle(np.zeros(shape, bool))


def test_overlaps_of_two_blocks():
    a, b = block(0, 0, 4, 4), block(0, 2, 4, 6)
    assert mask_dice(a, b) == 0.5 and mask_iou(a, b) == pytest.approx(8 / 24)
    assert mask_iou(a, a) == 1.0 and mask_iou(a, block(5, 5, 7, 7)) == 0.0


@given(MASKS, st.integers(0, 5))
def test_iou_follows_from_its_definition(mask, roll):
    other = np.roll(mask, roll, axis=1)
    union = (mask | other).sum()
    assert mask_iou(mask, other) == pytest.approx((mask & other).sum() / union if union else 1.0)


def test_a_missing_mask_overlaps_nothing_and_an_empty_one_equals_an_empty_one():
    empty = np.zeros((3, 3), bool)
    assert mask_iou(None, empty) == mask_dice(empty, None) == mask_box_iou(None, (0, 0, 1, 1)) == 0.0
    assert mask_dice(empty, empty) == 1.0 and mask_box_iou(empty, (0, 0, 1, 1)) == 0.0


def test_the_box_of_a_mask_is_compared_with_a_box():
    assert mask_box_iou(block(0, 0, 5, 6), (0, 0, 0.5, 0.5)) == 1.0
    assert mask_box_iou(block(0, 0, 5, 12), (0, 0, 0.5, 0.5)) == 0.5


@pytest.mark.parametrize(("spacing", "mm"), [((1, 1), 3.0), ((1, 2.5), 7.5), ((9, 0.5), 1.5)])
def test_a_shift_by_three_columns_is_three_spacings(spacing, mm):
    assert hausdorff95(block(0, 0, 6, 2), block(0, 3, 6, 5), spacing) == pytest.approx(mm)


def test_one_stray_pixel_of_many_does_not_count():
    a = block(2, 2, 40, 40, (60, 60))
    stray = a.copy()
    stray[55, 55] = True
    assert hausdorff95(a, stray, (1, 1)) == 0.0 and hausdorff95(a, a, (1, 1)) == 0.0


def test_boundaries_are_compared_not_areas():
    ring = block(0, 0, 9, 9) & ~block(1, 1, 8, 8)
    assert hausdorff95(ring, block(0, 0, 9, 9), (1, 1)) == 0.0


def test_a_mask_without_counterpart_is_a_picture_away():
    a, empty = block(0, 0, 2, 2, (30, 40)), np.zeros((30, 40), bool)
    assert hausdorff95(a, None, (1, 1)) == hausdorff95(empty, a, (1, 1)) == 50.0
    assert hausdorff95(empty, empty, (1, 1)) == hausdorff95(None, None, (1, 1)) == 0.0


def brute_force(a, b, spacing):
    def edge(mask):
        padded = np.pad(mask, 1)
        inner = padded[:-2, 1:-1] & padded[2:, 1:-1] & padded[1:-1, :-2] & padded[1:-1, 2:]
        return np.argwhere(mask & ~inner) * np.asarray(spacing)

    far = np.sqrt(((edge(a)[:, None] - edge(b)[None]) ** 2).sum(-1))
    return max(np.percentile(far.min(1), 95), np.percentile(far.min(0), 95))


def test_distances_are_those_of_all_pairs():
    rng = np.random.default_rng(0)
    for _ in range(30):
        a, b = rng.random((2, 14, 17)) < rng.uniform(0.02, 0.9)
        if a.any() and b.any():
            spacing = rng.uniform(0.3, 3, 2)
            assert hausdorff95(a, b, spacing) == pytest.approx(brute_force(a, b, spacing))
            assert hausdorff95(a, b, spacing) == hausdorff95(b, a, spacing)


@pytest.mark.parametrize("spacing", [(0, 1), (1, -1), (np.nan, 1)])
def test_a_spacing_that_is_none_is_refused(spacing):
    with pytest.raises(ValueError, match="mm between rows"):
        hausdorff95(block(0, 0, 2, 2), block(0, 0, 2, 2), spacing)


def test_masks_of_other_shapes_are_refused():
    with pytest.raises(ValueError, match="other's grid"):
        hausdorff95(block(0, 0, 2, 2), block(0, 0, 2, 2, (4, 4)), (1, 1))


LIVER = MaskEntity("liver", "liver", block(0, 0, 4, 4))
SPLEEN = MaskEntity("spleen", "spleen", block(6, 6, 9, 9))
AORTA = MaskEntity("aorta", "aorta", block(5, 0, 7, 2))


def test_one_of_three_found_is_a_third():
    assert g_iou_masks([LIVER, SPLEEN, AORTA], [LIVER]) == pytest.approx(1 / 3)


def test_what_is_made_up_costs_as_what_is_missed():
    assert g_iou_masks([LIVER], [AORTA, LIVER, SPLEEN]) == pytest.approx(1 / 3)


def test_the_order_of_entities_does_not_matter():
    assert g_iou_masks([LIVER, SPLEEN, AORTA], [AORTA, LIVER, SPLEEN]) == 1.0
    alike = np.array([[0.5, 1.0], [0.25, 0.5]])
    assert g_iou_masks([LIVER, SPLEEN], [SPLEEN, LIVER], alike) == pytest.approx((1.0 + 0.25) / 2)


def test_an_entity_without_a_mask_counts_and_overlaps_nothing():
    bare = LIVER._replace(mask=None)
    assert g_iou_masks([LIVER, SPLEEN], [bare, SPLEEN]) == 0.5


def test_without_true_entities_there_is_no_figure_and_without_predicted_ones_it_is_nought():
    assert np.isnan(g_iou_masks([], [LIVER])) and np.isnan(g_iou_masks([], []))
    assert g_iou_masks([LIVER], []) == 0.0


def test_another_matching_is_refused():
    with pytest.raises(ValueError, match="greedy or optimal"):
        g_iou_masks([LIVER], [LIVER], matching="best")


def test_a_filled_box_has_the_pixels_of_the_box():
    assert np.array_equal(filled_box((0.25, 0.2, 0.5, 0.7), (10, 12)), block(2, 3, 7, 6))
    assert filled_box(None, (4, 4)) is None and ellipse_in_box(None, (4, 4)) is None


def test_an_ellipse_has_its_share_of_the_box():
    inside = ellipse_in_box((0.1, 0.2, 0.9, 0.7), (200, 300))
    box = filled_box((0.1, 0.2, 0.9, 0.7), (200, 300))
    assert inside.sum() / box.sum() == pytest.approx(np.pi / 4, abs=0.005) and not (inside & ~box).any()
    assert not ellipse_in_box((0.5, 0.5, 0.5, 0.6), (8, 8)).any()


def test_a_mean_mask_has_the_pixels_most_often_covered_as_many_as_usual():
    masks = [("a", block(0, 0, 2, 2)), ("a", block(0, 0, 2, 4)), ("b", block(5, 5, 6, 6)), ("b", block(8, 8, 9, 9))]
    found = mean_masks(masks)
    assert found["a"].sum() == 6 and found["a"][0:2, 0:2].all() and found["b"].sum() == 1
