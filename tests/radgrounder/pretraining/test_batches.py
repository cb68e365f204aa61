"""Batches: each step has its own, single turns as the processor lays them out, branches that cost what they cost alone."""

from dataclasses import replace

import numpy as np
import pytest
import torch

from radgrounder.models.nano import build_model, build_processor
from radgrounder.pretraining.batches import (
    Batches,
    encode_branches,
    encode_single,
    grey_curve,
    image_prefix,
    slice_weights,
    to_pixel_values,
)
from radgrounder.pretraining.losses import conversation_loss, soft_coordinates
from radgrounder.pretraining.plan import Plan
from radgrounder.pretraining.pool import PhantomSlice
from tests.fixtures.tiny_models import SIZE, TEXTS, picture, turns

PROCESSOR = build_processor(TEXTS, SIZE)
PREFIX = image_prefix(PROCESSOR, SIZE)
LIVER = 5
PLAN = Plan(batch=3, packed_images=2, packed_budget=60, single_batch=2)


def slice_of(seed):
    mask = np.zeros((SIZE.image, SIZE.image), np.uint8)
    mask[:8] = LIVER
    image, nothing = np.asarray(picture(seed, SIZE.image)), np.zeros_like(mask)
    return PhantomSlice(image, mask, nothing, {LIVER: (0.0, 0.0, 1.0, 0.5)}, turns(seed))


@pytest.fixture(scope="module")
def batches():
    return Batches(PROCESSOR, SIZE, [slice_of(seed) for seed in range(6)], PLAN)


def equal(first, second):
    flat = [[*batch.pop("dense"), *batch.values()] for batch in (dict(first), dict(second))]
    return all(a.shape == b.shape and torch.equal(a, b) for a, b in zip(*flat, strict=True))


@pytest.mark.parametrize("lesson", ["tower", "packed", "single"])
def test_a_step_always_has_the_same_batch_and_another_step_another(batches, lesson):
    batch_of = getattr(batches, lesson)
    assert equal(batch_of(3), batch_of(3)) and not equal(batch_of(3), batch_of(8))


def test_a_batch_is_as_large_as_planned(batches):
    sizes = [len(batch_of(0)["pixel_values"]) for batch_of in (batches.tower, batches.packed, batches.single)]
    assert sizes == [3, 2, 2]


def test_single_turns_of_like_length_stand_together(batches):
    lengths = [int(batches.single(step)["attention_mask"].sum(-1).max()) for step in range(4)]
    assert lengths == sorted(lengths) and lengths[0] < lengths[-1]


def test_a_single_turn_is_laid_out_as_the_processor_does():
    question, answer = turns(0)[0]
    expected = PROCESSOR(images=picture(), text="<image>" + question, suffix=answer, return_tensors="pt")
    got = encode_single(PROCESSOR.tokenizer, PREFIX, [(question, answer)])
    length = expected["input_ids"].shape[1]
    assert got["input_ids"].shape[1] % 8 == 0 and got["attention_mask"].sum() == length
    for name in ("input_ids", "token_type_ids", "labels"):
        assert got[name][:, :length].tolist() == expected[name].tolist(), name


def test_pixels_are_those_of_the_image_processor():
    shown = picture(0, SIZE.image)
    expected = PROCESSOR.image_processor([shown], return_tensors="pt")["pixel_values"]
    assert torch.allclose(to_pixel_values([np.asarray(shown)]), expected, atol=1e-6)


def test_a_branch_costs_what_it_costs_alone():
    """Packed together or one by one, answers have the same loss."""
    model, targets = build_model(PROCESSOR, SIZE, seed=1).eval(), soft_coordinates(PROCESSOR, 2.0)

    def loss(batch):
        count = int((batch["labels"] != -100).sum())
        pixels = PROCESSOR.image_processor([picture()], return_tensors="pt")["pixel_values"]
        with torch.no_grad():
            return float(conversation_loss(model, {**batch, "pixel_values": pixels}, targets)[0]) * count

    together = loss(encode_branches(PROCESSOR.tokenizer, PREFIX, [turns(0)], budget=10_000))
    alone = sum(loss(encode_branches(PROCESSOR.tokenizer, PREFIX, [[turn]], budget=1)) for turn in turns(0))
    assert together == pytest.approx(alone, rel=1e-5)


