"""Recipes are read as TRL reads them; which steps a weight can hold is what torch rounds."""

import runpy
from dataclasses import fields

import pytest
import torch
from trl import ModelConfig, ScriptArguments, SFTConfig, TrlParser

from radgrounder.training.recipe import DEFAULTS, make_recipe, movable_weight, read_recipe, smallest_step
from tests.fixtures.paths import ROOT

HEADS = ("masks", "masks-mentions", "contrast")  # recipes of sft/train_masks.py and `radgrounder contrast`
RECIPES = [path for path in sorted((ROOT / "sft" / "recipes").glob("*/*.yaml")) if path.stem not in HEADS]


def write(tmp_path, text):
    (tmp_path / "recipe.yaml").write_text(text)
    return tmp_path / "recipe.yaml"


def by_trl(path, packing):
    parser = TrlParser((ScriptArguments, SFTConfig, ModelConfig, packing))
    parsed = parser.parse_args_and_config(["--config", str(path), "--use_cpu", "true"])
    return {entry.name: getattr(part, entry.name) for part in parsed for entry in fields(part)}


@pytest.fixture(scope="module")
def packing():
    return runpy.run_path(str(ROOT / "sft" / "train_packed.py"))["PackingArguments"]


@pytest.mark.parametrize("path", RECIPES, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_a_recipe_is_read_as_trl_reads_it(path, packing):
    theirs, mine = by_trl(path, packing), read_recipe(path)
    assert (mine.batch, mine.accumulation) == (
        theirs["per_device_train_batch_size"], theirs["gradient_accumulation_steps"]
    )  # fmt: skip
    assert (mine.model, mine.dtype, mine.autocast) == (
        theirs["model_name_or_path"], theirs["dtype"], theirs["bf16"]
    )  # fmt: skip
    assert (mine.rate, mine.epochs, mine.max_steps) == (
        theirs["learning_rate"], theirs["num_train_epochs"], theirs["max_steps"]
    )  # fmt: skip
    assert (mine.checkpointing, mine.optimizer) == (theirs["gradient_checkpointing"], theirs["optim"])
    assert mine.lora_rank == (theirs["lora_r"] if theirs["use_peft"] else None)
    assert mine.frozen_tower == theirs["frozen_tower"]
    assert (mine.eval_strategy, mine.eval_steps) == (theirs["eval_strategy"].value, theirs["eval_steps"])


def test_what_a_recipe_leaves_out_is_as_in_trl(packing, tmp_path):
    theirs = by_trl(write(tmp_path, "output_dir: out\n"), packing)
    for name, value in DEFAULTS.items():
        if name in ("model_name_or_path", "answers_per_sample", "eval_strategy"):
            continue
        assert value == theirs[name], name
    assert theirs["eval_strategy"].value == DEFAULTS["eval_strategy"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (None, "There is no"),
        ("- a\n- b\n", "holds no keys"),
        ("a: [", "is no YAML"),
        ("learning_rate: 5e-5\n", "Write 5.0e-5 with its dot"),
        ("per_device_train_batch_size: 0\n", "is 0. Give a number of 1 or more."),
        ("num_train_epochs: true\n", "num_train_epochs is True"),
        ("use_peft: true\nlora_r: -4\n", "lora_r is -4"),
        ("per_device_train_batch_size: 2.5\n", "is 2.5. Give a whole number."),
        ("max_steps: .nan\n", "max_steps is nan"),
        ("gradient_accumulation_steps: [1]\n", "accumulation_steps is .1.. Give a number"),
        ("load_in_4bit: true\n", "Quantised weights"),
        ("use_peft: true\n", "lora_target_modules are None. Give names"),
        ("use_peft: true\nlora_target_modules: 5\n", "lora_target_modules are 5"),
        ("use_peft: true\nlora_target_modules: [1, 2]\n", "lora_target_modules are .1, 2."),
        ("use_peft: true\nlora_target_modules: ['.*(q_proj']\n", "is no regular expression"),
        ("dtype: [float32]\n", "cannot be counted. Choose from float32"),
        ("dtype:\n", "None cannot be counted. Choose from float32"),
        ("dtype: int8\n", "'int8' cannot be counted. Choose from float32"),
        ("answers_per_sample: many\n", "answers_per_sample is 'many'"),
    ],
)
def test_a_recipe_that_cannot_be_read_is_refused_with_the_remedy(text, message, tmp_path):
    path = tmp_path / "none.yaml" if text is None else write(tmp_path, text)
    with pytest.raises(ValueError, match=message):
        read_recipe(path)


@pytest.mark.parametrize(
    ("strategy", "every", "steps", "expected"),
    [
        ("no", 0.1, 100, 0),
        ("steps", 0.25, 1000, 4),
        ("steps", 300, 1000, 3),
        ("epoch", None, 1000, 2),
        ("steps", 0.1, 7, 10),
    ],
)
def test_evaluations_are_counted(strategy, every, steps, expected):
    recipe = make_recipe({**DEFAULTS, "eval_strategy": strategy, "eval_steps": every, "num_train_epochs": 2})
    assert recipe.evaluations(steps) == expected


@pytest.mark.parametrize("dtype", ["float32", "bfloat16", "float16"])
def test_the_smallest_step_is_what_torch_rounds(dtype):
    low, high = smallest_step(dtype)
    kind = getattr(torch, dtype)
    assert high == torch.finfo(kind).eps / 2
    one = torch.tensor(1.0, dtype=torch.float64)
    below_two = one * 2 - torch.finfo(kind).eps  # the last number of its octave
    for weight, smallest in ((one, high), (below_two, low * 2 / below_two)):
        assert (weight * (1 + 1.05 * smallest)).to(kind) != weight.to(kind)
        assert (weight * (1 + 0.95 * smallest)).to(kind) == weight.to(kind)


def test_bfloat16_loses_steps_that_float32_keeps():
    weights = torch.randn(10_000, generator=torch.Generator().manual_seed(0)) * 0.05
    for dtype in ("bfloat16", "float32"):
        stored = weights.to(getattr(torch, dtype))
        moved = (stored + 5e-5) != stored
        assert not moved[stored.abs() > movable_weight(5e-5, dtype)].any()
        assert moved.float().mean() > 0.999 if dtype == "float32" else moved.float().mean() < 0.5


def test_an_adapter_is_trained_in_float32():
    adapter = {"use_peft": True, "lora_target_modules": ["q_proj"]}
    assert make_recipe({**DEFAULTS, **adapter, "dtype": "bfloat16"}).trained_dtype == "float32"
    assert make_recipe({**DEFAULTS, "dtype": "bfloat16"}).trained_dtype == "bfloat16"
