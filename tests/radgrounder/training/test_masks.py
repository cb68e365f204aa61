"""The trainer of mask heads: what it changes and what it leaves, and that a run goes on to the same weights."""

import runpy
from pathlib import Path

import pytest
import torch
from datasets import Dataset
from safetensors.torch import load_file
from transformers import AutoModelForImageTextToText
from trl import ModelConfig, ScriptArguments, SFTConfig, TrlParser

from radgrounder.masks.storage import load_head
from radgrounder.models.release import release, release_with_masks
from refrad2d.schema import CONFIG_COLUMNS, features
from tests.fixtures.mask_rows import mask_row
from tests.fixtures.paths import ROOT
from tests.fixtures.tiny_models import save_nano

SCRIPT = runpy.run_path(str(ROOT / "sft" / "train_masks.py"))
RECIPES = [p for p in sorted((ROOT / "sft" / "recipes").glob("*/masks*.yaml")) if p.stem != "masks-text"]


@pytest.fixture(scope="module")
def tiny(tmp_path_factory):
    folder = tmp_path_factory.mktemp("masks")
    save_nano(folder / "nano")
    (folder / "data").mkdir()
    card = ["---", "configs:", "- config_name: grounded", "  data_files:"]
    for split, first in (("train", 0), ("validation", 6)):
        rows = [{name: mask_row(first + n)[name] for name in CONFIG_COLUMNS["grounded"]} for n in range(6)]
        Dataset.from_list(rows, features=features("grounded")).to_parquet(folder / "data" / f"masks-{split}.parquet")
        card += [f"  - split: {split}", f"    path: masks-{split}.parquet"]
    (folder / "data" / "README.md").write_text("\n".join([*card, "---", ""]))
    return folder


def train(recipe: Path, tiny: Path, out: Path, *more):
    parser = TrlParser((ScriptArguments, SFTConfig, ModelConfig, SCRIPT["MaskArguments"]))
    given = (
        "--config", recipe, "--model_name_or_path", tiny / "nano", "--dataset_name", tiny / "data", "--output_dir", out,
        "--max_steps", 2, "--per_device_train_batch_size", 2, "--gradient_accumulation_steps", 1, "--use_cpu", "true",
        "--dtype", "float32", "--dataloader_num_workers", 0, "--disable_tqdm", "true", "--warmup_steps", 0,
        "--eval_steps", 1, "--save_steps", 1, "--save_total_limit", 2, *more,
    )  # fmt: skip
    SCRIPT["main"](*parser.parse_args_and_config([str(word) for word in given], fail_with_unknown_args=True))


@pytest.mark.parametrize("recipe", RECIPES, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_a_recipe_trains_a_head_and_is_released(recipe, tiny, tmp_path):
    train(recipe, tiny, tmp_path / "run")
    before = load_file(tiny / "nano" / "model.safetensors")
    if (tmp_path / "run" / "adapter_config.json").is_file():
        release(tmp_path / "run", tmp_path / "model")
    else:
        release_with_masks(tiny / "nano", tmp_path / "run", tmp_path / "model")
        assert (tmp_path / "model/model.safetensors").read_bytes() == (tiny / "nano/model.safetensors").read_bytes()
    assert load_file(tmp_path / "model" / "model.safetensors").keys() == before.keys()
    assert load_head(tmp_path / "model") is not None
    AutoModelForImageTextToText.from_pretrained(tmp_path / "model")


def test_a_killed_run_goes_on_to_the_same_weights(tiny, tmp_path):
    recipe = ROOT / "sft" / "recipes" / "nano" / "masks.yaml"
    more = ("--load_best_model_at_end", "false")
    train(recipe, tiny, tmp_path / "whole", *more)
    last = load_file(tmp_path / "whole" / "head.safetensors")
    train(recipe, tiny, tmp_path / "rest", *more, "--resume_from_checkpoint", tmp_path / "whole" / "checkpoint-1")
    rest = load_file(tmp_path / "rest" / "head.safetensors")
    first = load_file(tmp_path / "whole" / "checkpoint-1" / "head.safetensors")
    assert all(torch.equal(last[name], rest[name]) for name in last)
    assert any(not torch.equal(last[name], first[name]) for name in last)


def test_a_run_without_a_head_is_not_released(tiny, tmp_path):
    with pytest.raises(ValueError, match="sft/train_masks.py"):
        release_with_masks(tiny / "nano", tiny / "data", tmp_path / "model")
    with pytest.raises(ValueError, match="no model folder"):
        release_with_masks(tiny / "data", tiny / "data", tmp_path / "model")