def test_the_budget_limits_the_turns_but_leaves_one():
    asked, first = turns(0), encode_single(PROCESSOR.tokenizer, PREFIX, turns(0)[:1])
    least = encode_branches(PROCESSOR.tokenizer, PREFIX, [asked], budget=1)
    assert least["input_ids"].shape[1] == int(first["attention_mask"].sum())
    two = encode_branches(PROCESSOR.tokenizer, PREFIX, [asked[:2]], budget=10_000)["input_ids"].shape[1] - len(PREFIX)
    assert torch.equal(
        encode_branches(PROCESSOR.tokenizer, PREFIX, [asked], budget=two)["input_ids"],
        encode_branches(PROCESSOR.tokenizer, PREFIX, [asked[:2]], budget=10_000)["input_ids"],
    )


def drawn(region, *classes, finding=0):
    boxes = {number: (0.0, 0.0, 1.0, 1.0) for number in classes}
    image, nothing = np.zeros((8, 8, 3), np.uint8), np.zeros((8, 8), np.uint8)
    return PhantomSlice(image, nothing, np.full_like(nothing, finding), boxes, [], region)


def test_regions_are_drawn_evenly_and_rare_classes_more_often():
    pool = [drawn("head", 1), drawn("head", 1), drawn("head", 1), drawn("head", 2), drawn("chest", 3), drawn("")]
    weights = slice_weights(pool, 0.5)
    assert weights.sum() == pytest.approx(1) and weights[-1] == pytest.approx(1 / 6)
    assert weights[:4].sum() == pytest.approx(weights[4]) == pytest.approx(5 / 12)
    assert weights[3] / weights[0] == pytest.approx(3**0.5)
    assert slice_weights(pool[:4], 0.0) == pytest.approx([0.25] * 4)
    assert slice_weights([drawn("")], 0.5) == pytest.approx([1.0])


def test_slices_with_findings_are_drawn_more_often():
    ill, well = slice_weights([drawn("head", 1, finding=2), *[drawn("head", 1)] * 3], 0.5)[:2]
    assert ill == pytest.approx(1.5 * well)


def test_a_grey_curve_rises_from_black_to_white():
    curves = [grey_curve(np.random.default_rng(seed), 0.5).astype(int) for seed in range(20)]
    assert all(curve[0] == 0 and curve[-1] == 255 and (np.diff(curve) >= 0).all() for curve in curves)
    assert len({int(curve[128]) for curve in curves}) > 10
    assert (np.abs(grey_curve(np.random.default_rng(0), 0.0).astype(int) - np.arange(256)) <= 1).all()


def test_curves_change_pictures_but_not_where_things_are(batches):
    bent = Batches(PROCESSOR, SIZE, batches.slices, replace(PLAN, curves=0.5))
    first, second = batches.tower(0), bent.tower(0)
    assert not torch.equal(first["pixel_values"], second["pixel_values"])
    assert all(torch.equal(a, b) for a, b in zip(first["dense"], second["dense"], strict=True))


def test_pictures_of_the_first_lesson_move_only_where_asked(batches):
    pool, plan = [slice_of(seed) for seed in range(6)], replace(PLAN, moves=0.3)
    still, moved, again = batches.tower(1), *(Batches(PROCESSOR, SIZE, pool, plan).tower(1) for _ in range(2))
    assert not torch.equal(still["pixel_values"], moved["pixel_values"])
    assert torch.equal(moved["pixel_values"], again["pixel_values"])
    packed = Batches(PROCESSOR, SIZE, pool, plan).packed(1)
    assert torch.equal(packed["pixel_values"], batches.packed(1)["pixel_values"])
