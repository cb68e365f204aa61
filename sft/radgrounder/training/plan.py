"""What a run of a recipe takes: steps, tokens, operations, memory and hours on a GPU, by arithmetic.

    radgrounder plan sft/recipes/paligemma2-3b/packed-24gb.yaml --gpu l4 --images 100000
    radgrounder plan sft/recipes/paligemma2-3b/full.yaml --gpu h100 --data build/drawn

Nothing is run: hours are operations (`cost.sample_flops`, what is computed twice counted twice) over the GPU's peak
times a share of it that is assumed. `python -m tests.bench.step_time` measures that share. Memory is that of a batch of
the longest samples, since `group_by_length` makes such batches.
"""

import math
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from itertools import groupby
from pathlib import Path
from typing import Any

from radgrounder.training.cost import Precision, Sample, Trained, forward_flops, memory, sample_flops
from radgrounder.training.recipe import BYTES, Recipe, movable_weight, smallest_step
from radgrounder.training.shape import Shape, lora_weights
from refrad2d.mixture import Mixture
from refrad2d.system.tables import read_csv

UTILISATION = 0.4  # of the peak; assumed
VALIDATION = 1 / 8  # validation images by training image: splits are 80/10/10
ROOM = 0.9  # of a GPU's memory that a plan may fill; allocators and kernels take the rest
SAMPLED = 2000  # rows of a dataset that are read
REPORT = 256  # tokens of a long report with its prompt; assumed


@dataclass(frozen=True)
class Gpu:
    """A row of gpus.csv: memory in GB of 10^9 bytes, dense bfloat16 operations a second with float32 accumulation."""

    name: str
    memory: float
    peak: float


GPUS = {
    row["name"]: Gpu(row["name"], float(row["memory_gb"]), float(row["bf16_tflops"]) * 1e12)
    for row in read_csv("radgrounder.training", "gpus.csv")
}


@dataclass(frozen=True)
class Load:
    """What is trained on: training images, conversations an image, tokens a conversation.

    `rows` an image: as many as conversations, or one where they are packed; None where there are no data yet.
    `longest`: text tokens of the longest row, or without data of the longest sample; None where nobody knows.
    `assumed`: what nobody gave.
    """

    images: float
    answers: float
    prompt_tokens: float
    answer_tokens: float
    counted: str  # where the tokens come from
    rows: float | None = None
    longest: float | None = None
    assumed: str = ""


@dataclass(frozen=True)
class Plan:
    """What a run takes. Bytes, operations and hours; `gpus` has one entry each."""

    parameters: int
    trained: int
    sample_tokens: int
    sample_answers: float
    longest_tokens: int
    longest: str
    samples: int
    steps: int
    tokens: int
    flops_a_sample: dict[str, float]
    flops: float
    evaluations: int
    evaluation_flops: float
    memory: dict[str, float]
    trained_dtype: str
    smallest_step: tuple[float, float]
    movable_weight: float
    gpus: dict[str, dict[str, Any]]
    utilisation: float
    counted: str
    assumed: str


def make_plan(
    recipe: Recipe, shape: Shape, load: Load, gpus: Sequence[str], *, utilisation: float = UTILISATION
) -> Plan:
    """The plan of a recipe for a model and data.

    ValueError if it trains a mask head, if its optimizer or target modules are unknown, or if its data are packed and
    it is not.
    """
    if recipe.mask_head:
        raise ValueError(
            "The recipe has mask_prompt: what a mask head takes is not counted. Give a recipe of `trl sft`, "
            "sft/train_packed.py or `radgrounder contrast`."
        )
    trained = Trained(
        lora_weights(shape, recipe.lora_rank, recipe.lora_targets) if recipe.lora_rank else None,
        recipe.frozen_tower, recipe.checkpointing,
    )  # fmt: skip
    sample, answers, samples = _sample(recipe, shape, load)
    steps = recipe.max_steps if recipe.max_steps > 0 else math.ceil(
        math.ceil(samples / recipe.samples_a_step) * recipe.epochs
    )  # fmt: skip
    seen = steps * recipe.samples_a_step if recipe.max_steps > 0 else round(samples * recipe.epochs)
    parts = sample_flops(shape, sample, trained)
    evaluations = recipe.evaluations(steps)
    judged = evaluations * math.ceil(samples * VALIDATION) * forward_flops(shape, sample)
    precision = Precision(BYTES[recipe.dtype], 2 if recipe.autocast else BYTES[recipe.dtype])
    longest, said = _longest(recipe, shape, load, sample)
    held = memory(shape, longest, trained, batch=recipe.batch, precision=precision, optimizer=recipe.optimizer)
    total = seen * sum(parts.values())
    return Plan(
        parameters=shape.parameters,
        trained=trained.count(shape),
        sample_tokens=sample.length,
        sample_answers=answers,
        longest_tokens=longest.length,
        longest=said,
        samples=samples,
        steps=steps,
        tokens=seen * sample.length,
        flops_a_sample=parts,
        flops=total,
        evaluations=evaluations,
        evaluation_flops=judged,
        memory=held,
        trained_dtype=recipe.trained_dtype,
        smallest_step=smallest_step(recipe.trained_dtype),
        movable_weight=movable_weight(recipe.rate, recipe.trained_dtype),
        gpus={name: on_gpu(GPUS[name], total, judged, sum(held.values()), utilisation) for name in gpus},
        utilisation=utilisation,
        counted=load.counted,
        assumed=load.assumed,
    )


