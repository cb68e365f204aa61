"""`radgrounder plan`: a table or JSON of a recipe, and what is refused with which remedy."""

import json

import pytest

from radgrounder.cli import main
from tests.fixtures.paths import ROOT
from tests.fixtures.tiny_models import save_nano, save_sft

PACKED = str(ROOT / "sft" / "recipes" / "paligemma2-3b" / "packed-24gb.yaml")
MASKS = str(ROOT / "sft" / "recipes" / "paligemma2-3b" / "masks.yaml")
NANO = str(ROOT / "sft" / "recipes" / "nano" / "detection.yaml")


def test_a_table_and_json_have_the_same_figures(capsys):
    assert main(["plan", PACKED, "--gpu", "h100", "l4", "--images", "1000", "--answers", "9.5"]) == 0
    text = capsys.readouterr().out
    assert main(["plan", PACKED, "--gpu", "h100", "l4", "--images", "1000", "--answers", "9.5", "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert f"{found['steps']:,} steps" in text and f"trained {found['trained']:,}" in text
    assert set(found["gpus"]) == {"h100", "l4"} and found["parameters"] == 3_032_242_416


def test_data_and_base_of_a_recipe_are_read(tmp_path, capsys):
    save_sft(tmp_path / "data", pictures=3)
    base = save_nano(tmp_path / "nano")
    assert main(["plan", NANO, "--data", str(tmp_path / "data"), "--model", str(base), "--json"]) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["samples"] == 12 and found["steps"] == 300 and found["parameters"] < 1_000_000
    assert found["counted"] == "the base's tokenizer, 12 of 12 rows"


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ([PACKED], "Both or none of --data and --images are given"),
        ([PACKED, "--data", "x", "--images", "3"], "Both or none of --data and --images are given"),
        ([PACKED, "--data", "nowhere"], "nowhere is no folder. Give a dataset folder"),
        ([PACKED, "--data", "."], "has no sft config with a split train"),
        ([PACKED, "--images", "0"], "--images 0 is not positive"),
        ([PACKED, "--images", "3", "--answers", "0"], "--answers 0.0 is not positive"),
        (
            [PACKED, "--images", str(10**400)],
            f"--images {10**400} is above 1,000,000,000,000. Give what one run can see.",
        ),
        ([PACKED, "--images", "3", "--longest", "1e300"], "--longest 1e+300 is above 1,000,000,000,000"),
        ([MASKS, "--images", "3"], "The recipe has mask_prompt: what a mask head takes is not counted"),
        ([PACKED, "--images", "3", "--utilisation", "0"], "--utilisation 0 never ends"),
        ([PACKED, "--images", "3", "--utilisation", "1.2"], "--utilisation 1.2 is no share"),
        (
            [PACKED, "--images", "3", "--model", "elsewhere"],
            "There is no base at 'elsewhere'. Run `radgrounder prepare",
        ),
        (["none.yaml", "--images", "3"], "There is no none.yaml. Give a recipe"),
    ],
)
def test_what_cannot_be_planned_is_refused_with_the_remedy(options, message, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert main(["plan", *options]) == 2
    assert message in capsys.readouterr().err


@pytest.mark.parametrize("flag", ["--answers", "--prompt-tokens", "--answer-tokens", "--longest", "--utilisation"])
@pytest.mark.parametrize("value", ["nan", "inf"])
def test_a_number_that_is_none_is_refused(flag, value, capsys):
    with pytest.raises(SystemExit) as stopped:
        main(["plan", PACKED, "--images", "3", flag, value])
    assert stopped.value.code == 2
    assert f"argument {flag}: '{value}' is no finite number" in capsys.readouterr().err


def test_answers_that_nobody_gave_are_said_to_be_assumed(capsys):
    assert main(["plan", PACKED, "--images", "3"]) == 0
    assert "10 answers an image: give --answers" in capsys.readouterr().out
    assert main(["plan", PACKED, "--images", "3", "--answers", "10"]) == 0
    assert "give --answers" not in capsys.readouterr().out


def test_an_unknown_gpu_is_refused_with_the_choices(capsys):
    with pytest.raises(SystemExit):
        main(["plan", PACKED, "--gpu", "tpu", "--images", "3"])
    assert "h100" in capsys.readouterr().err
