"""Pretrain the nano from scratch on fresh phantom slices: `python -m radgrounder.pretrain OUT`.

First the vision tower alone learns, patch by patch, which class it sees and where that class's box is (a throw-away
head); then the whole model learns the conversations of `refrad2d.conversations`, coordinates with a soft target: many
questions behind one image first, single turns at the end.
Every stage goes on from its last checkpoint; the same arguments give the same order of samples.
"""

import argparse
import json
import logging
import shutil
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import torch
from torch.nn import functional
from transformers import PaliGemmaForConditionalGeneration, PaliGemmaProcessor

from radgrounder.branches import encode_branches, shuffled_turns
from radgrounder.losses import Targets, conversation_loss, soft_coordinates
from radgrounder.nano import NanoSize, build_model, build_processor
from radgrounder.phantom_pool import PhantomSlice, draw_slices
from radgrounder.prepare import save_stock
from refrad2d.labels import labels

_log = logging.getLogger("radgrounder.pretrain")
CLASSES = len(labels()) + 1  # background is 0
CHECK_EVERY = 500  # steps between checkpoints


@dataclass(frozen=True)
class Plan:
    """How to pretrain. `pool` slices are drawn at a time and used for `pool_steps` steps."""

    sites: tuple[str, ...] = ("A",)
    regions: tuple[str, ...] = ("abdomen_ct",)
    seed: int = 0
    pool: int = 4096
    pool_steps: int = 1500
    tower_steps: int = 500
    packed_steps: int = 1000
    packed_images: int = 10
    packed_budget: int = 320  # tokens of questions and answers behind each image
    steps: int = 500
    batch: int = 32
    tower_rate: float = 2e-3
    rate: float = 1.5e-3
    single_rate: float = 7e-4
    locate_share: float = 0.6
    attention_weight: float = 0.0  # of a lesson in where coordinates should look, packed steps only; see sft/README.md
    coordinate_sigma: float = 2.0  # bins
    workers: int = 2


