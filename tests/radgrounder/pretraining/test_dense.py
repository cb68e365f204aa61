"""What the tower is taught: which structures each patch shows, and the box of each."""

import numpy as np
import pytest
import torch

from radgrounder.pretraining.dense import STRUCTURES, DenseHead, cover, draw_targets, without_places
from radgrounder.pretraining.losses import CoordinateTargets

LIVER, AORTA = 5, 52
BOXES = {LIVER: (0.0, 0.0, 0.5, 1.0), AORTA: (0.5, 0.5, 0.5625, 0.5625)}


def mask():
    drawn = np.zeros((32, 32), np.uint8)
    drawn[:, :16] = LIVER
    drawn[16:18, 16:18] = AORTA  # a sixteenth of one patch
    return drawn


def test_a_patch_shows_small_structures_too():
    shown = cover(mask(), BOXES, 8)
    assert shown.classes.tolist() == [LIVER, AORTA]
    assert shown.shares[:, 0].reshape(4, 4).tolist() == [[1, 1, 0, 0]] * 4
    assert shown.shares[2 * 4 + 2, 1] == 4 / 64 and shown.shares[:, 1].sum() == 4 / 64
    targets = draw_targets([shown], np.random.default_rng(0))
    assert torch.allclose(targets.shown.sum(-1), torch.ones(1, 16))
    assert float(targets.shown[0, 10, AORTA]) == pytest.approx(0.25 / (0.25 + (1 - 4 / 64) ** 0.5))
    asked = dict(zip(targets.classes.tolist(), targets.boxes.tolist(), strict=True))
    assert asked.keys() == {LIVER, AORTA} and asked[AORTA] == list(BOXES[AORTA])
    assert all(p == 10 for p, c in zip(targets.patches.tolist(), targets.classes.tolist(), strict=True) if c == AORTA)


def test_a_finding_is_a_class_of_its_own_where_it_lies():
    findings = np.zeros((32, 32), np.uint8)
    findings[8:16, 4:12] = 3
    shown = cover(mask(), BOXES, 8, findings)
    cyst = STRUCTURES + 2
    assert shown.classes.tolist() == [LIVER, AORTA, cyst]
    assert shown.boxes[2].tolist() == [4 / 32, 8 / 32, 12 / 32, 16 / 32]
    assert shown.shares[:, 2].reshape(4, 4).tolist() == [[0] * 4, [0.5, 0.5, 0, 0], [0] * 4, [0] * 4]
    assert shown.shares[4, 0] == 1  # the liver is there all the same
    assert cover(mask(), BOXES, 8, np.zeros_like(findings)).classes.tolist() == [LIVER, AORTA]


def test_an_empty_slice_has_targets():
    targets = draw_targets([cover(np.zeros((32, 32), np.uint8), {}, 8)], np.random.default_rng(0))
    assert targets.shown[0, :, 0].tolist() == [1] * 16 and targets.boxes.shape == (0, 4)
    codes, soft = torch.randn(513, 16), torch.eye(513)
    assert torch.isfinite(DenseHead(16).losses(torch.randn(1, 16, 16), targets, codes, soft).total)


def test_the_targets_can_be_learned():
    """A head that gets the patch's number as its token tells what the patch shows and where."""
    torch.manual_seed(0)
    shown = cover(mask(), BOXES, 8)
    tokens, codes = torch.eye(16)[None], torch.randn(513, 16)
    targets, head = CoordinateTargets(torch.arange(513), torch.eye(513)), DenseHead(16)
    optimizer = torch.optim.Adam(head.parameters(), 0.02)
    for step in range(150):
        losses = head.losses(tokens, draw_targets([shown], np.random.default_rng(step)), codes, targets.soft)
        optimizer.zero_grad()
        losses.total.backward()
        optimizer.step()
    assert losses.error < 0.02


def test_without_places_every_patch_is_told_what_the_slice_shows_and_no_box_is_asked():
    shown = without_places(cover(mask(), BOXES, 8))
    targets = draw_targets([shown], np.random.default_rng(0))
    assert len(targets.classes) == len(targets.boxes) == 0
    assert torch.equal(targets.shown[0], targets.shown[0, :1].expand(16, -1))
    assert targets.shown[0, 0, [LIVER, AORTA]].tolist() == pytest.approx([0.5, 0.5])
    empty = without_places(cover(np.zeros((32, 32), np.uint8), {}, 8))
    assert float(draw_targets([empty], np.random.default_rng(0)).shown[0, 0, 0]) == 1
