"""Pretrain the nano from scratch on phantom slices: `radgrounder pretrain OUT`.

First the vision tower alone learns, patch by patch, which class it sees and where that class's box is (`dense`); then
the whole model learns the conversations of `refrad2d.conversations`, coordinates with a soft target: many questions
behind one image first, single turns at the end, the dense losses beside them (`plan`).
Every lesson goes on from its last checkpoint; the same arguments give the same order of samples.
"""

import json
import logging
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from math import inf
from pathlib import Path
from typing import Any, cast

import numpy as np
import torch
from transformers import PaliGemmaForConditionalGeneration, PaliGemmaProcessor

from radgrounder.models import fingerprint
from radgrounder.models.nano import NanoSize, build_model, build_processor
from radgrounder.models.processing import STOCK_CHAT_TEMPLATE
from radgrounder.models.release import save_stock
from radgrounder.pretraining.batches import Batches
from radgrounder.pretraining.dense import DenseHead
from radgrounder.pretraining.losses import CoordinateTargets, conversation_loss, soft_coordinates
from radgrounder.pretraining.optimizer import Optimizer, resumable_steps
from radgrounder.pretraining.plan import Lesson, Plan, first_seed
from radgrounder.pretraining.pool import PhantomSlice, draw_pool, without_places
from radgrounder.pretraining.precision import computing, quick_attention
from radgrounder.pretraining.turns import is_in
from refrad2d.labels import labels
from refrad2d.system.files import atomic_folder

_log = logging.getLogger(__name__)
LOG_EVERY = 100
MADE_BY = "pretraining.json"  # beside the weights: shape and plan

BatchOf = Callable[[int], dict[str, Any]]  # the batch of a step


@dataclass(frozen=True)
class Learner:
    """What is trained: the model, and beside it the head of the dense losses, which is thrown away afterwards."""

    model: PaliGemmaForConditionalGeneration
    head: DenseHead
    coordinates: CoordinateTargets

    def codes(self) -> torch.Tensor:
        """The embeddings of the location tokens (bins, W); what is taught about them leaves them as they are."""
        embeddings = cast(torch.nn.Embedding, self.model.get_input_embeddings())
        return embeddings.weight[self.coordinates.ids].detach()


def pretrain(out: Path, size: NanoSize, plan: Plan, pool_folder: Path | None = None, deadline: float = inf) -> None:
    """Write a stock PaliGemma folder to `out`; pool and checkpoints lie in `<out>.run` until it is whole, the pool in
    `pool_folder` where that is given, so that another run of the same seed need not draw it again.

    Paused past the `deadline` (seconds of `time.monotonic`): the same call goes on.
    """
    torch.set_num_threads(plan.threads)
    run = out.with_name(out.name + ".run")
    run.mkdir(parents=True, exist_ok=True)
    first = first_seed(plan.seed)
    slices = draw_pool(
        pool_folder or run / "pool", range(first, first + plan.pool),
        sites=plan.sites, size=size.image, regions=plan.drawn_regions, workers=plan.workers, deadline=deadline,
    )  # fmt: skip
    if plan.language:
        slices = [
            replace(shown, turns=[turn for turn in shown.turns if is_in(plan.language, turn[0])]) for shown in slices
        ]
    processor = _make_processor(run / "processor", slices, size, plan)  # of all texts: twins have the same words
    if plan.boxless:
        slices = [without_places(shown) for shown in slices]
    if plan.init:
        model = PaliGemmaForConditionalGeneration.from_pretrained(plan.init, dtype=torch.float32)
    else:
        model = build_model(processor, size, plan.seed)
    count = sum(p.numel() for p in model.parameters())
    _log.info("%d slices, %.2f M parameters, %d tokens", len(slices), count / 1e6, len(processor.tokenizer))
    batches = Batches(processor, size, slices, plan)
    learner = Learner(model, DenseHead(size.width), soft_coordinates(processor, plan.coordinate_sigma))
    how: dict[str, Any] = {"precision": plan.precision, "deadline": deadline}
    with quick_attention(model):
        train_tower(learner, batches.tower, plan.tower, run, **how)
        how |= {"dense_weight": plan.dense_weight, "seeing": plan.seeing}
        train_conversations(learner, batches.packed, plan.packed, run, **how)
        train_conversations(learner, batches.single, plan.single, run, **how)
    _write(model, processor, out, size, plan)


