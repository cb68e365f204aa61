"""The codec learns, its book follows the vectors, and it is read back as it was."""

import numpy as np
import pytest
import torch

from radgrounder.masks.codec import CODES
from radgrounder.masks.codec_training import fit, follow, load_codec, round_trip_iou, save_codec, structures_of
from tests.fixtures.mask_rows import mask_row


@pytest.fixture(scope="module")
def shown():
    return structures_of(mask_row(seed) for seed in range(4))


def test_structures_have_the_boxes_of_the_markup(shown):
    assert shown.masks.shape == (12, 224, 224) and shown.boxes.shape == (12, 4)
    assert torch.equal((shown.boxes * 512).round(), shown.boxes * 512)
    with pytest.raises(ValueError, match="No row shows a structure"):
        structures_of([])


def test_a_short_lesson_keeps_the_masks(shown, tmp_path):
    codec = fit(shown, steps=24)
    before, after = round_trip_iou(fit(shown, steps=1), shown), round_trip_iou(codec, shown)
    assert after.mean() > max(0.6, before.mean())
    save_codec(codec, tmp_path / "codec.safetensors")
    assert np.abs(round_trip_iou(load_codec(tmp_path / "codec.safetensors"), shown) - after).max() < 0.05


def test_codes_move_to_the_mean_of_their_vectors_and_unused_ones_start_anew():
    torch.manual_seed(0)
    book, counts, vectors = torch.zeros(CODES, 2), torch.ones(CODES), torch.tensor([[1.0, 3.0], [3.0, 5.0]])
    sums = torch.zeros(CODES, 2)
    for _ in range(400):
        follow(book, counts, sums, vectors, torch.tensor([7, 7]))
    assert torch.allclose(book[7], torch.tensor([2.0, 4.0]), atol=1e-3)
    others = torch.cat([book[:7], book[8:]])
    assert ((others - vectors[0]).abs().sum(1) < 1e-4).logical_or((others - vectors[1]).abs().sum(1) < 1e-4).all()
