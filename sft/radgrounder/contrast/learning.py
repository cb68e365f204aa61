"""Teach a vision tower by sentences: the sigmoid loss, gradient caching for large batches, the run of a recipe.

    radgrounder contrast sft/bases/nano --data build/masks/data --out build/contrast/model

The loss is SigLIP's (Zhai et al. 2023, Sigmoid loss for language image pre-training), over pairs that are matches or
certain opposites. A batch larger than memory is encoded in pieces (Gao et al. 2021, Scaling deep contrastive learning
batch size under memory limited setup): first without gradients, then the loss and its gradients at the embeddings, then
each piece once more with those put in. The gradients are those of the whole batch.
"""

import shutil
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, cast

import torch
from torch.nn import functional
from transformers import SiglipModel, Trainer, TrainingArguments
from transformers.trainer_utils import get_last_checkpoint

from radgrounder.benchmarks.refrad2d import read_split
from radgrounder.contrast.pairs import PairCollator, read_pairs
from radgrounder.contrast.towers import TOWERS, TextShape, build_towers, save_towers, write_back
from radgrounder.models.fingerprint import weights_digest
from radgrounder.models.release import refuse_existing

Context = Callable[[], AbstractContextManager]


@dataclass
class ContrastArguments:
    """What a contrast takes beside transformers' own training arguments.

    `chunk` images, and as many sentences, go through the towers at a time; 0: the whole batch. `tower_share`
    is the vision tower's learning rate over that of the rest; 0 leaves it as it was, so that only head and text tower
    learn. `text_tower` is a SigLIP checkpoint whose text tower is taken; without one `text_layers` and `text_length`
    shape a new one.
    """

    model_name_or_path: str = ""
    dataset_name: str = ""
    chunk: int = 0
    sentences_per_image: int = 2
    tower_share: float = 0.1
    text_tower: str = ""
    text_layers: int = 2
    text_length: int = 48
    limit: int | None = field(default=None, metadata={"help": "training slices at most"})


def sigmoid_loss(images: torch.Tensor, texts: torch.Tensor, relation: torch.Tensor, model: SiglipModel) -> torch.Tensor:
    """The mean over sentences of -log sigmoid(relation x logit), summed over the images that a relation is known to.

    `images` (B, W) and `texts` (S, W) embeddings, `relation` (B, S) of 1, -1 and 0, which counts for nothing. Where
    each image has one sentence and no 0 it is the loss that `SiglipModel` returns.
    """
    images, texts = functional.normalize(images, dim=-1), functional.normalize(texts, dim=-1)
    logits = images @ texts.T * model.logit_scale.exp() + model.logit_bias
    return -(functional.logsigmoid(relation * logits) * relation.abs()).sum() / relation.shape[1]


def cached_step(
    model: SiglipModel,
    batch: dict[str, torch.Tensor],
    *,
    chunk: int = 0,
    context: Context = nullcontext,
    backward: Callable[[torch.Tensor], None] = torch.Tensor.backward,
) -> torch.Tensor:
    """The loss of a batch of `PairCollator`; its gradients are added to the model's, as one pass over the whole batch
    would. `context` is what encoding runs in, such as autocast; with dropout the two passes would differ."""
    encoders = (_encode_images(model, context), _encode_texts(model, context))
    whole = (batch["pixel_values"], batch["input_ids"])
    pieces = [part.split(chunk) if chunk else (part,) for part in whole]
    if all(len(piece) == 1 for piece in pieces):  # nothing to spare: one pass
        seen, read = (encode(part) for encode, part in zip(encoders, whole, strict=True))
        loss = sigmoid_loss(seen, read, batch["relation"], model)
        backward(loss)
        return loss.detach()
    with torch.no_grad():
        found = [torch.cat([encode(p) for p in piece]) for encode, piece in zip(encoders, pieces, strict=True)]
    leaves = [embeddings.requires_grad_(True) for embeddings in found]
    loss = sigmoid_loss(leaves[0], leaves[1], batch["relation"], model)
    backward(loss)  # fills the gradients of the embeddings, of scale and bias
    for encode, piece, leaf in zip(encoders, pieces, leaves, strict=True):
        gradients = cast(torch.Tensor, leaf.grad).split([len(part) for part in piece])
        for part, gradient in zip(piece, gradients, strict=True):
            encode(part).backward(gradient)
    return loss.detach()


def _encode_images(model: SiglipModel, context: Context) -> Callable[[torch.Tensor], torch.Tensor]:
    def encode(pictures: torch.Tensor) -> torch.Tensor:
        with context():
            found: torch.Tensor = model.vision_model(pixel_values=pictures).pooler_output
        return found.float()

    return encode


def _encode_texts(model: SiglipModel, context: Context) -> Callable[[torch.Tensor], torch.Tensor]:
    def encode(texts: torch.Tensor) -> torch.Tensor:
        with context():
            found: torch.Tensor = model.text_model(input_ids=texts).pooler_output
        return found.float()

    return encode


