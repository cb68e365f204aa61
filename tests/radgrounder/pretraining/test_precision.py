"""Faster ways to compute a step give the same step: fused attention to the last digits, bfloat16 to two."""

import pytest
import torch

from radgrounder.models.nano import build_model, build_processor
from radgrounder.pretraining.batches import encode_branches, encode_single, image_prefix
from radgrounder.pretraining.losses import conversation_loss, soft_coordinates
from radgrounder.pretraining.precision import computing, quick_attention
from tests.fixtures.tiny_models import SIZE, TEXTS, picture, turns

PROCESSOR = build_processor(TEXTS, SIZE)
PREFIX = image_prefix(PROCESSOR, SIZE)
BATCHES = {
    "single": encode_single(PROCESSOR.tokenizer, PREFIX, turns(0)[:2]),
    "packed": encode_branches(PROCESSOR.tokenizer, PREFIX, [turns(0), turns(1)], 80),
}


def gradients(model, name, precision="float32"):
    batch = {
        **BATCHES[name],
        "pixel_values": PROCESSOR.image_processor([picture(), picture(1)], return_tensors="pt")["pixel_values"],
    }
    model.zero_grad()
    loss, _ = conversation_loss(model, batch, soft_coordinates(PROCESSOR, 2.0), precision)
    loss.backward()
    return float(loss.detach()), torch.cat([p.grad.flatten() for p in model.parameters() if p.grad is not None])


@pytest.mark.parametrize("name", BATCHES)
def test_fused_attention_is_attention(name):
    model = build_model(PROCESSOR, SIZE, seed=1).train()
    loss, wanted = gradients(model, name)
    with quick_attention(model):
        quick, found = gradients(model, name)
    assert quick == pytest.approx(loss, rel=1e-6) and torch.allclose(found, wanted, atol=1e-5)


@pytest.mark.parametrize("name", BATCHES)
def test_bfloat16_goes_the_same_way(name):
    model = build_model(PROCESSOR, SIZE, seed=1).train()
    loss, wanted = gradients(model, name)
    with quick_attention(model):
        near, found = gradients(model, name, "bfloat16")
    assert near == pytest.approx(loss, rel=1e-2) and found.dtype == torch.float32
    assert float(torch.nn.functional.cosine_similarity(found, wanted, dim=0)) > 0.999
    assert not torch.equal(found, wanted)


def test_the_model_attends_as_before_afterwards():
    model = build_model(PROCESSOR, SIZE, seed=1)
    before = model.config.text_config._attn_implementation
    with pytest.raises(KeyboardInterrupt), quick_attention(model):
        assert model.config.text_config._attn_implementation != before
        raise KeyboardInterrupt
    assert model.config.text_config._attn_implementation == before


def test_a_model_that_caps_its_scores_is_refused():
    model = build_model(PROCESSOR, SIZE, seed=1)
    model.config.text_config.attn_logit_softcapping = 50.0
    with pytest.raises(ValueError, match="caps its attention"), quick_attention(model):
        pass


def test_an_unknown_precision_is_refused():
    with pytest.raises(ValueError, match="'half'.*float32, bfloat16"):
        computing("half")
