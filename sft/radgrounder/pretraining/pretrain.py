"""Pretrain the nano from scratch on phantom slices: `python -m radgrounder.pretraining.pretrain OUT`.

First the vision tower alone learns, patch by patch, which class it sees and where that class's box is (`dense`); then
the whole model learns the conversations of `refrad2d.conversations`, coordinates with a soft target: many questions
behind one image first, single turns at the end, the dense lesson beside them.
Every stage goes on from its last checkpoint; the same arguments give the same order of samples.
"""

import argparse
import json
import logging
import shutil
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from transformers import PaliGemmaForConditionalGeneration, PaliGemmaProcessor

from radgrounder.models import fingerprint
from radgrounder.models.nano import NanoSize, build_model, build_processor
from radgrounder.models.release import save_stock
from radgrounder.pretraining.dense import DenseHead, cover, draw_lesson
from radgrounder.pretraining.losses import Targets, conversation_loss, soft_coordinates
from radgrounder.pretraining.pool import PhantomSlice, draw_pool
from radgrounder.pretraining.turns import draw_turn, order_turns
from radgrounder.training.branches import encode_branches
from refrad2d.labels import labels

_log = logging.getLogger("radgrounder.pretraining.pretrain")
CHECK_EVERY = 250  # steps between checkpoints
LOG_EVERY = 100

Draw = Callable[[int], dict[str, Any]]


@dataclass(frozen=True)
class Plan:
    """How to pretrain."""

    init: str = ""  # a base to go on from, with its tokenizer; its shape is kept
    sites: tuple[str, ...] = ("A",)
    regions: tuple[str, ...] = ("abdomen_ct",)
    seed: int = 0
    pool: int = 16384  # slices, eight of a patient
    tower_steps: int = 2500
    packed_steps: int = 4000
    packed_images: int = 10
    packed_budget: int = 320  # tokens of questions and answers behind each image
    steps: int = 2400
    batch: int = 32  # of the tower
    single_batch: int = 16
    tower_rate: float = 3e-3
    rate: float = 2e-3
    single_rate: float = 8e-4
    locate_share: float = 0.35  # of the answers, where an image has all three tasks; the rest are questions
    report_share: float = 0.4
    dense_weight: float = 1.0  # of the dense lesson beside conversations
    coordinate_sigma: float = 4.0  # bins
    workers: int = 2
    threads: int = 2

    @property
    def shares(self) -> dict[str, float]:
        """By task."""
        rest = 1 - self.locate_share - self.report_share
        return {"locate": self.locate_share, "report": self.report_share, "question": rest}


