"""The arithmetic of a step against torch's own count of operations, and memory that grows with what it holds."""

from copy import deepcopy
from dataclasses import replace

import pytest
import torch
from peft import LoraConfig, get_peft_model, inject_adapter_in_model
from torch.utils.flop_counter import FlopCounterMode
from transformers import GemmaConfig, PaliGemmaForConditionalGeneration
from transformers.models.gemma.modeling_gemma import GemmaDecoderLayer
from transformers.models.gemma2.modeling_gemma2 import Gemma2DecoderLayer, Gemma2PreTrainedModel, Gemma2RotaryEmbedding
from transformers.models.siglip.modeling_siglip import SiglipEncoderLayer

from radgrounder.models.nano import NanoSize, build_model, build_processor
from radgrounder.training.cost import (
    DROPPED,
    Precision,
    Sample,
    Trained,
    forward_flops,
    kept_bytes,
    memory,
    sample_flops,
)
from radgrounder.training.shape import Adapted, Transformer, large_config, lora_weights, shape_of
from tests.fixtures.tiny_models import TEXTS

SIZE = NanoSize(image=64, patch=8, width=64, tower_layers=3, decoder_layers=4, heads=4, vocabulary=420)
TEXT = 70
LANGUAGE = r".*language_model.*\.(q_proj|k_proj|v_proj|o_proj|gate_proj|up_proj|down_proj)"
WHOLE = r".*\.(q_proj|k_proj|v_proj|o_proj|out_proj|gate_proj|up_proj|down_proj|fc1|fc2)"
LARGE = shape_of(large_config())
PACKED = Sample(256, 501, 200)
FULL32 = Precision(weights=4, compute=2)
HALF = Precision(weights=2, compute=2)
SINGLE = Precision(weights=4, compute=4)
GEMMA = {
    "hidden_size": 256,
    "intermediate_size": 1024,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "head_dim": 64,
}
PARTS = [f"{name}_proj" for name in ("q", "k", "v", "o", "gate", "up", "down")]
TOKENS = 120  # no side of a weight


@pytest.fixture(scope="module")
def base():
    processor = build_processor(TEXTS, SIZE)
    config = build_model(processor, SIZE, 0).config
    config._attn_implementation = "eager"  # its matrices are multiplied where the counter sees them
    return config, processor.image_token_id


def counted(base, targets, frozen, checkpointing):
    """Operations of forward and backward with the model's own head: of TRL's, the counter misses in-place products."""
    config, image_token = base
    model = PaliGemmaForConditionalGeneration(config).train()
    if frozen:
        model.model.vision_tower.requires_grad_(False)
    if targets:
        model = get_peft_model(model, LoraConfig(r=8, target_modules=targets))
    if checkpointing:
        model.gradient_checkpointing_enable({"use_reentrant": False})
        if targets:
            model.enable_input_require_grads()
    ids = torch.cat([torch.full((1, SIZE.image_tokens), image_token), torch.randint(5, 200, (1, TEXT))], dim=1)
    batch = {"pixel_values": torch.rand(1, 3, SIZE.image, SIZE.image), "token_type_ids": (ids != image_token).long()}
    with FlopCounterMode(display=False) as counter:
        model(
            input_ids=ids, attention_mask=torch.ones_like(ids), labels=ids, fused_lm_head=True, **batch
        ).loss.backward()
    return counter.get_total_flops()


@pytest.mark.parametrize("checkpointing", [True, False])
@pytest.mark.parametrize(
    ("targets", "frozen"), [(None, False), (None, True), (LANGUAGE, False), (WHOLE, False)],
    ids=["all weights", "frozen tower", "adapter of the decoder", "adapter of both"],
)  # fmt: skip
def test_operations_are_those_that_torch_counts(base, targets, frozen, checkpointing):
    shape = shape_of(base[0])
    adapter = lora_weights(shape, 8, [targets]) if targets else None
    sample = Sample(SIZE.image_tokens, TEXT, 0)
    body = sum(sample_flops(shape, sample, Trained(adapter, frozen, checkpointing)).values())
    head = 2 * shape.embedding * sample.length * (2 if adapter else 3)
    assert body > head  # what is compared is mostly ours
    assert body + head == pytest.approx(counted(base, targets, frozen, checkpointing), rel=0.05)


