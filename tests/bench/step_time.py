"""How long a step of a recipe takes with random weights: `python -m tests.bench.step_time --gpu h100`, for who has a GPU.

The recipe says what is trained, in which numbers and batches; the model has the shape of PaliGemma 2 3B on CUDA and a
small one elsewhere. The same answers are timed packed, an image and its answers one sample, and one by one. Prints
seconds, answers a second, the share of the GPU's peak that this is (what `radgrounder plan --utilisation` asks for) and
the peak of the memory beside the plan's estimate, as JSON. No weights and no data are needed.
"""

import argparse
import json
import time
from contextlib import nullcontext
from pathlib import Path
from types import SimpleNamespace

import torch
from peft import LoraConfig, get_peft_model
from transformers import PaliGemmaConfig, PaliGemmaForConditionalGeneration
from transformers.optimization import Adafactor
from trl.trainer.utils import add_fused_lm_head

from radgrounder.models.branches import image_attention, join, to_batch
from radgrounder.training.cost import Precision, Sample, Trained, memory, sample_flops
from radgrounder.training.plan import GPUS
from radgrounder.training.recipe import BYTES, Recipe, read_recipe
from radgrounder.training.shape import Shape, large_config, lora_weights, shape_of
from tests.fixtures.paths import ROOT

RECIPE = ROOT / "sft" / "recipes" / "paligemma2-3b" / "packed-24gb.yaml"


def small_config() -> PaliGemmaConfig:
    """The same architecture for a CPU: 64 image tokens, width 256, 4 + 4 layers, 4,096 tokens."""
    config = large_config().to_dict()
    vision = config["vision_config"] | {"hidden_size": 256, "intermediate_size": 1024, "num_hidden_layers": 4,
                                        "num_attention_heads": 4, "image_size": 112}  # fmt: skip
    text = {
        "model_type": "gemma2", "hidden_size": 256, "intermediate_size": 1024, "num_hidden_layers": 4,
        "num_attention_heads": 4, "num_key_value_heads": 2, "head_dim": 64, "vocab_size": 4096,
        "tie_word_embeddings": True,
    }  # fmt: skip
    return PaliGemmaConfig(
        vision_config=vision, text_config=text, projection_dim=256, image_token_index=4095, tie_word_embeddings=True
    )


def build(config: PaliGemmaConfig, recipe: Recipe, device: str) -> torch.nn.Module:
    """Random weights as the recipe holds and trains them."""
    torch.manual_seed(0)
    with torch.device(device):
        model = PaliGemmaForConditionalGeneration(config).to(getattr(torch, recipe.dtype)).train()
    add_fused_lm_head(model)
    if recipe.frozen_tower:
        model.model.vision_tower.requires_grad_(False)
    if recipe.lora_rank:
        [targets] = recipe.lora_targets
        model = get_peft_model(model, LoraConfig(r=recipe.lora_rank, target_modules=targets))
    if recipe.checkpointing:
        model.gradient_checkpointing_enable({"use_reentrant": False})
        if recipe.lora_rank:
            model.enable_input_require_grads()
    return model


def make_batch(config: PaliGemmaConfig, given, answers: int, samples: int, device: str, dtype: torch.dtype) -> dict:
    """Samples with so many answers each: random tokens behind an image, only those of answers are supervised."""
    image, last = shape_of(config).image_tokens, config.image_token_index
    text = torch.randint(5, 4000, (samples, answers, given.prompt_tokens + given.answer_tokens)).tolist()
    supervised = [0] * (image + 1 + given.prompt_tokens) + [1] * given.answer_tokens
    sequences = [join([([last] * image + [2, *own], supervised) for own in of_image], image + 1) for of_image in text]
    side = config.vision_config.image_size
    batch = to_batch(sequences, image_attention(last), pad_token=0, dtype=dtype)
    batch["pixel_values"] = torch.rand(samples, 3, side, side, dtype=dtype)
    return {name: value.to(device) for name, value in batch.items()}


