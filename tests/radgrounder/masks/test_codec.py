"""Crops and pasted masks by hand, and codes that are integers below 128."""

import pytest
import torch

from radgrounder.masks.codec import CODES, CROP, MaskCodec, crop, paste


def block(top, left, bottom, right, size=(40, 60)):
    mask = torch.zeros(size, dtype=torch.bool)
    mask[top:bottom, left:right] = True
    return mask


def test_a_crop_has_the_shares_of_its_cells():
    mask, box = block(10, 15, 20, 30), (0.25, 0.25, 0.75, 0.75)  # columns 15 to 45, rows 10 to 30
    found = crop(mask[None], torch.tensor([box]))[0]
    assert found.shape == (CROP, CROP) and found[:32, :32].eq(1).all() and found[32:].eq(0).all()
    assert found[:, 32:].eq(0).all()


def test_the_mean_of_a_crop_is_the_covered_share_of_the_box():
    g = torch.Generator().manual_seed(0)
    for _ in range(20):
        mask = torch.rand(1, 40, 60, generator=g) < 0.5
        top, left = (int(torch.randint(20, (), generator=g)) for _ in range(2))
        box = torch.tensor([[left / 60, top / 40, (left + 30) / 60, (top + 17) / 40]])
        assert float(crop(mask, box).mean()) == pytest.approx(
            float(mask[0, top : top + 17, left : left + 30].float().mean()), abs=1e-5
        )


def test_a_pasted_crop_fills_its_box_and_nothing_else():
    box = torch.tensor([[0.25, 0.25, 0.75, 0.5]])
    assert torch.equal(paste(torch.ones(1, CROP, CROP), box, (40, 60))[0], block(10, 15, 20, 45))
    assert not paste(-torch.ones(1, CROP, CROP), box, (40, 60)).any()


def test_cropping_and_pasting_give_the_mask_back():
    masks = torch.stack([block(5, 6, 35, 50), block(10, 20, 30, 40) & ~block(15, 25, 20, 30)])
    boxes = torch.tensor([[6 / 60, 5 / 40, 50 / 60, 35 / 40], [20 / 60, 10 / 40, 40 / 60, 30 / 40]])
    assert torch.equal(paste(crop(masks, boxes) - 0.5, boxes, (40, 60)), masks)


def test_a_mask_becomes_sixteen_codes():
    torch.manual_seed(0)
    codec, masks = MaskCodec().eval(), torch.stack([block(5, 6, 35, 50)] * 3)
    boxes = torch.tensor([[0.1, 0.1, 0.9, 0.9]] * 3)
    codes = codec.encode(masks, boxes)
    assert codes.shape == (3, 16) and 0 <= int(codes.min()) and int(codes.max()) < CODES
    assert torch.equal(codes[0], codes[2]) and codec.decode(codes, boxes, (40, 60)).shape == (3, 40, 60)
    assert codec.encode(masks[:0], boxes[:0]).shape == (0, 16)
    assert codec.decode(codes[:0], boxes[:0], (4, 4)).shape == (0, 4, 4)


@pytest.mark.parametrize("code", [-1, 128])
def test_a_code_that_is_none_is_refused(code):
    with pytest.raises(ValueError, match="Give 0 to 127"):
        MaskCodec().decode(torch.full((1, 16), code), torch.tensor([[0.0, 0.0, 1.0, 1.0]]), (4, 4))


def test_a_code_tells_of_its_own_place_and_what_lies_beside():
    torch.manual_seed(0)
    codec, crops = MaskCodec().eval(), torch.rand(1, CROP, CROP)
    changed = crops.clone()
    changed[:, :16, :16] = 1 - changed[:, :16, :16]
    with torch.no_grad():
        moved = (codec.vectors(crops) - codec.vectors(changed)).abs().sum(-1)[0].reshape(4, 4) > 0
    assert moved[0, 0] and not moved[2:].any() and not moved[:, 2:].any()