def _sample(recipe: Recipe, shape: Shape, load: Load) -> tuple[Sample, float, int]:
    """A mean sample, its answers, and how many there are: the image with <bos>, then prompts and answers."""
    if recipe.packed is None and load.rows is not None and load.rows < load.answers:
        raise ValueError(
            "The rows are packed and the recipe is not. Give a recipe with answers_per_sample, or other data."
        )
    parts = load.answers
    if recipe.packed == 0:
        parts = load.rows or 1.0
    elif recipe.packed:
        parts = math.ceil(load.answers / recipe.packed)
    answers = load.answers / parts
    text = 1 + round(answers * (load.prompt_tokens + load.answer_tokens))
    sample = Sample(shape.image_tokens, text, max(1, round(answers * load.answer_tokens)))
    return sample, answers, max(1, round(load.images * parts))


def _longest(recipe: Recipe, shape: Shape, load: Load, mean: Sample) -> tuple[Sample, str]:
    """The longest sample and where it is from: the longest row with others beside it, or as many answers as the usual
    mixture keeps at most, one of them a long report."""
    turn = load.prompt_tokens + load.answer_tokens
    if load.longest is not None:
        beside = max(0, (recipe.packed or 1) - 1) if load.rows is not None else 0
        longest, said = load.longest, "the longest row" if load.rows is not None else "as given"
    else:
        most = max(Mixture().most, math.ceil(load.answers)) if recipe.packed == 0 else recipe.packed or 1
        beside, longest = most - 1, max(turn, REPORT)
        said = f"{most} answers, one of {longest:g} tokens" if most > 1 else "a report with its prompt"
        said += ": assumed without --longest"
    text = max(mean.text, 1 + math.ceil(longest + beside * turn))
    return Sample(shape.image_tokens, text, math.ceil(text * load.answer_tokens / turn)), said


def on_gpu(gpu: Gpu, flops: float, judged: float, held: float, utilisation: float) -> dict[str, Any]:
    """Whether so many bytes fit, and the hours of so many operations of training and of validation."""
    speed = gpu.peak * utilisation * 3600
    return {
        "memory_gb": gpu.memory,
        "fits": held <= ROOM * gpu.memory * 1e9,
        "training_hours": flops / speed,
        "validation_hours": judged / speed,
    }


# Data