class ContrastTrainer(Trainer):
    """Transformers' trainer with `cached_step`, for one process; the tower learns at a rate of its own."""

    def __init__(self, model: SiglipModel, args: TrainingArguments, *, chunk: int, tower_share: float, **more: Any):
        if args.world_size > 1 or args.gradient_accumulation_steps > 1:
            raise ValueError(
                "A contrast is of one whole batch. Use one process, gradient_accumulation_steps: 1, and a smaller "
                "`chunk` where memory is short."
            )
        for name, parameter in model.vision_model.named_parameters():
            parameter.requires_grad_(tower_share > 0 or name.startswith("head."))
        super().__init__(model, args, **more)
        self.chunk, self.tower_share = chunk, tower_share

    def training_step(self, model: Any, inputs: dict[str, Any], num_items_in_batch: Any = None) -> torch.Tensor:
        """Loss and gradients of a batch."""
        model.train()
        return cached_step(
            self.accelerator.unwrap_model(model),
            self._prepare_inputs(inputs),
            chunk=self.chunk,
            context=self.compute_loss_context_manager,
            backward=self.accelerator.backward,
        )

    def prediction_step(
        self, model: Any, inputs: dict[str, Any], prediction_loss_only: bool, ignore_keys: Any = None
    ) -> Any:
        """The loss of a validation batch."""
        inputs = self._prepare_inputs(inputs)
        whole = self.accelerator.unwrap_model(model)
        with torch.no_grad():
            seen, read = (
                torch.cat([encode(p) for p in part.split(self.chunk or len(part))])
                for encode, part in (
                    (_encode_images(whole, self.compute_loss_context_manager), inputs["pixel_values"]),
                    (_encode_texts(whole, self.compute_loss_context_manager), inputs["input_ids"]),
                )
            )
            return sigmoid_loss(seen, read, inputs["relation"], whole), None, None

    def create_optimizer(self, model: Any = None) -> torch.optim.Optimizer:
        """The recipe's optimizer; matrices decay, the tower's rate is a share of the rest's."""
        if self.optimizer is None:
            made, options = self.get_optimizer_cls_and_kwargs(self.args, cast(Any, self.model))
            groups: dict[tuple[bool, bool], list[torch.nn.Parameter]] = {}
            for name, parameter in cast(Any, self.model).named_parameters():
                if parameter.requires_grad:
                    tower = name.startswith("vision_model.") and not name.startswith("vision_model.head.")
                    groups.setdefault((tower, parameter.ndim > 1), []).append(parameter)
            self.optimizer = made(
                [
                    {
                        "params": parameters,
                        "lr": self.args.learning_rate * (self.tower_share if tower else 1.0),
                        "weight_decay": self.args.weight_decay if matrix else 0.0,
                    }
                    for (tower, matrix), parameters in groups.items()
                ],
                **options,
            )
        return self.optimizer


def read_arguments(recipe: Path, more: Mapping[str, Any]) -> tuple[ContrastArguments, TrainingArguments]:
    """The options of a recipe, with some of them given anew. ValueError for a key that there is not."""
    from trl import TrlParser

    if not recipe.is_file():
        raise ValueError(f"There is no recipe {recipe}. Give a YAML like sft/recipes/nano/contrast.yaml.")
    words = [word for name, value in more.items() for word in (f"--{name}", str(value))]
    kinds: Any = (ContrastArguments, TrainingArguments)
    parser = TrlParser(kinds)
    found: Any = parser.parse_args_and_config(["--config", str(recipe), *words], fail_with_unknown_args=True)
    return found[0], found[1]


def run(base: Path, data: str, out: Path, recipe: Path, **more: Any) -> dict[str, Any]:
    """Adapt the tower of `base` on the train split of a dataset, write it back into OUT, and say what was done.

    OUT/contrast has both towers, for `judge`. Checkpoints, where the recipe keeps some, lie in OUT.run until the end,
    and a killed run goes on from the last. ValueError if OUT exists, or if base, data or recipe do not fit.
    """
    refuse_existing(out)
    place = out.with_name(out.name + ".run")
    given, training = read_arguments(recipe, {**more, "output_dir": place})
    text = TextShape(given.text_layers, given.text_length, given.text_tower)
    towers = build_towers(base, text, seed=training.seed)
    splits = {split: read_pairs(read_split(data, "grounded", split), limit=given.limit) for split in _splits(training)}
    trainer = ContrastTrainer(
        towers.model,
        training,
        chunk=given.chunk,
        tower_share=given.tower_share,
        train_dataset=splits["train"],
        eval_dataset=splits.get("validation"),
        data_collator=PairCollator(
            towers.image_processor, towers.tokenizer, length=towers.length, sentences=given.sentences_per_image
        ),
    )
    done = trainer.train(resume_from_checkpoint=get_last_checkpoint(str(place)) if place.is_dir() else None)
    about = {
        "base": weights_digest(base),
        "slices": len(splits["train"]),
        "sentences": sum(len(found.sentences) for found in splits["train"].slices),
        "dropped": dict(splits["train"].dropped),
        "steps": done.global_step,
        "batch": training.per_device_train_batch_size,
        "loss": done.training_loss,
        "tower_share": given.tower_share,
        "seed": training.seed,
    }
    write_back(base, towers, out, about=about)
    save_towers(towers, out / TOWERS)
    shutil.rmtree(place, ignore_errors=True)
    return about


def _splits(training: TrainingArguments) -> tuple[str, ...]:
    return ("train",) if training.eval_strategy == "no" else ("train", "validation")
