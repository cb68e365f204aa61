"""Focal + Dice by hand."""

import math

import pytest
import torch

from radgrounder.masks.losses import FOCAL_WEIGHT, dice_loss, focal_loss, mask_loss


def logits(*chances):
    return torch.logit(torch.tensor([[list(chances)]]))


def test_focal_loss_is_its_formula():
    found = focal_loss(logits(0.8, 0.3), torch.tensor([[[1.0, 0.0]]]))
    wanted = (0.75 * 0.2**2 * -math.log(0.8) + 0.25 * 0.3**2 * -math.log(0.7)) / 2
    assert float(found) == pytest.approx(wanted, rel=1e-5)


def test_dice_loss_is_its_formula():
    found = dice_loss(logits(0.5, 0.5, 0.25), torch.tensor([[[1.0, 0.0, 1.0]]]))
    assert float(found) == pytest.approx(1 - (2 * 0.75 + 1) / (1.25 + 2 + 1), rel=1e-5)


def test_a_right_mask_costs_nothing_and_a_wrong_one_much():
    target = torch.zeros(1, 8, 8)
    target[:, 2:5, 2:6] = 1
    right, empty = (target * 2 - 1) * 20, torch.full_like(target, -20.0)
    assert float(mask_loss(right, target)) < 1e-3
    assert float(mask_loss(empty, target)) > 0.9 and float(mask_loss(-right, target)) > FOCAL_WEIGHT


def test_no_mask_gives_no_loss_but_a_gradient():
    nothing = torch.zeros(0, 8, 8, requires_grad=True)
    loss = mask_loss(nothing, torch.zeros(0, 8, 8))
    loss.backward()
    assert float(loss) == 0.0