def pretrain(out: Path, size: NanoSize, plan: Plan) -> None:
    """Write a stock PaliGemma folder to `out`; checkpoints and log lie in `<out>.run` until it is whole."""
    run = out.with_name(out.name + ".run")
    run.mkdir(parents=True, exist_ok=True)
    pools = Pools(plan, size.image)
    processor = build_processor(corpus(pools.get(0)), size)
    model = build_model(processor, size, plan.seed)
    _log.info(
        "%.2f M parameters, %d tokens", sum(p.numel() for p in model.parameters()) / 1e6, len(processor.tokenizer)
    )
    batches = Batches(processor, size)
    targets = soft_coordinates(processor, plan.coordinate_sigma)
    train_tower(model, pools, size, plan, run / "tower.pt")

    def packed(step: int) -> dict[str, torch.Tensor]:
        slices = pools.get((plan.tower_steps + step) // plan.pool_steps)
        rng = np.random.default_rng([plan.seed, 3, step])
        chosen = [slices[i] for i in rng.integers(len(slices), size=plan.packed_images)]
        return batches.encode_packed(chosen, rng, plan)

    def single(step: int) -> dict[str, torch.Tensor]:
        slices = pools.get((plan.tower_steps + plan.packed_steps + step) // plan.pool_steps)
        rng = np.random.default_rng([plan.seed, 2, step // 4])
        group = [draw_turn(slices[i], rng, plan.locate_share) for i in rng.integers(len(slices), size=4 * plan.batch)]
        group.sort(key=lambda turn: len(turn[1]) + len(turn[2]))  # batches of like length waste less padding
        return batches.encode(group[step % 4 * plan.batch :][: plan.batch])

    model.set_attn_implementation("eager")  # only this one shows its weights
    weight = plan.attention_weight
    train_conversations(model, packed, targets, plan.packed_steps, plan.rate, run / "packed.pt", weight)
    train_conversations(model, single, targets, plan.steps, plan.single_rate, run / "single.pt")
    write(model, processor, out, size, plan)
    shutil.rmtree(run)


class Pools:
    """Pools of fresh slices by number; the last one is kept in memory."""

    def __init__(self, plan: Plan, image: int) -> None:
        self.plan, self.image = plan, image
        self._number, self._slices = -1, []

    def get(self, number: int) -> list[PhantomSlice]:
        """The slices of a pool; the same for the same plan."""
        if number != self._number:
            first = (self.plan.seed + 1) * 10_000_000 + number * self.plan.pool
            seeds = range(first, first + self.plan.pool)
            began = time.monotonic()
            self._slices = draw_slices(
                seeds, sites=self.plan.sites, size=self.image, regions=self.plan.regions, workers=self.plan.workers
            )
            self._number = number
            _log.info("pool %d: %d slices in %.0f s", number, len(self._slices), time.monotonic() - began)
        return self._slices


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


def train_tower(
    model: PaliGemmaForConditionalGeneration, pools: Pools, size: NanoSize, plan: Plan, checkpoint: Path
) -> None:
    """Dense supervision: class and box of each patch, with a head that is thrown away."""
    tower = model.model.vision_tower
    torch.manual_seed(plan.seed)
    head = torch.nn.Linear(size.width, CLASSES + 4)
    both = torch.nn.ModuleDict({"tower": tower, "head": head})
    optimizer = torch.optim.AdamW(
        both.parameters(), lr=plan.tower_rate, weight_decay=0.05, betas=(0.9, 0.98), fused=True
    )
    weights = torch.ones(CLASSES)
    weights[0] = 0.3
    both.train()
    for step in _steps(both, optimizer, checkpoint, plan.tower_steps):
        slices = pools.get(step // plan.pool_steps)
        rng = np.random.default_rng([plan.seed, 1, step])
        chosen = [slices[i] for i in rng.integers(len(slices), size=plan.batch)]
        patches = torch.from_numpy(np.stack([patch_classes(s.mask, size.patch) for s in chosen])).long()
        boxes = torch.from_numpy(np.stack([_boxes_of(s, p) for s, p in zip(chosen, patches.numpy(), strict=True)]))
        out = head(tower(pixel_values=to_pixel_values([s.image for s in chosen])).last_hidden_state)
        class_loss = functional.cross_entropy(out[..., :CLASSES].transpose(1, 2), patches, weight=weights)
        inside = patches > 0
        box_loss = (out[..., CLASSES:][inside] - boxes[inside]).abs().mean()
        _descend(class_loss + 4 * box_loss, both, optimizer, learning_rate(step, plan.tower_steps, plan.tower_rate))
        if step % 100 == 99:
            right = (out[..., :CLASSES].argmax(-1) == patches)[inside].float().mean()
            _log.info("tower step %d: patch accuracy %.3f, box error %.4f", step + 1, right, box_loss.detach())


def patch_classes(mask: np.ndarray, patch: int) -> np.ndarray:
    """The class of each patch, row by row: the largest one that covers at least a quarter of it, else 0."""
    side = mask.shape[0] // patch
    patches = mask.reshape(side, patch, side, patch).swapaxes(1, 2).reshape(side * side, -1)
    counts = np.zeros((side * side, CLASSES), np.int32)
    np.add.at(counts, (np.arange(side * side)[:, None], patches), 1)
    counts[:, 0] = patch * patch // 4
    return counts.argmax(axis=1)


def _boxes_of(one: PhantomSlice, patches: np.ndarray) -> np.ndarray:
    table = np.zeros((CLASSES, 4), np.float32)
    for class_id, box in one.boxes.items():
        table[class_id] = box
    return table[patches]


def train_conversations(
    model: PaliGemmaForConditionalGeneration,
    draw: Callable[[int], dict[str, torch.Tensor]],
    targets: Targets,
    steps: int,
    rate: float,
    checkpoint: Path,
    attention_weight: float = 0.0,
) -> None:
    """Next-token training on answers only; `draw` gives the batch of a step."""
    decay = [p for p in model.parameters() if p.ndim > 1]
    flat = [p for p in model.parameters() if p.ndim <= 1]
    groups = [{"params": decay, "weight_decay": 0.05}, {"params": flat, "weight_decay": 0.0}]
    optimizer = torch.optim.AdamW(groups, lr=rate, betas=(0.9, 0.98), fused=True)
    model.train()
    losses: list[float] = []
    for step in _steps(model, optimizer, checkpoint, steps):
        loss = conversation_loss(model, draw(step), targets, attention_weight)
        _descend(loss, model, optimizer, learning_rate(step, steps, rate))
        losses.append(float(loss.detach()))
        if step % 100 == 99:
            _log.info("%s step %d: loss %.3f", checkpoint.stem, step + 1, np.mean(losses[-100:]))


def draw_turn(one: PhantomSlice, rng: np.random.Generator, locate_share: float) -> tuple[np.ndarray, str, str]:
    """(image, prompt, answer): with probability `locate_share` any turn (most of them ask for a place), else report or
    question."""
    if rng.random() < locate_share:
        prompt, answer = one.turns[rng.integers(len(one.turns))]
    else:
        kinds: dict[bool, list[tuple[str, str]]] = {True: [], False: []}
        for turn in one.turns:
            kinds[len(turn[1]) < 60].append(turn)
        pool = kinds[bool(rng.integers(2))] or one.turns
        prompt, answer = pool[rng.integers(len(pool))]
    return one.image, prompt, answer


class Batches:
    """(image, prompt, answer) triples as model inputs, laid out as the processor does."""

    def __init__(self, processor: PaliGemmaProcessor, size: NanoSize) -> None:
        self.tokenizer, self.patch = processor.tokenizer, size.patch
        self.head = [processor.image_token_id] * size.image_tokens + [self.tokenizer.bos_token_id]

    def encode(self, turns: Sequence[tuple[np.ndarray, str, str]]) -> dict[str, torch.Tensor]:
        """input_ids, attention_mask, token_type_ids, labels and pixel_values, padded on the right."""
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
        return {
            "input_ids": ids,
            "attention_mask": mask,
            "token_type_ids": types,
            "labels": labels_,
            "pixel_values": to_pixel_values([image for image, *_ in turns]),
        }

    def encode_packed(
        self, slices: Sequence[PhantomSlice], rng: np.random.Generator, plan: Plan
    ) -> dict[str, torch.Tensor]:
        """Each slice with as many of its turns as fit the budget, in random order; see `branches`."""
        turns = [shuffled_turns(one.turns, rng, plan.locate_share) for one in slices]
        batch = encode_branches(self.tokenizer, self.head, turns, plan.packed_budget)
        patches = torch.from_numpy(np.stack([patch_classes(one.mask, self.patch) for one in slices])).long()
        return {**batch, "pixel_values": to_pixel_values([one.image for one in slices]), "patches": patches}


def _descend(loss: torch.Tensor, module: torch.nn.Module, optimizer: torch.optim.Optimizer, rate: float) -> None:
    for group in optimizer.param_groups:
        group["lr"] = rate
    optimizer.zero_grad(set_to_none=True)
    loss.backward()
    torch.nn.utils.clip_grad_norm_(module.parameters(), 1.0)
    optimizer.step()


def _steps(module: torch.nn.Module, optimizer: torch.optim.Optimizer, checkpoint: Path, steps: int) -> Iterator[int]:
    """The steps that are left after the last checkpoint; writes one every `CHECK_EVERY` steps and at the end."""
    first = 0
    if checkpoint.is_file():
        state = torch.load(checkpoint, weights_only=True)
        module.load_state_dict(state["module"])
        optimizer.load_state_dict(state["optimizer"])
        first = state["step"]
    for step in range(first, steps):
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
    """A stock folder, with the plan that made it beside the weights."""
    save_stock(
        model,
        processor,
        out,
        more={"pretraining.json": json.dumps({"size": asdict(size), "plan": asdict(plan)}, indent=2)},
    )


def main(argv: Sequence[str] | None = None) -> int:
    """Parse the size and the plan from the command line and pretrain."""
    parser = argparse.ArgumentParser(prog="python -m radgrounder.pretrain", description=__doc__)
    parser.add_argument("out", type=Path, metavar="OUT")
    for name, default in {**asdict(NanoSize()), **asdict(Plan())}.items():
        flag = f"--{name.replace('_', '-')}"
        if isinstance(default, tuple):
            parser.add_argument(flag, nargs="+", default=default)
        else:
            parser.add_argument(flag, type=type(default), default=default)
    values = vars(parser.parse_args(argv))
    out = values.pop("out")
    if out.exists():
        print(f"{out} exists already; delete it to pretrain anew.", file=sys.stderr)
        return 0
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s", stream=sys.stderr)
    logging.getLogger("transformers").setLevel(logging.ERROR)
    size = NanoSize(**{name: values.pop(name) for name in asdict(NanoSize())})
    plan = Plan(**{name: tuple(v) if isinstance(v, list) else v for name, v in values.items()})
    pretrain(out, size, plan)
    return 0


if __name__ == "__main__":
    sys.exit(main())
