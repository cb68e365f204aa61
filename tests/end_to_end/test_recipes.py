"""Every recipe is parsed by TRL's own parser and runs one step on a random tiny model of the same architecture."""

import runpy
import subprocess
import sys
from pathlib import Path

import pytest
import torch
import yaml
from safetensors.torch import load_file
from transformers import TrainerCallback
from trl import ModelConfig, ScriptArguments, SFTConfig, SFTTrainer, TrlParser, get_peft_config
from trl.scripts.sft import main, make_parser

from radgrounder.models.prepare import prepare
from radgrounder.models.release import release
from radgrounder.training.mixtures import cap, write_config
from radgrounder.training.recipe import movable_weight, read_recipe
from refrad2d.mixture import Mixture
from tests.fixtures.paths import ROOT
from tests.fixtures.tiny_models import save_nano, save_sft

HEADS = ("masks", "masks-mentions", "contrast")  # recipes of sft/train_masks.py and `radgrounder contrast`
RECIPES = [path for path in sorted((ROOT / "sft" / "recipes").glob("*/*.yaml")) if path.stem not in HEADS]
NAMES = [f"{path.parent.name}/{path.stem}" for path in RECIPES]
LARGE = [path for path in RECIPES if path.parent.name == "paligemma2-3b"]
SCRIPT = runpy.run_path(str(ROOT / "sft" / "train_packed.py"))


@pytest.fixture(scope="module")
def tiny(tmp_path_factory):
    folder = tmp_path_factory.mktemp("recipes")
    prepare(str(save_nano(folder / "nano")), folder / "base")
    prepare(str(folder / "nano"), folder / "packed-base", attention="image")
    save_sft(folder / "data")
    write_config(cap(folder / "data", Mixture(), packed=True), folder / "packed-data", about="Packed.")
    return folder


def is_packed(recipe):
    return "answers_per_sample" in yaml.safe_load(recipe.read_text())


def parse(recipe, *overrides):
    """What `trl sft --config` reads, or sft/train_packed.py for a packed recipe; in both, a key that is none is an error."""
    parser = make_parser()
    if is_packed(recipe):
        parser = TrlParser((ScriptArguments, SFTConfig, ModelConfig, SCRIPT["PackingArguments"]))
    return parser.parse_args_and_config(["--config", str(recipe), *map(str, overrides)], fail_with_unknown_args=True)


def train(recipe, tiny, out, *more):
    """A run of seconds by the program that the recipe is for, on data as it asks for."""
    if is_packed(recipe):
        given = small(tiny, out, "--dataset_name", tiny / "packed-data", *more, base="packed-base")
        SCRIPT["main"](*parse(recipe, *given))
    else:
        main(*parse(recipe, *small(tiny, out, *more)))


def small(tiny, out, *more, base="base"):
    """Overrides that make any recipe a run of seconds; `more` comes last and wins."""
    return (
        "--model_name_or_path", tiny / base, "--dataset_name", tiny / "data", "--output_dir", out, "--max_steps", 1,
        "--per_device_train_batch_size", 2, "--per_device_eval_batch_size", 12, "--gradient_accumulation_steps", 1,
        "--use_cpu", "true", "--bf16", "false", "--dtype", "float32", "--dataloader_num_workers", 0,
        "--disable_tqdm", "true", "--warmup_steps", 0, *more,
    )  # fmt: skip


@pytest.mark.parametrize("recipe", RECIPES, ids=NAMES)
def test_a_recipe_runs_one_step_and_is_released(recipe, tiny, tmp_path):
    train(recipe, tiny, tmp_path / "out")
    release(tmp_path / "out", tmp_path / "model")
    base = tiny / ("packed-base" if is_packed(recipe) else "base")
    before, after = (load_file(folder / "model.safetensors") for folder in (base, tmp_path / "model"))
    assert before.keys() == after.keys()
    moved = {name for name in before if not torch.equal(before[name], after[name])}
    assert moved
    if read_recipe(recipe).frozen_tower:
        assert not any("vision_tower" in name for name in moved)


@pytest.mark.parametrize("recipe", LARGE, ids=lambda path: path.stem)
def test_trained_weights_can_hold_the_steps_of_a_recipe(recipe, tiny, tmp_path, monkeypatch):
    """In the types of the recipe, autocast and all: what is trained is float32, and the loss is a number."""
    seen = {}

    def look(trainer, *args, **kwargs):
        seen["types"] = {p.dtype for p in trainer.model.parameters() if p.requires_grad}
        seen["loss"] = evaluate(trainer, *args, **kwargs)["eval_loss"]
        return {"eval_loss": seen["loss"]}

    evaluate = SFTTrainer.evaluate
    monkeypatch.setattr(SFTTrainer, "evaluate", look)
    train(recipe, tiny, tmp_path / "out", "--bf16", "true", "--dtype", read_recipe(recipe).dtype)
    assert seen["types"] == {torch.float32} and 0 < seen["loss"] < 20
    assert movable_weight(read_recipe(recipe).rate, read_recipe(recipe).trained_dtype) > 1000


def command_line(recipe, *options):
    """The program itself, `trl sft`, in a process of its own."""
    words = [Path(sys.executable).with_name("trl"), "sft", "--config", recipe, *options]
    return subprocess.run(list(map(str, words)), capture_output=True, text=True, timeout=600)


