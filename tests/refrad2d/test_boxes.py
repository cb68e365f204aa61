"""Boxes and sizes of masks, and the one rule of what is visible."""

import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from refrad2d.boxes import MIN_PIXELS, box_of, class_boxes, iou, merge_boxes, objects, pixels_of, union_box, visible
from refrad2d.conversations import conversations
from refrad2d.labels import label_by_name
from refrad2d.stages.questions import run
from refrad2d.windows import count_pixels


def small_spleen(width: int, *, top: int = 401) -> np.ndarray:
    """A large liver, and a spleen of `width` by 9 native pixels."""
    mask = np.zeros((512, 512), np.uint8)
    mask[100:300, 50:250] = label_by_name("liver").id
    mask[top : top + 9, 401 : 401 + width] = label_by_name("spleen").id
    return mask


def test_a_box_ends_after_its_last_pixel():
    mask = np.zeros((4, 8), bool)
    mask[1:3, 2:6] = True
    assert union_box(mask) == (0.25, 0.25, 0.75, 0.75)
    assert union_box(np.zeros((4, 8), bool)) is None


def test_an_object_has_native_area_and_visible_size():
    found = {o["label"]: o for o in objects(small_spleen(11))}
    counts = count_pixels(small_spleen(11))
    assert found["spleen"]["area"] == 99
    assert found["spleen"]["pixels"] == counts[label_by_name("spleen").id] != round(99 * (224 / 512) ** 2)


@given(st.integers(0, 40), st.integers(0, 40), st.integers(1, 255), st.integers(0, 2**32), st.booleans())
def test_boxes_and_areas_are_those_of_a_look_at_each_class(rows, columns, classes, seed, turned):
    rng = np.random.default_rng(seed)
    mask = rng.integers(0, classes, (rows, columns), np.uint8, endpoint=True) * (rng.random((rows, columns)) < 0.6)
    mask = np.kron(mask, np.ones((1, int(rng.integers(1, 4))), np.uint8))
    mask = mask.T if turned else mask
    plain = [(n, mask == n) for n in range(1, 256) if (mask == n).any()]
    assert class_boxes(mask) == [
        (n, here.sum(), (xs.min(), ys.min(), xs.max() + 1, ys.max() + 1))
        for n, here in plain
        for ys, xs in [np.nonzero(here)]
    ]


def test_a_class_that_vanishes_in_the_resize_is_an_object_without_visible_pixels():
    mask = np.zeros((1024, 1024), np.uint8)
    mask[0, 0] = label_by_name("spleen").id
    (spleen,) = objects(mask)
    assert (spleen["area"], spleen["pixels"]) == (1, 0) and visible([spleen]) == []


@pytest.mark.parametrize(("pixels", "seen"), [(MIN_PIXELS - 1, False), (MIN_PIXELS, True)])
def test_twenty_pixels_are_visible(pixels, seen):
    assert bool(visible([{"label": "liver", "box": [0, 0, 1, 1], "area": 1, "pixels": pixels}])) == seen


def test_an_object_that_nobody_counted_is_refused_with_the_remedy():
    for uncounted in ({"label": "liver"}, {"label": "liver", "pixels": None}):
        with pytest.raises(ValueError, match="no `pixels`.* Build the dataset again"):
            pixels_of([uncounted])


def test_questions_and_conversations_see_the_same_structures(tmp_path):
    """Questions used to scale the native area, which says 20 or more where the image shows 18 pixels."""
    mask = small_spleen(width=12, top=399)
    report = {"findings": "Unauffällig.", "spans": [], "clinical_question": None, "clinical_info": None}
    row = {
        "id": "a", "modality": "CT", "plane": "axial", "body_part": "abdomen", "objects": objects(mask),
        "report": {"de": None, "en": report}, "findings": [], "provenance": {"segmenter": "s"},
    }  # fmt: skip
    (tmp_path / "rows.jsonl").write_text(json.dumps(row) + "\n", encoding="utf-8")
    run(tmp_path / "rows.jsonl", tmp_path / "out.jsonl")
    asked = json.loads((tmp_path / "out.jsonl").read_text(encoding="utf-8"))
    (spleen,) = (o for o in row["objects"] if o["label"] == "spleen")
    assert round(spleen["area"] * (224 / 512) ** 2) >= MIN_PIXELS > spleen["pixels"]
    located = [turn[0]["content"][1]["text"] for turn in conversations(asked) if turn[0]["role"] == "user"]
    assert any("Where is the liver?" in text for text in located)
    assert not any("Where is the spleen?" in text for text in located)
    answers = {answer for q in asked["vqa"] if q["source"] == "mask" for answer in (q["answer"], *q["choices"])}
    assert "liver" in answers and "spleen" not in answers


@settings(max_examples=50, deadline=None)
@given(st.integers(1, 300), st.integers(1, 300), st.integers(0, 2**32 - 1))
def test_the_visible_size_is_counted_like_the_resized_mask(height, width, seed):
    mask = np.random.default_rng(seed).integers(0, 4, (height, width)).astype(np.uint8)
    counts = count_pixels(mask)
    assert pixels_of(objects(mask)) == {o["label"]: counts[label_by_name(o["label"]).id] for o in objects(mask)}


def test_a_box_of_classes_is_the_box_around_all_of_them():
    mask = small_spleen(11)
    merged = merge_boxes([box_of(mask, ["liver"]), box_of(mask, ["spleen"])])
    assert box_of(mask, ["liver", "spleen"]) == merged and box_of(mask, ["pancreas"]) is None


@pytest.mark.parametrize(
    ("a", "b", "overlap"),
    [
        ((0, 0, 1, 1), (0, 0, 1, 1), 1.0),
        ((0, 0, 1, 1), (0, 0, 0.5, 1), 0.5),
        ((0, 0, 0.5, 1), (0.5, 0, 1, 1), 0.0),
        ((0, 0, 0.1, 0.1), (0.5, 0.5, 1, 1), 0.0),
    ],
)
def test_overlap_is_shared_by_united_area(a, b, overlap):
    assert iou(a, b) == iou(b, a) == overlap
