"""What a step of each lesson of pretraining costs, by precision: `python -m tests.bench.pretraining`.

CPU seconds of one thread, forward and backward of the same batches; `float32, step by step` is attention as
transformers has it. Ratios hold on one machine only: bfloat16 needs a CPU that has it.
"""

import sys
import tempfile
import time
from contextlib import nullcontext
from pathlib import Path

import torch

from radgrounder.models.nano import NanoSize, build_model, build_processor
from radgrounder.pretraining.batches import Batches
from radgrounder.pretraining.losses import conversation_loss, soft_coordinates
from radgrounder.pretraining.plan import Plan
from radgrounder.pretraining.pool import draw_pool
from radgrounder.pretraining.precision import computing, quick_attention
from radgrounder.pretraining.pretrain import corpus

SIZE = NanoSize(image=144, patch=12, width=160, tower_layers=6, decoder_layers=4)
SLICES, STEPS = 64, 4
WAYS = (("float32, step by step", "float32", False), ("float32", "float32", True), ("bfloat16", "bfloat16", True))


def main() -> None:
    """Print a line for each lesson and way."""
    torch.set_num_threads(1)
    plan = Plan(pool=SLICES)
    with tempfile.TemporaryDirectory() as folder:
        slices = draw_pool(
            Path(folder), range(SLICES), sites=plan.sites, size=SIZE.image, regions=plan.regions, workers=1
        )
    processor = build_processor(corpus(slices), SIZE)
    model, batches = build_model(processor, SIZE, 0).train(), Batches(processor, SIZE, slices, plan)
    targets = soft_coordinates(processor, plan.coordinate_sigma)

    def tower(batch, precision):
        with computing(precision):
            hidden = model.model.vision_tower(pixel_values=batch["pixel_values"]).last_hidden_state
            return model.model.multi_modal_projector(hidden).float().square().mean()

    def words(batch, precision):
        inputs = {name: value for name, value in batch.items() if name != "dense"}
        return conversation_loss(model, inputs, targets, precision)[0]

    print(f"{'lesson':10}{'precision':24}CPU seconds a step")
    for lesson, batch_of, loss in (
        ("tower", batches.tower, tower),
        ("packed", batches.packed, words),
        ("single", batches.single, words),
    ):
        drawn = [batch_of(step) for step in range(STEPS)]
        for name, precision, quick in WAYS:
            with quick_attention(model) if quick else nullcontext():
                loss(drawn[0], precision).backward()
                began = time.process_time()
                for batch in drawn:
                    loss(batch, precision).backward()
            print(f"{lesson:10}{name:24}{(time.process_time() - began) / STEPS:.2f}", flush=True)


if __name__ == "__main__":
    sys.exit(main())
