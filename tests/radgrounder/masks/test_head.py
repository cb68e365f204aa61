"""The decoder: shapes, which prompt belongs to which picture, and that it can learn at all."""

import pytest
import torch

from radgrounder.masks.head import MaskHead, box_maps
from radgrounder.masks.losses import mask_loss
from radgrounder.masks.shape import MaskShape

SMALL = MaskShape(width=32, side=2, size=16, channels=16, heads=2)


@pytest.fixture(scope="module")
def head():
    torch.manual_seed(0)
    return MaskHead(SMALL).eval()


def given(seed=0, n=5, pictures=2, image=20):
    g = torch.Generator().manual_seed(seed)
    rows = torch.arange(n) % pictures
    states, tokens = torch.randn(n, 32, generator=g), torch.randn(pictures, 4, 32, generator=g)
    corners = torch.rand(n, 2, 2, generator=g).sort(dim=1).values.flatten(1)
    return states, tokens, torch.rand(pictures, 3, image, image, generator=g) * 2 - 1, rows, corners


def test_a_mask_a_prompt_whatever_the_size_of_the_picture(head):
    assert head(*given()).shape == (5, 16, 16) and head(*given(image=144)).shape == (5, 16, 16)
    states, tokens, pixels, rows, boxes = given()
    assert head(states[:0], tokens, pixels, rows[:0], boxes[:0]).shape == (0, 16, 16)


def test_prompts_do_not_see_each_other_and_ask_their_own_picture(head):
    states, tokens, pixels, rows, boxes = given()
    with torch.no_grad():
        whole = head(states, tokens, pixels, rows, boxes)
        alone = head(states[3:4], tokens[1:], pixels[1:], torch.tensor([0]), boxes[3:4])
        order = torch.tensor([4, 2, 0, 1, 3])
        assert torch.allclose(whole[3:4], alone, atol=1e-5)
        assert torch.allclose(head(states[order], tokens, pixels, rows[order], boxes[order]), whole[order], atol=1e-5)


def test_nearly_nothing_is_drawn_before_training(head):
    with torch.no_grad():
        assert head(*given()).sigmoid().mean() < 0.1


def test_the_3b_head_has_its_sizes():
    with torch.device("meta"):
        head = MaskHead(MaskShape(width=2304, side=16, size=128, channels=256, heads=8))
        states, tokens = torch.empty(3, 2304), torch.empty(1, 256, 2304)
        masks = head(states, tokens, torch.empty(1, 3, 224, 224), torch.zeros(3, dtype=torch.long), torch.empty(3, 4))
    assert masks.shape == (3, 128, 128)
    assert sum(p.numel() for p in head.parameters()) < 6e6  # the peer's has 236 million


@pytest.mark.parametrize("prompt", ["detection", "mention"])
def test_a_few_steps_tell_two_prompts_apart(prompt):
    torch.manual_seed(0)
    head = MaskHead(MaskShape(**{**SMALL.to_json(), "prompt": prompt}))
    states, tokens, pixels, _, boxes = given(n=2)
    rows, targets = torch.zeros(2, dtype=torch.long), torch.zeros(2, 16, 16)
    targets[0, :6, :6] = targets[1, 8:14, 9:15] = 1
    optimizer = torch.optim.AdamW(head.parameters(), lr=5e-3)
    for _ in range(120):
        optimizer.zero_grad()
        mask_loss(head(states, tokens, pixels, rows, boxes), targets).backward()
        optimizer.step()
    found = head(states, tokens, pixels, rows, boxes).detach() > 0
    for k in (0, 1):
        both = (found[k] & (targets[k] > 0)).sum()
        assert 2 * both / (found[k].sum() + targets[k].sum()) > 0.8


def test_boxes_count_for_spans_only():
    torch.manual_seed(0)
    states, tokens, pixels, rows, boxes = given()
    for prompt, same in (("detection", False), ("mention", True)):
        head = MaskHead(MaskShape(**{**SMALL.to_json(), "prompt": prompt}))
        with torch.no_grad():
            first, other = (head(states, tokens, pixels, rows, b) for b in (boxes, boxes.flip(0)))
        assert torch.equal(first, other) == same


def test_a_pixel_knows_how_far_it_is_inside_each_side():
    left, upper, right, lower = box_maps(torch.tensor([[0.0, 0.25, 0.5, 0.75]]), 8)[0]
    assert left[0].tolist() == [0.25, 0.75, 1, 1, 1, 1, 1, 1] and right[0].tolist() == [
        1,
        1,
        0.75,
        0.25,
        -0.25,
        -0.75,
        -1,
        -1,
    ]
    assert (
        upper[:, 0].tolist() == [-0.75, -0.25, 0.25, 0.75, 1, 1, 1, 1]
        and lower[:, 3].tolist() == upper[:, 3].flip(0).tolist()
    )
    inside = torch.stack([left, upper, right, lower]).amin(0) > 0
    assert inside.nonzero().tolist() == [[row, column] for row in range(2, 6) for column in range(4)]
    assert box_maps(torch.tensor([[0.5, 0.5, 0.5, 0.5]]), 4).isfinite().all()


def test_the_head_of_the_shipped_nano_takes_at_most_440_kb(tmp_path):
    from transformers import AutoConfig

    from radgrounder.masks.storage import WEIGHTS, save_head
    from tests.fixtures.paths import ROOT

    save_head(MaskHead(MaskShape.of(AutoConfig.from_pretrained(ROOT / "sft/bases/nano"))), tmp_path)
    assert (tmp_path / WEIGHTS).stat().st_size <= 440_000