def test_a_forward_pass_is_what_torch_counts(base):
    config, image_token = base
    model = PaliGemmaForConditionalGeneration(config).eval()
    ids = torch.cat([torch.full((1, SIZE.image_tokens), image_token), torch.randint(5, 200, (1, TEXT))], dim=1)
    with torch.no_grad(), FlopCounterMode(display=False) as counter:
        model(input_ids=ids, pixel_values=torch.rand(1, 3, SIZE.image, SIZE.image), token_type_ids=torch.ones_like(ids))
    sample = Sample(SIZE.image_tokens, TEXT, SIZE.image_tokens + TEXT)
    assert forward_flops(shape_of(config), sample) == pytest.approx(counter.get_total_flops(), rel=0.05)


def test_the_large_model_costs_about_six_operations_a_weight_and_token():
    flops = sample_flops(LARGE, PACKED, Trained(frozen_tower=True, checkpointing=False))
    assert flops["decoder"] == 6 * LARGE.decoder.multiplied * PACKED.length
    assert flops["tower"] < 0.1 * sum(flops.values()) and flops["attention"] < 0.1 * sum(flops.values())


def test_one_sample_with_ten_answers_costs_a_third_of_ten():
    together = sum(sample_flops(LARGE, Sample(256, 501, 200), Trained()).values())
    apart = 10 * sum(sample_flops(LARGE, Sample(256, 51, 20), Trained()).values())
    assert 3 < apart / together < 5


def test_an_adapter_saves_the_gradients_of_weights():
    adapter = lora_weights(LARGE, 16, [LANGUAGE])
    assert Trained(adapter).count(LARGE) == adapter.decoder < 0.01 * LARGE.parameters
    assert Trained(frozen_tower=True).count(LARGE) == LARGE.parameters - LARGE.tower_parameters
    whole, part = (sum(sample_flops(LARGE, PACKED, trained).values()) for trained in (Trained(), Trained(adapter)))
    assert 0.65 < part / whole < 0.85


def held(trained=None, *, batch=1, precision=FULL32, optimizer="adafactor"):
    trained = trained or Trained()
    return memory(LARGE, PACKED, trained, batch=batch, precision=precision, optimizer=optimizer)


def test_memory_of_weights_gradients_and_states_is_counted_in_bytes():
    parts, count = held(optimizer="adamw_torch_fused"), LARGE.parameters
    assert (parts["weights"], parts["gradients"], parts["optimizer"]) == (4 * count, 4 * count, 8 * count)
    half = held(precision=HALF, optimizer="adamw_torch_fused")
    assert (half["weights"], half["copies"], half["optimizer"]) == (2 * count, 0, 4 * count)


def test_an_adapter_is_held_in_float32_beside_half_weights():
    adapter = Adapted(0, 0, 1000)
    parts = held(Trained(adapter), precision=HALF, optimizer="adamw_torch_fused")
    assert parts["weights"] == 2 * LARGE.parameters + 4000
    assert (parts["gradients"], parts["optimizer"], parts["copies"]) == (4000, 8000, 0)


def test_activations_grow_with_the_batch_and_shrink_with_checkpointing():
    one, eight = held(), held(batch=8)
    assert eight["activations"] == 8 * one["activations"] and eight["weights"] == one["weights"]
    assert held(replace(Trained(), checkpointing=False))["activations"] > 5 * one["activations"]
    assert held(Trained(frozen_tower=True))["gradients"] < one["gradients"]


def test_an_unknown_optimizer_is_refused_with_the_choices():
    with pytest.raises(ValueError, match="Unknown optimizer 'lomo'. Choose from adafactor, sgd"):
        held(optimizer="lomo")