def seconds_a_step(model: torch.nn.Module, batch: dict, recipe: Recipe, steps: int, device: str) -> float:
    """The median of so many steps of forward, backward and optimizer, after two to warm up."""
    trained = [p for p in model.parameters() if p.requires_grad]
    if recipe.optimizer == "adafactor":
        optimizer = Adafactor(trained, lr=recipe.rate, scale_parameter=False, relative_step=False)
    else:
        optimizer = torch.optim.AdamW(trained, lr=recipe.rate, weight_decay=0.0)
    wait = torch.cuda.synchronize if device == "cuda" else lambda: None
    autocast = torch.autocast(device, torch.bfloat16) if recipe.autocast and device == "cuda" else nullcontext()
    times = []
    for _ in range(steps + 2):
        wait()
        began = time.perf_counter()
        with autocast:
            loss = model(**batch, fused_lm_head=True).loss
        loss.backward()
        optimizer.step()
        optimizer.zero_grad()
        wait()
        times.append(time.perf_counter() - began)
    return sorted(times[2:])[steps // 2]


def measure(config: PaliGemmaConfig, recipe: Recipe, given: SimpleNamespace, device: str) -> dict:
    """Figures packed and one by one; a step has about as many tokens in both."""
    shape, found = shape_of(config), {}
    a_turn, prefix = given.prompt_tokens + given.answer_tokens, shape.image_tokens + 1
    for name, answers in (("packed", given.answers), ("single", 1)):
        samples = recipe.batch * (prefix + given.answers * a_turn) // (prefix + answers * a_turn)
        model = build(config, recipe, device)
        batch = make_batch(config, given, answers, samples, device, next(model.parameters()).dtype)
        if device == "cuda":
            torch.cuda.reset_peak_memory_stats()
        seconds = seconds_a_step(model, batch, recipe, given.steps, device)
        found[name] = {"samples": samples, "seconds a step": seconds, "answers a second": samples * answers / seconds}
        found[name] |= figures(shape, recipe, given, answers, samples, seconds)
        if device == "cuda":
            found[name]["memory, GB"] = torch.cuda.max_memory_allocated() / 1e9
        del model, batch
    found["packed / single"] = found["packed"]["answers a second"] / found["single"]["answers a second"]
    return found


def figures(shape: Shape, recipe: Recipe, given, answers: int, samples: int, seconds: float) -> dict[str, float]:
    """Operations a second, their share of a named GPU's peak, and the memory that the plan expects."""
    adapter = lora_weights(shape, recipe.lora_rank, recipe.lora_targets) if recipe.lora_rank else None
    trained = Trained(adapter, recipe.frozen_tower, recipe.checkpointing)
    text = 1 + answers * (given.prompt_tokens + given.answer_tokens)
    sample = Sample(shape.image_tokens, text, answers * given.answer_tokens)
    speed = samples * sum(sample_flops(shape, sample, trained).values()) / seconds
    precision = Precision(BYTES[recipe.dtype], 2 if recipe.autocast else BYTES[recipe.dtype])
    held = memory(shape, sample, trained, batch=samples, precision=precision, optimizer=recipe.optimizer)
    share = {"share of the peak": speed / GPUS[given.gpu].peak} if given.gpu else {}
    return {"operations a second": speed, **share, "memory, GB by the plan": sum(held.values()) / 1e9}


def main() -> None:
    """Read the arguments, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--recipe", type=Path, default=RECIPE)
    parser.add_argument("--gpu", choices=GPUS, help="whose peak the speed is compared with")
    parser.add_argument("--device", choices=("cuda", "cpu"), default="cuda" if torch.cuda.is_available() else "cpu")
    parser.add_argument("--answers", type=int, default=10)
    parser.add_argument("--prompt-tokens", type=int, default=20)
    parser.add_argument("--answer-tokens", type=int, default=30)
    parser.add_argument("--steps", type=int, default=10)
    given = parser.parse_args()
    config = large_config() if given.device == "cuda" else small_config()
    found = measure(config, read_recipe(given.recipe), given, given.device)
    device = torch.cuda.get_device_name() if given.device == "cuda" else "cpu, small shape"
    print(json.dumps({"device": device, "recipe": given.recipe.stem, **found}, indent=2))


if __name__ == "__main__":
    main()
