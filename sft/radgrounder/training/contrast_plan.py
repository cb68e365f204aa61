"""What a contrast takes: memory by what holds it and hours, by arithmetic, for a batch that goes through in pieces.

    radgrounder plan sft/recipes/paligemma2-3b/contrast.yaml --gpu l4 a100-80gb --images 1017000

With gradient caching the batch costs memory for its pictures, embeddings and logits alone; activations are those of one
piece. Each picture is encoded twice forward and once backward, and once more forward where layers are checkpointed.
Nothing is run; the assumptions are those of `plan`.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import yaml

from radgrounder.training.cost import STATES, Precision, kept_bytes
from radgrounder.training.plan import GPUS, UTILISATION, format_gpu, format_lines, format_power, on_gpu
from radgrounder.training.recipe import DEFAULTS, Recipe, make_recipe
from radgrounder.training.shape import Shape, Transformer

OWN = {"bf16": False, "gradient_checkpointing": False}  # transformers' defaults where TRL has its own
PAIRED = (32_000, 64)  # tokens of the text tower of a SigLIP checkpoint, and of a text, as of So400m
NUMBER = 4  # bytes: both towers are held in float32


@dataclass(frozen=True)
class Contrast:
    """A recipe of `radgrounder contrast`: what it shares with others, and its own keys."""

    shared: Recipe
    chunk: int
    sentences: int
    text_tower: str
    text_layers: int
    text_length: int


@dataclass(frozen=True)
class ContrastPlan:
    """What a contrast takes. Bytes, operations and hours; `gpus` has one entry each."""

    parameters: int
    vision: int
    batch: int
    chunk: int
    steps: int
    flops_a_slice: float
    flops: float
    memory: dict[str, float]
    gpus: dict[str, dict[str, Any]]
    utilisation: float


def read_contrast(path: Path) -> Contrast | None:
    """A recipe of `radgrounder contrast`, None for any other file. ValueError for a number that is none."""
    try:
        keys = yaml.safe_load(path.read_text(encoding="utf-8")) if path.is_file() else None
    except (yaml.YAMLError, UnicodeDecodeError):
        return None
    if not isinstance(keys, dict) or "sentences_per_image" not in keys:
        return None
    shared = make_recipe({**DEFAULTS, **OWN, **keys})
    whole = {name: keys.get(name, default) for name, default in (("chunk", 0), ("text_layers", 2), ("text_length", 48))}
    if wrong := [name for name, value in whole.items() if not isinstance(value, int) or value < 0]:
        raise ValueError(f"The recipe's {wrong[0]} is {whole[wrong[0]]!r}. Give a whole number of 0 or more.")
    return Contrast(shared, sentences=keys["sentences_per_image"], text_tower=keys.get("text_tower") or "", **whole)


def make_contrast_plan(
    recipe: Contrast, shape: Shape, images: int, gpus: Sequence[str], *, utilisation: float = UTILISATION
) -> ContrastPlan:
    """The plan for a base of this shape and so many training slices. ValueError if the optimizer is unknown."""
    shared, text = recipe.shared, text_tower(recipe, shape)
    seen, read = vision_parameters(shape), text.parameters
    batch, sentences = shared.batch, shared.batch * recipe.sentences
    steps = shared.max_steps if shared.max_steps > 0 else math.ceil(images // batch * shared.epochs)
    passes = (4 if 0 < recipe.chunk < batch else 3) + shared.checkpointing
    forward = 2 * (shape.patching + shape.tower.multiplied) * shape.image_tokens
    forward += 4 * shape.tower.scored * shape.image_tokens**2
    words = 2 * text.layers.multiplied * text.length + 4 * text.layers.scored * text.length**2
    flops = passes * (forward + recipe.sentences * words)
    held = contrast_memory(recipe, shape, text, batch=batch, sentences=sentences)
    total = float(steps * batch * flops)
    return ContrastPlan(
        parameters=seen + read + 2,
        vision=seen,
        batch=batch,
        chunk=recipe.chunk or batch,
        steps=steps,
        flops_a_slice=flops,
        flops=total,
        memory=held,
        gpus={name: on_gpu(GPUS[name], total, 0.0, sum(held.values()), utilisation) for name in gpus},
        utilisation=utilisation,
    )


@dataclass(frozen=True)
class TextTower:
    """A text tower: its layers, tokens of its vocabulary and of a text."""

    layers: Transformer
    vocabulary: int
    length: int

    @property
    def parameters(self) -> int:
        """Weights: tokens and places, layers, the last norm, and the matrix with its bias at the end."""
        width = self.layers.width
        return (self.vocabulary + self.length + 2 + width + 1) * width + self.layers.parameters


def text_tower(recipe: Contrast, shape: Shape) -> TextTower:
    """As wide as the vision tower; that of a checkpoint is taken for as deep as the vision tower."""
    if recipe.text_tower:
        return TextTower(shape.tower, *PAIRED)
    layers = Transformer(**{**asdict(shape.tower), "layers": recipe.text_layers})
    return TextTower(layers, shape.vocabulary, recipe.text_length)


def vision_parameters(shape: Shape) -> int:
    """Weights of the vision tower and of the pooling head in front of it: a probe, attention, a norm, two matrices."""
    width, middle = shape.tower.width, shape.tower.feed_forward
    return shape.tower_parameters + width + 4 * width * (width + 1) + 2 * width + 2 * width * middle + width + middle


def contrast_memory(recipe: Contrast, shape: Shape, text: TextTower, *, batch: int, sentences: int) -> dict[str, float]:
    """Bytes at the peak of a step by what holds them; an estimate. ValueError if the optimizer is none that we know."""
    shared, seen = recipe.shared, vision_parameters(shape)
    if shared.optimizer not in STATES:
        raise ValueError(f"Unknown optimizer {shared.optimizer!r}. Choose from {', '.join(STATES)}.")
    count, width = seen + text.parameters, 2 if shared.autocast else NUMBER
    images, texts = min(recipe.chunk or batch, batch), min(recipe.chunk or sentences, sentences)
    again, precision = shared.checkpointing, Precision(NUMBER, width)
    towers = (
        images * kept_bytes(shape.tower, shape.image_tokens, "all", again, precision),
        texts * kept_bytes(text.layers, text.length, "all", again, precision),
    )
    return {
        "weights": NUMBER * count,
        "copies": width * max(seen, text.parameters) if shared.autocast else 0,  # autocast keeps one tower's at a time
        "gradients": NUMBER * count,
        "optimizer": NUMBER * STATES[shared.optimizer] * count,
        "activations": max(towers) if recipe.chunk else sum(towers),
        "pictures": NUMBER * batch * 3 * shape.image**2,
        "embeddings": 3 * NUMBER * (batch + sentences) * shape.tower.width,  # raw, normalised, gradients
        "logits": 4 * NUMBER * batch * sentences,  # logits, relation, what is summed, gradients
    }


def contrast_text(plan: ContrastPlan) -> str:
    """A plan as lines to read."""
    held = ", ".join(f"{name} {n / 1e9:.1f}" for name, n in plan.memory.items())
    lines: list[tuple[str, str]] = [
        ("weights", f"{plan.parameters:,}, of the vision tower with its head {plan.vision:,}"),
        ("a batch", f"{plan.batch:,} slices, {plan.chunk:,} at a time"),
        ("operations a slice", format_power(plan.flops_a_slice)),
        ("the run", f"{plan.steps:,} steps, {format_power(plan.flops)} operations"),
        ("memory, GB (estimate)", f"{sum(plan.memory.values()) / 1e9:.1f}: {held}"),
    ]
    return format_lines([*lines, *((name, format_gpu(found, plan.utilisation)) for name, found in plan.gpus.items())])


def contrast_json(plan: ContrastPlan) -> Mapping[str, Any]:
    """All figures of a plan, unrounded."""
    return asdict(plan)
