"""Organs that overlap are resolved whatever their order; findings lie beside them."""

from collections import Counter

import numpy as np
import pytest

from refrad2d.images.masks.classes import Classes
from refrad2d.images.masks.painting import AlignedMask, cut_blanked, paint_slices
from refrad2d.images.masks.records import SliceFile
from refrad2d.images.sources import Source
from tests.fixtures.export_records import KEY, axial

SHAPE = (8, 8)


def paint(tmp_path, *masks):
    """One slice of masks, each (classes, array (layers, rows, columns))."""
    aligned = []
    for n, (classes, layers) in enumerate(masks):
        written = SliceFile(Source("/masks", f"{n}.nii"), KEY, tmp_path).write(layers, axial(0, shape=SHAPE))
        aligned.append(AlignedMask(classes, [written]))
    counts = Counter()
    ((unified, findings),) = paint_slices(aligned, [SHAPE], tmp_path, counts)
    return unified, findings, counts


def square(size, value=1):
    picture = np.zeros((1, *SHAPE), np.uint16)
    picture[0, :size, :size] = value
    return picture


@pytest.mark.parametrize("reverse", [False, True])
def test_the_smaller_organ_keeps_the_pixels(tmp_path, reverse):
    masks = [(Classes({1: 5}), square(6)), (Classes({1: 1}), square(2))]
    unified, _, counts = paint(tmp_path, *(masks[::-1] if reverse else masks))
    assert (unified == 1).sum() == 4 and (unified == 5).sum() == 32 and counts == {"organ_overlap_pixels": 4}


def test_a_mask_of_one_layer_is_painted_as_if_each_class_had_a_file(tmp_path):
    layer = np.random.default_rng(2).integers(0, 4, (1, *SHAPE)).astype(np.uint16)
    together = paint(tmp_path, (Classes({1: 5, 2: 1, 3: 5}, {2: "cyst"}), layer))
    apart = paint(tmp_path, *((Classes({n: organ}, found), layer) for n, organ, found in
                              ((1, 5, {}), (2, 1, {2: "cyst"}), (3, 5, {}))))  # fmt: skip
    assert np.array_equal(together[0], apart[0]) and together[1:] == apart[1:] and together[0].any()


def test_organs_of_the_same_pixels_contradict_each_other(tmp_path):
    unified, _, counts = paint(tmp_path, (Classes({1: 5}), square(4)), (Classes({1: 1}), square(4)))
    assert not unified.any() and counts == {"contradicting_organs": 2}


def test_one_organ_of_two_files_is_their_union(tmp_path):
    unified, _, counts = paint(tmp_path, (Classes({1: 5}), square(4)), (Classes({2: 5}), square(2, 2)))
    assert (unified == 5).sum() == 16 and not counts


def test_a_finding_lies_outside_the_picture(tmp_path):
    layers = np.concatenate([square(6), square(2, 2)])
    unified, findings, counts = paint(tmp_path, (Classes({1: 5}, {2: "lesion"}), layers))
    assert (unified == 5).sum() == 36 and not counts
    assert [(label, tuple(box)) for label, box in findings] == [("lesion", (0, 0, 0.25, 0.25))]


def test_what_a_blank_touches_is_unknown_on_that_slice():
    unified, counts = np.zeros((20, 20), np.uint8), Counter()
    unified[2:8, 2:8], unified[12:18, 12:18] = 5, 1
    findings = [("lesion", (0.1, 0.1, 0.2, 0.2)), ("cyst", (0.7, 0.7, 0.8, 0.8))]
    kept = cut_blanked(unified, findings, [(0, 0, 4, 4)], counts)
    assert kept == findings[1:] and counts == {"under_burnt_in_text": 2}
    assert set(np.unique(unified)) == {0, 1} and (unified == 1).sum() == 36


def test_without_a_blank_nothing_changes():
    unified, counts = np.full((4, 4), 5, np.uint8), Counter()
    assert cut_blanked(unified, [("cyst", (0, 0, 1, 1))], [], counts) and unified.all() and not counts