def test_the_program_itself_runs_a_large_recipe_on_capped_data(tiny, tmp_path):
    capped = tmp_path / "capped"
    write_config(cap(tiny / "data", Mixture()), capped, about="Capped.")
    options = small(tiny, tmp_path / "out", "--dataset_name", capped)
    found = command_line(ROOT / "sft" / "recipes" / "paligemma2-3b" / "lora-24gb.yaml", *options)
    assert found.returncode == 0, found.stderr[-2000:]
    assert (tmp_path / "out" / "adapter_model.safetensors").is_file()


def test_the_program_refuses_a_packed_recipe(tmp_path):
    recipe = ROOT / "sft" / "recipes" / "paligemma2-3b" / "packed-24gb.yaml"
    found = command_line(recipe, "--use_cpu", "true", "--bf16", "false", "--output_dir", tmp_path / "out")
    assert found.returncode != 0 and "answers_per_sample" in found.stderr + found.stdout


def test_packed_rows_are_refused_by_the_stock_program(tiny, tmp_path):
    recipe = ROOT / "sft" / "recipes" / "paligemma2-3b" / "lora-24gb.yaml"
    with pytest.raises(ValueError, match="image"):
        main(*parse(recipe, *small(tiny, tmp_path / "out", "--dataset_name", tiny / "packed-data", base="packed-base")))


@pytest.mark.parametrize("recipe", RECIPES, ids=NAMES)
def test_checkpoints_are_chosen_on_validation_rows(recipe):
    script, training, *_ = parse(recipe, "--use_cpu", "true", "--bf16", "false")
    assert (script.dataset_config, script.dataset_train_split, script.dataset_test_split) == (
        "sft",
        "train",
        "validation",
    )
    assert training.load_best_model_at_end and training.metric_for_best_model == "eval_loss"
    assert training.assistant_only_loss and training.seed == 0 and training.report_to == []


@pytest.mark.parametrize("recipe", LARGE, ids=lambda path: path.stem)
def test_an_adapter_of_the_large_model_leaves_the_vision_tower_alone(recipe, tiny):
    from peft import get_peft_model
    from transformers import AutoModelForImageTextToText

    config = get_peft_config(parse(recipe, "--use_cpu", "true", "--bf16", "false")[2])
    if config is None:
        pytest.skip("this recipe trains all weights")
    model = get_peft_model(AutoModelForImageTextToText.from_pretrained(tiny / "base"), config)
    names = [name for name, parameter in model.named_parameters() if parameter.requires_grad]
    assert names and all("language_model" in name for name in names)


@pytest.mark.parametrize("recipe", RECIPES, ids=NAMES)
def test_a_recipe_has_its_row_in_the_readme(recipe):
    table = (ROOT / "sft" / "recipes" / "README.md").read_text(encoding="utf-8")
    assert f"{recipe.parent.name}/{recipe.name}" in table


def test_a_recipe_names_nothing_twice():
    for recipe in RECIPES:
        keys = [line.split(":")[0] for line in recipe.read_text().splitlines() if line and line[0] not in "# "]
        assert len(keys) == len(set(keys)) == len(yaml.safe_load(recipe.read_text()))


class Stop(TrainerCallback):
    """Breaks a run off after a step, as a kill would."""

    def __init__(self, step):
        self.step = step

    def on_step_end(self, args, state, control, **_):
        if state.global_step == self.step:
            raise KeyboardInterrupt


def test_a_killed_run_goes_on_to_the_same_weights(tiny, tmp_path, monkeypatch):
    recipe = ROOT / "sft" / "recipes" / "nano" / "detection.yaml"
    often = (
        "--max_steps",
        4,
        "--eval_strategy",
        "no",
        "--load_best_model_at_end",
        "false",
        "--save_steps",
        2,
        "--save_total_limit",
        4,
    )
    main(*parse(recipe, *small(tiny, tmp_path / "whole", *often)))
    begin = SFTTrainer.__init__
    monkeypatch.setattr(SFTTrainer, "__init__", lambda self, *a, **k: begin(self, *a, **k, callbacks=[Stop(3)]))
    with pytest.raises(KeyboardInterrupt):
        main(*parse(recipe, *small(tiny, tmp_path / "killed", *often)))
    monkeypatch.setattr(SFTTrainer, "__init__", begin)
    last = ("--resume_from_checkpoint", tmp_path / "killed" / "checkpoint-2")
    main(*parse(recipe, *small(tiny, tmp_path / "killed", *often, *last)))
    whole, killed = (
        load_file(tmp_path / run / "checkpoint-4" / "adapter_model.safetensors") for run in ("whole", "killed")
    )
    assert whole.keys() == killed.keys() and all(torch.equal(whole[name], killed[name]) for name in whole)


def test_the_packed_script_takes_the_same_recipe(tiny, tmp_path, monkeypatch):
    recipe = ROOT / "sft" / "recipes" / "nano" / "detection.yaml"
    options = small(tiny, tmp_path / "out", "--answers_per_sample", 3, "--logging_steps", 1, base="packed-base")
    monkeypatch.setattr("sys.argv", ["train_packed.py", "--config", str(recipe), *map(str, options)])
    runpy.run_path(str(ROOT / "sft" / "train_packed.py"), run_name="__main__")
    release(tmp_path / "out", tmp_path / "model")
    assert (tmp_path / "model" / "INFERENCE.md").is_file()
