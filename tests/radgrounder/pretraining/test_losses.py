"""The loss of answers: words by cross-entropy, coordinates by how far they are off."""

import pytest
import torch

from radgrounder.models.nano import build_model, build_processor, location_ids
from radgrounder.pretraining.batches import encode_single, image_prefix
from radgrounder.pretraining.losses import EXPECTED_WEIGHT, CoordinateTargets, conversation_loss, soft_coordinates
from tests.fixtures.tiny_models import SIZE, TEXTS, picture, turns

PROCESSOR = build_processor(TEXTS, SIZE)


class Outputs:
    def __init__(self, hidden):
        self.last_hidden_state = hidden


class Fixed(torch.nn.Module):
    """A model of one answer token whose logits are given."""

    def __init__(self, logits):
        super().__init__()
        self.logits = logits

    def model(self, **_):
        return Outputs(self.logits[None, None].repeat(1, 2, 1))

    def lm_head(self, hidden):
        return hidden


def loss_of(logits, token, targets):
    return float(conversation_loss(Fixed(logits), {"labels": torch.tensor([[-100, token]])}, targets)[0])


def test_a_soft_target_is_a_distribution_around_its_bin():
    targets = soft_coordinates(PROCESSOR, sigma=2.0)
    assert torch.equal(targets.ids, location_ids(PROCESSOR))
    assert torch.allclose(targets.soft.sum(-1), torch.ones(513))
    assert targets.soft.argmax(-1).tolist() == list(range(513)) and targets.soft[100, 102] > targets.soft[100, 105]


def test_a_word_costs_its_cross_entropy():
    targets = CoordinateTargets(torch.tensor([2, 3, 4]), torch.eye(3))
    logits = torch.tensor([1.0, 0.0, 0.0, 0.0, 0.0])
    assert loss_of(logits, 0, targets) == pytest.approx(float(-torch.log_softmax(logits, -1)[0]))


def test_a_coordinate_costs_its_distance_too():
    targets = CoordinateTargets(torch.tensor([2, 3, 4]), torch.eye(3))
    logits = torch.tensor([-50.0, -50.0, 0.0, -50.0, -50.0])  # says the first bin for sure
    assert loss_of(logits, 2, targets) == pytest.approx(0, abs=1e-6)
    near, far = loss_of(logits, 3, targets), loss_of(logits, 4, targets)
    assert far - near == pytest.approx(EXPECTED_WEIGHT * 0.5, abs=1e-4)


def test_prompts_and_images_are_not_trained():
    model = build_model(PROCESSOR, SIZE, seed=1).eval()
    batch = encode_single(PROCESSOR.tokenizer, image_prefix(PROCESSOR, SIZE), turns(0))
    batch["pixel_values"] = PROCESSOR.image_processor([picture()] * 4, return_tensors="pt")["pixel_values"]
    silent = {**batch, "labels": batch["labels"].clone()}
    silent["labels"][1:] = -100
    targets = soft_coordinates(PROCESSOR, 2.0)
    with torch.no_grad():
        alone = {name: value[:1] for name, value in batch.items()}
        first = conversation_loss(model, alone, targets)[0]
        assert float(conversation_loss(model, silent, targets)[0]) == pytest.approx(float(first), rel=1e-5)
