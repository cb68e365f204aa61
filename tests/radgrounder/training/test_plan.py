"""Plans: samples and steps of packed and single runs, hours, what fits, and what is read from data."""

import json
from dataclasses import replace

import pytest

from radgrounder.training.mixtures import cap, write_config
from radgrounder.training.plan import GPUS, Load, as_json, as_text, make_plan, read_load
from radgrounder.training.recipe import DEFAULTS, make_recipe, movable_weight, read_recipe
from radgrounder.training.shape import large_config, shape_of
from refrad2d.mixture import Mixture
from refrad2d.system.tables import read_csv
from tests.fixtures.paths import ROOT
from tests.fixtures.tiny_models import gemma_tokenizer, save_sft

LARGE = shape_of(large_config())
PAPER = Load(1_017_000, 10, 20, 30, "given")  # the training images of the paper
RECIPES = ROOT / "sft" / "recipes" / "paligemma2-3b"


def planned(name, load=PAPER, gpus=("h100",), **options):
    return make_plan(read_recipe(RECIPES / f"{name}.yaml"), LARGE, load, gpus, **options)


def test_a_packed_recipe_sees_each_image_once_an_epoch():
    plan = planned("packed-80gb")
    assert (plan.samples, plan.sample_answers, plan.sample_tokens) == (1_017_000, 10, 256 + 1 + 500)
    assert plan.steps == 2 * -(-1_017_000 // 24) and plan.tokens == 2 * 1_017_000 * 757


def test_a_single_recipe_sees_each_answer():
    plan = planned("lora-24gb")
    assert (plan.samples, plan.sample_answers, plan.sample_tokens) == (10_170_000, 1, 256 + 1 + 50)


def test_answers_that_do_not_fit_a_sample_make_several():
    recipe = make_recipe({**DEFAULTS, "answers_per_sample": 4})
    assert make_plan(recipe, LARGE, PAPER, ["h100"]).samples == 3 * 1_017_000


def test_packed_recipes_end_within_a_day_on_one_h100_and_fit_where_they_say():
    for name, gpu in (("packed-24gb", "l4"), ("packed-80gb", "a100-80gb")):
        plan = planned(name, gpus=("h100", gpu))
        assert sum(plan.gpus["h100"][part] for part in ("training_hours", "validation_hours")) < 24
        assert plan.gpus[gpu]["fits"]
    assert not planned("packed-80gb", gpus=("l4",)).gpus["l4"]["fits"]


def test_the_paper_s_schedule_ends_within_three_days_and_all_conversations_six_times_over_do_not():
    assert planned("full", replace(PAPER, answers=12)).gpus["h100"]["training_hours"] < 72
    assert planned("full", replace(PAPER, answers=6 * 39)).gpus["h100"]["training_hours"] > 25 * 24


def test_no_recipe_trains_weights_that_cannot_hold_its_steps():
    for path in RECIPES.glob("*.yaml"):
        if path.stem not in ("masks", "contrast"):  # a frozen base with a head in float32; towers in float32
            assert planned(path.stem).trained_dtype == "float32", path.stem


def test_steps_that_a_recipe_fixes_are_the_whole_run():
    recipe = make_recipe({**DEFAULTS, "max_steps": 100})
    plan = make_plan(recipe, LARGE, PAPER, ["h100"])
    assert (plan.steps, plan.tokens) == (100, 100 * 8 * plan.sample_tokens)


def test_memory_is_for_batches_of_the_longest_samples():
    packed, single = planned("packed-24gb"), planned("lora-24gb")
    assert packed.longest_tokens == 256 + 1 + 11 * 50 + 256  # 12 answers, one of them a long report
    assert single.longest_tokens == 256 + 1 + 256
    assert "12 answers, one of 256 tokens: assumed" in packed.longest
    longer = planned("packed-24gb", replace(PAPER, longest=2000.0))
    assert (longer.longest_tokens, longer.longest) == (256 + 1 + 2000, "as given")
    assert longer.memory["activations"] > 2 * packed.memory["activations"] and longer.flops == packed.flops


def test_full_training_in_batches_of_eight_would_not_fit_80_gb():
    recipe = replace(read_recipe(RECIPES / "packed-80gb.yaml"), batch=8, accumulation=3)
    assert not make_plan(recipe, LARGE, PAPER, ["h100"]).gpus["h100"]["fits"]


def test_every_recipe_fits_the_gpu_that_it_names():
    for name in ("lora-24gb", "packed-24gb", "public", "lora-80gb", "packed-80gb", "full"):
        gpu = "l4" if name in ("lora-24gb", "packed-24gb", "public") else "a100-80gb"
        assert planned(name, gpus=(gpu,)).gpus[gpu]["fits"], name


def test_a_mask_head_is_refused():
    with pytest.raises(ValueError, match="has mask_prompt: what a mask head takes is not counted. Give a recipe"):
        planned("masks")


def test_hours_follow_from_peak_and_utilisation():
    plan = planned("packed-24gb", gpus=("h100", "l4"), utilisation=0.5)
    assert plan.gpus["h100"]["training_hours"] == pytest.approx(plan.flops / (989e12 * 0.5) / 3600)
    assert plan.gpus["l4"]["training_hours"] / plan.gpus["h100"]["training_hours"] == pytest.approx(989 / 121)


def test_every_gpu_names_its_source():
    rows = read_csv("radgrounder.training", "gpus.csv")
    assert len(rows) == len(GPUS) and all(row["source"] for row in rows)
    assert all(1e13 < gpu.peak < 1e16 and 10 < gpu.memory < 1000 for gpu in GPUS.values())


def test_a_plan_is_printed_and_written():
    plan = planned("packed-24gb", gpus=("h100", "l4"))
    text = as_text(plan)
    assert "757 tokens, 10.0 answers (tokens by given)" in text and "l4" in text and "24 GB: fits" in text
    assert json.loads(json.dumps(as_json(plan)))["steps"] == plan.steps


@pytest.fixture(scope="module")
def folders(tmp_path_factory):
    root = tmp_path_factory.mktemp("plan")
    save_sft(root / "single", pictures=5)
    write_config(cap(root / "single", Mixture(), packed=True), root / "packed", about="Packed.")
    return root


def test_data_are_counted_single_and_packed_alike(folders):
    single, packed = (read_load(folders / name) for name in ("single", "packed"))
    assert (single.images, single.answers) == (packed.images, packed.answers) == (5, 4)
    assert single.prompt_tokens == packed.prompt_tokens and single.answer_tokens == packed.answer_tokens
    assert single.counted == "the column length, 20 of 20 rows"


def test_the_longest_row_of_the_data_is_taken(folders):
    single, packed = (read_load(folders / name) for name in ("single", "packed"))
    assert packed.longest > single.longest > single.prompt_tokens + single.answer_tokens
    plan = planned("packed-24gb", packed)
    assert plan.longest == "the longest row" and plan.longest_tokens >= plan.sample_tokens


def test_packed_rows_are_the_samples_of_a_packed_recipe_alone(folders):
    single, packed = (read_load(folders / name) for name in ("single", "packed"))
    assert (planned("packed-24gb", packed).samples, planned("packed-24gb", packed).sample_answers) == (5, 4)
    assert (planned("packed-24gb", single).samples, planned("packed-24gb", single).sample_answers) == (20, 1)
    assert planned("lora-24gb", single).samples == 20
    with pytest.raises(
        ValueError, match="rows are packed and the recipe is not. Give a recipe with answers_per_sample"
    ):
        planned("lora-24gb", packed)


def test_tokens_are_those_of_the_base_where_there_is_one(folders):
    load = read_load(folders / "single", tokenizer=gemma_tokenizer())
    assert load.counted.startswith("the base's tokenizer") and 1 < load.answer_tokens < load.prompt_tokens
    whole = load.prompt_tokens + load.answer_tokens
    rough = read_load(folders / "single")
    assert 0.5 < whole / (rough.prompt_tokens + rough.answer_tokens) < 2


def test_a_folder_without_the_config_is_refused(tmp_path):
    with pytest.raises(ValueError, match="has no sft config with a split train"):
        read_load(tmp_path)


def test_the_plans_in_the_readme_are_those_of_the_command(capsys, monkeypatch):
    from radgrounder.cli import main

    monkeypatch.chdir(ROOT)
    blocks = (ROOT / "sft" / "recipes" / "README.md").read_text(encoding="utf-8").split("```\n$ radgrounder ")[1:]
    assert len(blocks) == 5
    for block in blocks:
        arguments, _, shown = block.partition("\n")
        assert main(arguments.split()) == 0
        assert capsys.readouterr().out == shown.split("```")[0]


def test_the_readme_names_the_weights_that_bfloat16_would_not_move():
    text = " ".join((ROOT / "sft" / "recipes" / "README.md").read_text(encoding="utf-8").split())
    rate = read_recipe(RECIPES / "packed-80gb.yaml").rate
    assert f"at {rate:.0e}".replace("e-05", "e-5") + f" no weight above {movable_weight(rate, 'bfloat16'):.2g}" in text
