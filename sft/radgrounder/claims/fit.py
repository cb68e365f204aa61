"""One run of an arm: from its base on, a picture and its answers as one sequence, all weights, as in pretraining.

>>> fit(examples, build / "seed0" / "model", base=base, steps=80, batch=8, seed=0)

The loop is that of `pretraining`, not a recipe of TRL: Muon, coordinates with a soft target, quick attention. Dozens of
runs have to be made on one core, and the rule is the same for every arm.
"""

import shutil
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch
from transformers import PaliGemmaForConditionalGeneration, PaliGemmaProcessor

from radgrounder.models.release import MASK_CODEC, load_model, save_stock
from radgrounder.pretraining.batches import encode_branches, to_pixel_values
from radgrounder.pretraining.losses import conversation_loss, soft_coordinates
from radgrounder.pretraining.optimizer import Optimizer
from radgrounder.pretraining.precision import quick_attention
from radgrounder.pretraining.turns import Turn, order_turns

RATE, WARMUP, FALL = 1e-3, 10, 0.6  # peak learning rate; steps up to it; share of the steps in which it falls
BUDGET = 200  # tokens of questions and answers behind a picture
SIGMA = 4.0  # of a coordinate's soft target, in bins
SHARES = {"report": 0.3, "locate": 0.3, "absent": 0.05, "question": 0.35}  # of the answers, where a picture has all


class Example(NamedTuple):
    """`image` (S, S, 3) uint8 at the size of the base, and all that is asked about it."""

    image: np.ndarray
    turns: Sequence[Turn]


def fit(
    examples: Sequence[Example],
    out: Path,
    *,
    base: Path,
    steps: int,
    batch: int,
    seed: int,
    precision: str = "bfloat16",
    codec: Path | None = None,
) -> None:
    """Train on the examples, in an order that the seed draws, and write OUT, a stock folder, with the codec of masks
    if there is one."""
    torch.manual_seed(seed)
    rng = np.random.default_rng([seed, 47])
    processor: Any = PaliGemmaProcessor.from_pretrained(base)
    model: Any = load_model(str(base))
    coordinates = soft_coordinates(processor, SIGMA)
    optimizer = Optimizer(torch.nn.ModuleDict({"model": model}))
    order = draw_order(len(examples), steps * batch, rng)
    prefix = image_prefix(processor)
    model.train()
    with quick_attention(model):
        for step in range(steps):
            chosen = [examples[n] for n in order[step * batch : (step + 1) * batch]]
            turns = [order_turns(one.turns, rng, SHARES) for one in chosen]
            words = encode_branches(processor.tokenizer, prefix, turns, BUDGET)
            pictures = to_pixel_values([one.image for one in chosen])
            loss, _ = conversation_loss(model, {**words, "pixel_values": pictures}, coordinates, precision)
            optimizer.descend(loss, rate_at(step, steps))
    write_model(model.eval(), processor, out, codec)


def image_prefix(processor: PaliGemmaProcessor) -> list[int]:
    """The token ids that stand before every prompt."""
    count = processor.image_processor.image_seq_length
    return [processor.image_token_id] * count + [processor.tokenizer.bos_token_id]


def draw_order(examples: int, count: int, rng: np.random.Generator) -> list[int]:
    """`count` numbers of examples, all of them once before one comes again."""
    rounds = -(-count // examples)
    return [int(n) for _ in range(rounds) for n in rng.permutation(examples)][:count]


def rate_at(step: int, steps: int) -> float:
    """The learning rate of a step: linear up, constant, linear down."""
    return RATE * min(1.0, (step + 1) / WARMUP, max(0.02, (1 - step / steps) / FALL))


def write_model(model: PaliGemmaForConditionalGeneration, processor: Any, out: Path, codec: Path | None) -> None:
    """A stock folder, renamed into place when whole; the codec of masks beside it."""
    whole = out.with_name(f"{out.name}.made")
    shutil.rmtree(whole, ignore_errors=True)
    save_stock(model, processor, whole)
    if codec:
        shutil.copy(codec, whole / MASK_CODEC)
    whole.rename(out)