def layer_of(kind):
    """A layer as the recipes run it (Gemma 2's attention is eager, the others' sdpa), and its shape."""
    if kind == "siglip":
        config = deepcopy(large_config().vision_config)
        config.update({"hidden_size": 256, "intermediate_size": 1024, "num_attention_heads": 4})
        config._attn_implementation = "sdpa"
        return SiglipEncoderLayer(config), config, Transformer(1, 256, 4, 4, 64, 1024, False, 4, True)
    if kind == "gemma":
        config = GemmaConfig(**GEMMA, num_hidden_layers=1)
        config._attn_implementation = "sdpa"
        return GemmaDecoderLayer(config, 0), config, Transformer(1, 256, 4, 2, 64, 1024, True, 2, False)
    config = deepcopy(large_config().text_config)
    config.update(GEMMA)
    config._attn_implementation = "eager"
    return Gemma2DecoderLayer(config, 0), config, Transformer(1, 256, 4, 2, 64, 1024, True, 4, False, capped=True)


def kept_by_torch(layer, config, kind, precision):
    """Bytes of what autograd saves, each storage once, without weights, their casts, rotations and masks."""
    number = torch.float32 if precision.weights == 4 else torch.bfloat16
    stream, saved = torch.randn(1, TOKENS, 256, dtype=number, requires_grad=True) * 1, {}
    more = {"attention_mask": None}
    if kind != "siglip":
        turns = Gemma2RotaryEmbedding(config)(stream, torch.arange(TOKENS)[None])
        more = {"position_embeddings": turns, "attention_mask": torch.zeros(1, 1, TOKENS, TOKENS, dtype=number)}
    others = {(1, 1, TOKENS, TOKENS), (1, 1, TOKENS, 64)}
    others |= {shape for p in layer.parameters() for shape in (tuple(p.shape), tuple(p.shape[::-1]))}

    def keep(tensor):
        if tuple(tensor.shape) not in others:
            saved[tensor.untyped_storage().data_ptr()] = tensor
        return tensor

    with (
        torch.autograd.graph.saved_tensors_hooks(keep, lambda tensor: tensor),
        torch.autocast("cpu", torch.bfloat16, enabled=precision.compute == 2),
    ):
        out = layer(stream, **more)
    assert (out[0] if isinstance(out, tuple) else out).dtype == number  # what a checkpointed layer keeps
    return sum(tensor.untyped_storage().nbytes() for tensor in saved.values())


@pytest.mark.parametrize("precision", [FULL32, HALF, SINGLE], ids=["float32 masters", "bfloat16", "float32"])
@pytest.mark.parametrize("kind", ["gemma2", "gemma", "siglip"])
def test_a_layer_keeps_what_torch_saves(kind, precision):
    layer, config, shape = layer_of(kind)
    layer = layer.to(torch.float32 if precision.weights == 4 else torch.bfloat16).train()
    found = kept_by_torch(layer, config, kind, precision)
    assert kept_bytes(shape, TOKENS, "all", False, precision) == pytest.approx(found, rel=0.02)


def test_a_layer_with_an_adapter_keeps_what_torch_saves():
    layer, config, shape = layer_of("gemma2")
    layer = inject_adapter_in_model(LoraConfig(r=4, target_modules=PARTS), layer.requires_grad_(False))
    for name, weight in layer.named_parameters():
        weight.data = weight.data.to(torch.float32 if "lora_" in name else torch.bfloat16)
    read = sum(shape.matrices[name][0] for name in shape.matrices)
    found = kept_by_torch(layer.train(), config, "gemma2", HALF)
    kept = kept_bytes(shape, TOKENS, "adapter", False, HALF, read)
    assert kept - DROPPED * read * TOKENS == pytest.approx(found, rel=0.02)  # here without dropout


def test_gemma_2_alone_keeps_the_scores_of_attention():
    assert LARGE.decoder.capped and not LARGE.tower.capped
    assert not Gemma2PreTrainedModel._supports_sdpa
    one, two = (kept_bytes(LARGE.decoder, tokens, "all", False, FULL32) / 26 for tokens in (757, 2 * 757))
    assert two - 2 * one == 2 * 757**2 * 8 * (4 + 2 + 2)


def test_checkpointed_layers_keep_their_input_as_wide_as_weights_are():
    many, few = (replace(LARGE.decoder, layers=layers) for layers in (26, 1))
    for precision in (FULL32, HALF):
        more = kept_bytes(many, 757, "all", True, precision) - kept_bytes(few, 757, "all", True, precision)
        assert more == 25 * precision.weights * 757 * 2304