def _make_processor(folder: Path, slices: Sequence[PhantomSlice], size: NanoSize, plan: Plan) -> PaliGemmaProcessor:
    """The processor of a run, made once and kept in `folder`."""
    if not folder.exists():
        made = PaliGemmaProcessor.from_pretrained(plan.init) if plan.init else build_processor(corpus(slices), size)
        with atomic_folder(folder) as temporary:
            made.save_pretrained(temporary)
    processor = PaliGemmaProcessor.from_pretrained(folder)
    processor.chat_template = STOCK_CHAT_TEMPLATE  # an older base, or the run of one, has another
    return processor


def corpus(slices: Sequence[PhantomSlice]) -> Iterator[str]:
    """What the tokenizer is trained on: prompts and answers of slices, and the names of all classes."""
    for shown in slices[:: max(1, len(slices) // 1500)]:
        for prompt, answer in shown.turns:
            yield prompt
            yield answer
    for label in labels():
        yield from (label.english, label.german, f" {label.english}", f" {label.german}")


def train_tower(
    learner: Learner, batch_of: BatchOf, lesson: Lesson, run: Path, *, precision: str = "float32", deadline: float = inf
) -> None:
    """Class and box of each patch, before there are words; its checkpoint lies in the folder `run`."""
    tower, projector = learner.model.model.vision_tower, learner.model.model.multi_modal_projector
    module = torch.nn.ModuleDict({"tower": tower, "projector": projector, "head": learner.head})
    optimizer = Optimizer(module)
    codes = learner.codes()
    module.train()
    for step in resumable_steps(module, optimizer, run / f"{lesson.name}.pt", lesson.steps, deadline):
        batch = batch_of(step)
        with computing(precision):
            tokens = projector(tower(pixel_values=batch["pixel_values"]).last_hidden_state)
        dense = learner.head.losses(tokens.float(), batch["dense"], codes, learner.coordinates.soft)
        optimizer.descend(dense.total, lesson.learning_rate(step))
        if step % LOG_EVERY == LOG_EVERY - 1:
            _log.info("%s step %d: shown %.3f, box error %.4f", lesson.name, step + 1, dense.shown, dense.error)


def train_conversations(
    learner: Learner,
    batch_of: BatchOf,
    lesson: Lesson,
    run: Path,
    *,
    dense_weight: float,
    seeing: float = 1.0,
    precision: str = "float32",
    deadline: float = inf,
) -> None:
    """Next-token training on answers, the dense losses beside it, tower and projector at the share `seeing` of the
    rate; its checkpoint lies in the folder `run`."""
    module = torch.nn.ModuleDict({"model": learner.model, "head": learner.head})
    optimizer = Optimizer(module, seeing)
    module.train()
    logged: list[tuple[float, float, float]] = []
    for step in resumable_steps(module, optimizer, run / f"{lesson.name}.pt", lesson.steps, deadline):
        batch = batch_of(step)
        targets = batch.pop("dense")
        loss, outputs = conversation_loss(learner.model, batch, learner.coordinates, precision)
        dense = learner.head.losses(
            outputs.image_hidden_states.float(), targets, learner.codes(), learner.coordinates.soft
        )
        optimizer.descend(loss + dense_weight * dense.total, lesson.learning_rate(step))
        logged.append((float(loss.detach()), dense.shown, dense.error))
        if step % LOG_EVERY == LOG_EVERY - 1:
            means = np.mean(logged[-LOG_EVERY:], axis=0)
            _log.info("%s step %d: loss %.3f, shown %.3f, box error %.4f", lesson.name, step + 1, *means)


def _write(
    model: PaliGemmaForConditionalGeneration, processor: PaliGemmaProcessor, out: Path, size: NanoSize, plan: Plan
) -> None:
    """A stock folder; beside the weights the plan that made them, with that of the base that they went on from, and
    the fingerprint of what they depend on."""
    made_by: dict[str, Any] = {"size": asdict(size), "plan": asdict(replace(plan, init=Path(plan.init).name))}
    before = Path(plan.init) / MADE_BY
    if plan.init and before.is_file():
        made_by["before"] = json.loads(before.read_text(encoding="utf-8"))
    more = {
        MADE_BY: json.dumps(made_by, indent=2) + "\n",
        fingerprint.FILE: json.dumps(fingerprint.fingerprint(), indent=2) + "\n",
    }
    save_stock(model.half(), processor, out, more=more)  # half a float loses nothing here and holds twice the weights