def pretrain(out: Path, size: NanoSize, plan: Plan, pool_folder: Path | None = None) -> None:
    """Write a stock PaliGemma folder to `out`; pool and checkpoints lie in `<out>.run` until it is whole, the pool in
    `pool_folder` where that is given, so that another run of the same seed need not draw it again."""
    torch.set_num_threads(plan.threads)
    run = out.with_name(out.name + ".run")
    run.mkdir(parents=True, exist_ok=True)
    first = (plan.seed + 1) * 10_000_000
    slices = draw_pool(
        pool_folder or run / "pool", range(first, first + plan.pool),
        sites=plan.sites, size=size.image, regions=plan.regions, workers=plan.workers,
    )  # fmt: skip
    if not (run / "processor").exists():
        made = PaliGemmaProcessor.from_pretrained(plan.init) if plan.init else build_processor(corpus(slices), size)
        made.save_pretrained(run / "processor.tmp")
        (run / "processor.tmp").rename(run / "processor")
    processor = PaliGemmaProcessor.from_pretrained(run / "processor")
    if plan.init:
        model = PaliGemmaForConditionalGeneration.from_pretrained(plan.init, dtype=torch.float32)
    else:
        model = build_model(processor, size, plan.seed)
    count = sum(p.numel() for p in model.parameters())
    _log.info("%d slices, %.2f M parameters, %d tokens", len(slices), count / 1e6, len(processor.tokenizer))
    batches = Batches(processor, size, slices)
    targets = soft_coordinates(processor, plan.coordinate_sigma)
    head = DenseHead(size.width)

    def dense(step: int) -> dict[str, Any]:
        rng = np.random.default_rng([plan.seed, 1, step])
        return batches.encode_images(rng.integers(len(slices), size=plan.batch), rng)

    def packed(step: int) -> dict[str, Any]:
        rng = np.random.default_rng([plan.seed, 3, step])
        return batches.encode_packed(rng.integers(len(slices), size=plan.packed_images), rng, plan)

    def single(step: int) -> dict[str, Any]:
        rng = np.random.default_rng([plan.seed, 2, step // 4])
        numbers = rng.integers(len(slices), size=4 * plan.single_batch)
        group = [(n, *draw_turn(slices[n].turns, rng, plan.shares)) for n in numbers]
        group.sort(key=lambda turn: len(turn[1]) + len(turn[2]))  # batches of like length waste less padding
        return batches.encode(group[step % 4 * plan.single_batch :][: plan.single_batch], rng)

    train_tower(model, head, dense, targets, plan, run / "tower.pt")
    train_conversations(model, head, packed, targets, plan, (plan.packed_steps, plan.rate), run / "packed.pt")
    train_conversations(model, head, single, targets, plan, (plan.steps, plan.single_rate), run / "single.pt")
    write(model, processor, out, size, plan)


def corpus(slices: Sequence[PhantomSlice]) -> Iterator[str]:
    """What the tokenizer is trained on: prompts and answers of slices, and the names of all classes."""
    for one in slices[:1500]:
        for prompt, answer in one.turns:
            yield prompt
            yield answer
    for label in labels():
        yield from (label.english, label.german, f" {label.english}", f" {label.german}")


def to_pixel_values(images: Sequence[np.ndarray]) -> torch.Tensor:
    """(B, 3, S, S) in [-1, 1], as the image processor does."""
    return torch.from_numpy(np.stack(images)).permute(0, 3, 1, 2).float() / 127.5 - 1


def learning_rate(step: int, steps: int, peak: float) -> float:
    """Linear warmup over 50 steps, constant, linear decay over the last 40 %."""
    return peak * min(1.0, (step + 1) / 50, max(0.02, (1 - step / steps) / 0.4))


def location_codes(model: PaliGemmaForConditionalGeneration, targets: Targets) -> torch.Tensor:
    """The embeddings of the location tokens (bins, W); what is taught about them leaves them as they are."""
    return model.get_input_embeddings().weight[targets.locations].detach()


def train_tower(
    model: PaliGemmaForConditionalGeneration,
    head: DenseHead,
    draw: Draw,
    targets: Targets,
    plan: Plan,
    checkpoint: Path,
) -> None:
    """Class and box of each patch, before there are words."""
    tower, projector = model.model.vision_tower, model.model.multi_modal_projector
    module = torch.nn.ModuleDict({"tower": tower, "projector": projector, "head": head})
    optimizer = Optimizer(module)
    codes = location_codes(model, targets)
    module.train()
    for step in _steps(module, optimizer, checkpoint, plan.tower_steps):
        batch = draw(step)
        tokens = projector(tower(pixel_values=batch["pixel_values"]).last_hidden_state)
        dense = head.losses(tokens, batch["lesson"], codes, targets.soft)
        optimizer.descend(dense.total, learning_rate(step, plan.tower_steps, plan.tower_rate))
        if step % LOG_EVERY == LOG_EVERY - 1:
            _log.info("tower step %d: shown %.3f, box error %.4f", step + 1, dense.shown, dense.error)


def train_conversations(
    model: PaliGemmaForConditionalGeneration,
    head: DenseHead,
    draw: Draw,
    targets: Targets,
    plan: Plan,
    schedule: tuple[int, float],
    checkpoint: Path,
) -> None:
    """Next-token training on answers, the dense lesson beside it; `schedule` is (steps, peak learning rate)."""
    steps, rate = schedule
    module = torch.nn.ModuleDict({"model": model, "head": head})
    optimizer = Optimizer(module)
    module.train()
    logged: list[tuple[float, float, float]] = []
    for step in _steps(module, optimizer, checkpoint, steps):
        batch = draw(step)
        lesson = batch.pop("lesson")
        loss, out = conversation_loss(model, batch, targets)
        dense = head.losses(out.image_hidden_states, lesson, location_codes(model, targets), targets.soft)
        optimizer.descend(loss + plan.dense_weight * dense.total, learning_rate(step, steps, rate))
        logged.append((float(loss.detach()), dense.shown, dense.error))
        if step % LOG_EVERY == LOG_EVERY - 1:
            means = np.mean(logged[-LOG_EVERY:], axis=0)
            _log.info("%s step %d: loss %.3f, shown %.3f, box error %.4f", checkpoint.stem, step + 1, *means)


class Batches:
    """Slices by number, with (prompt, answer) turns, as model inputs, laid out as the processor does."""

    def __init__(self, processor: PaliGemmaProcessor, size: NanoSize, slices: Sequence[PhantomSlice] = ()) -> None:
        self.tokenizer, self.slices = processor.tokenizer, slices
        self.covers = [cover(one.mask, one.boxes, size.patch) for one in slices]
        self.head = [processor.image_token_id] * size.image_tokens + [self.tokenizer.bos_token_id]

    def encode_images(self, numbers: Sequence[int], rng: np.random.Generator) -> dict[str, Any]:
        """pixel_values (B, 3, S, S) and the dense `lesson` of these slices."""
        return {
            "pixel_values": to_pixel_values([self.slices[n].image for n in numbers]),
            "lesson": draw_lesson([self.covers[n] for n in numbers], rng),
        }

    def encode(self, turns: Sequence[tuple[int, str, str]], rng: np.random.Generator) -> dict[str, Any]:
        """input_ids, attention_mask, token_type_ids and labels, padded on the right, of (slice, prompt, answer);
        with what `encode_images` gives."""
        prompts = self.tokenizer([f"{prompt}\n" for _, prompt, _ in turns], add_special_tokens=False)["input_ids"]
        answers = self.tokenizer([answer for *_, answer in turns], add_special_tokens=False)["input_ids"]
        rows = [(self.head + p, a + [self.tokenizer.eos_token_id]) for p, a in zip(prompts, answers, strict=True)]
        length = -(-max(len(p) + len(a) for p, a in rows) // 8) * 8
        ids = torch.full((len(rows), length), self.tokenizer.pad_token_id)
        mask, types = torch.zeros_like(ids), torch.zeros_like(ids)
        labels_ = torch.full_like(ids, -100)
        for n, (p, a) in enumerate(rows):
            ids[n, : len(p) + len(a)] = torch.tensor(p + a)
            mask[n, : len(p) + len(a)] = 1
            types[n, len(p) : len(p) + len(a)] = 1
            labels_[n, len(p) : len(p) + len(a)] = torch.tensor(a)
        words = {"input_ids": ids, "attention_mask": mask, "token_type_ids": types, "labels": labels_}
        return {**words, **self.encode_images([n for n, *_ in turns], rng)}

    def encode_packed(self, numbers: Sequence[int], rng: np.random.Generator, plan: Plan) -> dict[str, Any]:
        """Each slice with as many of its turns as fit the budget, in random order; see `branches`."""
        turns = [order_turns(self.slices[n].turns, rng, plan.shares) for n in numbers]
        return {
            **encode_branches(self.tokenizer, self.head, turns, plan.packed_budget),
            **self.encode_images(numbers, rng),
        }


class Optimizer:
    """Muon for the matrices inside the layers, AdamW for embeddings, norms, biases and heads, at the same rate."""

    def __init__(self, module: torch.nn.Module) -> None:
        named = list(module.named_parameters())
        inside = [p for name, p in named if p.ndim == 2 and ".layers." in name]
        others = [p for name, p in named if not (p.ndim == 2 and ".layers." in name)]
        groups = [
            {"params": [p for p in others if p.ndim > 1], "weight_decay": 0.05},
            {"params": [p for p in others if p.ndim <= 1], "weight_decay": 0.0},
        ]
        self.parts = (
            torch.optim.Muon(inside, weight_decay=0.05, momentum=0.95, adjust_lr_fn="match_rms_adamw"),
            torch.optim.AdamW(groups, betas=(0.9, 0.98), fused=True),
        )
        self.module = module

    def descend(self, loss: torch.Tensor, rate: float) -> None:
        """One step along the gradient of `loss`, whose norm is clipped at 1."""
        self.module.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(self.module.parameters(), 1.0)
        for part in self.parts:
            for group in part.param_groups:
                group["lr"] = rate
            part.step()

    def state_dict(self) -> list[dict]:
        """Of both parts."""
        return [part.state_dict() for part in self.parts]

    def load_state_dict(self, states: Sequence[dict]) -> None:
        """Of both parts."""
        for part, state in zip(self.parts, states, strict=True):
            part.load_state_dict(state)


def _steps(module: torch.nn.Module, optimizer: Optimizer, checkpoint: Path, steps: int) -> Iterator[int]:
    """The steps that are left after the last checkpoint; writes one every `CHECK_EVERY` steps and at the end."""
    first = 0
    if checkpoint.is_file():
        state = torch.load(checkpoint, weights_only=True)
        module.load_state_dict(state["module"])
        optimizer.load_state_dict(state["optimizer"])
        first = state["step"]
    for step in range(first, steps):
        torch.manual_seed(step)  # of what is drawn inside a step, so that a resumed run goes the same way
        yield step
        if (step + 1) % CHECK_EVERY == 0 or step + 1 == steps:
            temporary = checkpoint.with_suffix(".tmp")
            torch.save(
                {"module": module.state_dict(), "optimizer": optimizer.state_dict(), "step": step + 1}, temporary
            )
            temporary.rename(checkpoint)


def write(
    model: PaliGemmaForConditionalGeneration, processor: PaliGemmaProcessor, out: Path, size: NanoSize, plan: Plan
) -> None:
    """A stock folder; beside the weights the plan that made them and the fingerprint of what they depend on."""
    save_stock(
        model,
        processor,
        out,
        more={
            "pretraining.json": json.dumps({"size": asdict(size), "plan": asdict(plan)}, indent=2) + "\n",
            fingerprint.FILE: json.dumps(fingerprint.fingerprint(), indent=2) + "\n",
        },
    )


def main(argv: Sequence[str] | None = None) -> int:
    """Parse the size and the plan from the command line and pretrain."""
    parser = argparse.ArgumentParser(prog="python -m radgrounder.pretraining.pretrain", description=__doc__)
    parser.add_argument("out", type=Path, metavar="OUT")
    parser.add_argument(
        "--pool-folder", type=Path, help="keep the slices here for other runs, until the phantom changes"
    )
    for name, default in {**asdict(NanoSize()), **asdict(Plan())}.items():
        flag = f"--{name.replace('_', '-')}"
        if isinstance(default, tuple):
            parser.add_argument(flag, nargs="+", default=default)
        else:
            parser.add_argument(flag, type=type(default), default=default)
    values = vars(parser.parse_args(argv))
    out, pool_folder = values.pop("out"), values.pop("pool_folder")
    if out.exists():
        print(f"{out} exists already; delete it to pretrain anew.", file=sys.stderr)
        return 0
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s", stream=sys.stderr)
    logging.getLogger("transformers").setLevel(logging.ERROR)
    size = NanoSize(**{name: values.pop(name) for name in asdict(NanoSize())})
    plan = Plan(**{name: tuple(v) if isinstance(v, list) else v for name, v in values.items()})
    pretrain(out, size, plan, pool_folder)
    shutil.rmtree(out.with_name(out.name + ".run"))
    return 0


if __name__ == "__main__":
    sys.exit(main())
