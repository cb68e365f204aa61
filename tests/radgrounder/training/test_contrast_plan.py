"""Plans of contrasts: weights as transformers has them, memory that goes with the piece and not with the batch."""

import json
from dataclasses import replace

import pytest
import torch
from transformers import SiglipConfig, SiglipModel

from radgrounder.cli import main
from radgrounder.contrast.towers import TextShape, build_towers
from radgrounder.training.contrast_plan import (
    contrast_text,
    make_contrast_plan,
    read_contrast,
    text_tower,
    vision_parameters,
)
from radgrounder.training.shape import large_config, shape_of
from tests.fixtures.paths import ROOT
from tests.fixtures.tiny_models import save_nano

RECIPES = ROOT / "sft" / "recipes"
LARGE = shape_of(large_config())
LARGER = {"chunk": 128, "checkpointing": False}  # what the recipe's first lines say of 80 GB
RECIPE = read_contrast(RECIPES / "paligemma2-3b" / "contrast.yaml")


def planned(gpus=("l4",), **changes):
    shared = {name: changes.pop(name) for name in ("batch", "checkpointing", "optimizer") if name in changes}
    recipe = replace(RECIPE, shared=replace(RECIPE.shared, **shared), **changes)
    return make_contrast_plan(recipe, LARGE, 1_017_000, gpus)


def test_weights_are_those_of_the_stock_model_on_the_meta_device():
    part = {"hidden_size": 1152, "intermediate_size": 4304, "num_hidden_layers": 27, "num_attention_heads": 16}
    seen = {**part, "image_size": 224, "patch_size": 14}
    with torch.device("meta"):
        model = SiglipModel(SiglipConfig(text_config=part, vision_config=seen))
    assert vision_parameters(LARGE) == sum(p.numel() for p in model.vision_model.parameters())
    assert planned().parameters == sum(p.numel() for p in model.parameters())


def test_a_small_text_tower_is_counted_as_it_is_built(tmp_path):
    base = save_nano(tmp_path / "nano")
    model = build_towers(base, TextShape(layers=1, length=12)).model
    recipe = replace(RECIPE, text_tower="", text_layers=1, text_length=12)
    shape = replace(shape_of(model.config and _config(base)), vocabulary=model.config.text_config.vocab_size)
    assert text_tower(recipe, shape).parameters == sum(p.numel() for p in model.text_model.parameters())
    assert vision_parameters(shape) == sum(p.numel() for p in model.vision_model.parameters())


def _config(base):
    from transformers import AutoConfig

    return AutoConfig.from_pretrained(base)


def test_activations_go_with_the_piece_and_the_rest_with_the_batch():
    small, large = planned(batch=512), planned(batch=1024)
    assert small.memory["activations"] == large.memory["activations"]
    assert large.memory["pictures"] == 2 * small.memory["pictures"]
    assert large.memory["logits"] == 4 * small.memory["logits"]
    assert planned(chunk=128).memory["activations"] == 2 * large.memory["activations"]


def test_the_recipe_fits_where_it_says_so_and_not_without_caching():
    assert planned(("l4", "a100-80gb")).gpus["l4"]["fits"]
    assert planned(("a100-80gb",), **LARGER).gpus["a100-80gb"]["fits"]
    assert not planned(("l4",), **LARGER).gpus["l4"]["fits"]
    assert not planned(("a100-80gb",), chunk=0, checkpointing=False).gpus["a100-80gb"]["fits"]


def test_caching_costs_one_more_pass_and_checkpointing_another():
    once = planned(chunk=0, checkpointing=False).flops_a_slice
    assert planned(checkpointing=False).flops_a_slice == pytest.approx(4 / 3 * once)
    assert planned().flops_a_slice == pytest.approx(5 / 3 * once)


def test_other_recipes_are_none_and_odd_numbers_are_refused(tmp_path):
    assert read_contrast(RECIPES / "nano" / "packed.yaml") is None and read_contrast(tmp_path / "none.yaml") is None
    (tmp_path / "odd.yaml").write_text("sentences_per_image: 1\nchunk: -3\n")
    with pytest.raises(ValueError, match="The recipe's chunk is -3"):
        read_contrast(tmp_path / "odd.yaml")
    with pytest.raises(ValueError, match="Unknown optimizer 'lion'"):
        planned(optimizer="lion")


def test_the_command_prints_it(capsys):
    words = ["plan", str(RECIPES / "paligemma2-3b" / "contrast.yaml"), "--gpu", "l4", "--images", "1017000"]
    assert main(words) == 0
    assert capsys.readouterr().out == contrast_text(planned()) + "\n"
    assert main([*words, "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["steps"] == planned().steps
    assert main([*words[:-2], "--data", "."]) == 2
    assert "Give --images instead of --data" in capsys.readouterr().err


def test_the_plans_of_the_document_are_those_of_the_command(capsys, monkeypatch):
    monkeypatch.chdir(ROOT)
    text = (ROOT / "docs" / "contrast.md").read_text(encoding="utf-8")
    blocks = text.split("```\n$ radgrounder ")[1:]
    assert len(blocks) == 1
    arguments, _, shown = blocks[0].partition("\n")
    assert main(arguments.split()) == 0
    assert capsys.readouterr().out == shown.split("```")[0]
    whole = planned(chunk=0, checkpointing=False)
    larger, uncached = (sum(plan.memory.values()) / 1e9 for plan in (planned(**LARGER), whole))
    assert f"{larger:.1f} GB" in text and f"{uncached:.0f} GB" in text