def read_load(folder: Path, *, tokenizer: Any = None) -> Load:
    """Images, conversations and tokens of a folder's sft config: all rows are counted, the first 2,000 are read.

    The longest row is the longest of all by the column `length`, in tokens as those that are read have them.

    Tokens are those of `tokenizer`, or without one those that the column `length` estimates. ValueError if there is no
    sft config.
    """
    import pyarrow.compute as pc
    import pyarrow.parquet as pq

    files = [pq.ParquetFile(path) for path in _files(folder)]
    rows = sum(file.metadata.num_rows for file in files)
    read = [row for file in files[:1] for row in _first_rows(file)]
    texts = [_texts(row["messages"]) for row in read]
    images = sum(1 for _ in groupby(read, key=lambda row: row["image"]))
    answers = sum(len(of_row) // 2 for of_row in texts)
    asked, said = ([text for of_row in texts for text in of_row[start::2]] for start in (0, 1))
    if tokenizer is None:
        length = sum(row["length"] for row in read)
        share = sum(map(len, said)) / max(1, sum(map(len, said)) + sum(map(len, asked)))
        counts = (length * (1 - share), length * share)
    else:
        counts = _tokens(asked, tokenizer), _tokens(said, tokenizer)
    scale = (sum(counts) + 2 * answers) / max(1, sum(row["length"] for row in read))
    longest = max(pc.max(file.read(columns=["length"])["length"]).as_py() for file in files)
    counted = "the column length" if tokenizer is None else "the base's tokenizer"
    return Load(
        rows * images / len(read),
        answers / images,
        counts[0] / answers + 1,  # the line feed behind a prompt, <eos> behind an answer
        counts[1] / answers + 1,
        f"{counted}, {len(read)} of {rows} rows",
        len(read) / images,
        longest * scale,
    )


def _files(folder: Path) -> list[str]:
    from datasets import load_dataset_builder

    wrong = (
        f"{folder} has no sft config with a split train. Give the refrad2d folder of a build, or of `radgrounder mix`."
    )
    try:
        found = load_dataset_builder(str(folder), "sft").config.data_files
    except (FileNotFoundError, ValueError) as error:
        raise ValueError(wrong) from error
    if not found or "train" not in found:
        raise ValueError(wrong)
    return list(found["train"])


def _first_rows(file: Any) -> Iterator[dict[str, Any]]:
    """Messages, length and a name of the picture of the first rows; pictures without a name are told by their bytes."""
    columns = ["messages", "length", "image.path"]
    [batch] = [next(file.iter_batches(SAMPLED, columns=columns))]
    rows = batch.to_pylist()
    if any(row["image"]["path"] is None for row in rows):
        rows = next(file.iter_batches(SAMPLED, columns=["messages", "length", "image"])).to_pylist()
    yield from ({**row, "image": row["image"]["path"] or row["image"].get("bytes")} for row in rows)


def _tokens(texts: Sequence[str], tokenizer: Any) -> float:
    return float(sum(map(len, tokenizer(texts, add_special_tokens=False)["input_ids"])))


def _texts(messages: Sequence[dict[str, Any]]) -> list[str]:
    return ["".join(part["text"] or "" for part in message["content"]) for message in messages]


# Print


def as_json(plan: Plan) -> dict[str, Any]:
    """All figures of a plan, unrounded."""
    return asdict(plan)


def as_text(plan: Plan) -> str:
    """A plan as lines to read: GB and operations in powers of ten."""
    operations = sum(plan.flops_a_sample.values())
    parts = ", ".join(f"{name} {100 * n / operations:.0f} %" for name, n in plan.flops_a_sample.items())
    held = ", ".join(f"{name} {n / 1e9:.1f}" for name, n in plan.memory.items())
    low, high = plan.smallest_step
    lines = [
        ("weights", f"{plan.parameters:,}, trained {plan.trained:,}"),
        ("a sample", f"{plan.sample_tokens:,} tokens, {plan.sample_answers:.1f} answers (tokens by {plan.counted})"),
        ("the longest sample", f"{plan.longest_tokens:,} tokens ({plan.longest}), memory is that of batches of it"),
        ("operations a sample", f"{format_power(operations)} ({parts})"),
        ("the run", f"{plan.samples:,} samples an epoch, {plan.steps:,} steps, {format_power(plan.tokens)} tokens"),
        ("operations", f"{format_power(plan.flops)}, validation {plan.evaluations} × "
         f"{format_power(plan.evaluation_flops / max(1, plan.evaluations))}"),
        ("memory, GB (estimate)", f"{sum(plan.memory.values()) / 1e9:.1f}: {held}"),
        ("trained weights", f"{plan.trained_dtype}: a change below {100 * low:.2g} to {100 * high:.2g} % of a weight "
         f"is lost; at this rate none above {plan.movable_weight:.2g} moves"),
    ]  # fmt: skip
    if plan.assumed:
        lines.insert(0, ("assumed", plan.assumed))
    return format_lines([*lines, *((name, format_gpu(found, plan.utilisation)) for name, found in plan.gpus.items())])


def format_lines(lines: Sequence[tuple[str, str]]) -> str:
    """Names and what they are, in two columns."""
    width = max(len(name) for name, _ in lines)
    return "\n".join(f"{name:<{width}}  {text}" for name, text in lines)


def format_power(number: float) -> str:
    """1.23 × 10⁹ of 1,230,000,000."""
    digits, _, exponent = f"{number:.2e}".partition("e")
    return f"{digits} × 10{str(int(exponent)).translate(str.maketrans('-0123456789', '⁻⁰¹²³⁴⁵⁶⁷⁸⁹'))}"


def format_gpu(found: dict[str, Any], utilisation: float) -> str:
    """What a GPU's entry of a plan says."""
    fits = "fits" if found["fits"] else "does not fit"
    return (
        f"{found['memory_gb']:.0f} GB: {fits}; {found['training_hours']:.1f} h of training, "
        f"{found['validation_hours']:.1f} h of validation at {100 * utilisation:.0f} % of the peak"
    )
