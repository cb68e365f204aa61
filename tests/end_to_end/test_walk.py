"""From dataset to released model with the real commands, on a nano with random weights: nothing patched, two steps."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from tests.fixtures.paths import ROOT

RECIPE = ROOT / "sft" / "recipes" / "nano" / "detection.yaml"


@pytest.fixture(scope="module")
def base(tmp_path_factory):
    """A tiny random nano, prepared."""
    from radgrounder.models.nano import NanoSize, build_model, build_processor
    from radgrounder.models.prepare import prepare
    from radgrounder.models.release import save_stock
    from refrad2d.labels import labels

    folder = tmp_path_factory.mktemp("walk")
    size = NanoSize(image=32, patch=8, width=32, tower_layers=1, decoder_layers=1, heads=2, vocabulary=400)
    processor = build_processor([f"{label.english} {label.german}" for label in labels()], size)
    save_stock(build_model(processor, size, seed=0), processor, folder / "nano")
    prepare(str(folder / "nano"), folder / "base")
    return folder / "base"


def run(*arguments, cwd):
    environment = {
        **os.environ,
        "HF_HUB_OFFLINE": "1",
        "OMP_NUM_THREADS": "1",
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
    }
    return subprocess.run(
        [str(a) for a in arguments], cwd=cwd, env=environment, capture_output=True, text=True, timeout=300
    )


@pytest.fixture(scope="module")
def released(base, dataset):
    folder = base.parent
    done = run(
        "trl", "sft", "--config", RECIPE, "--model_name_or_path", base, "--dataset_name", dataset / "refrad2d",
        "--output_dir", folder / "adapter", "--max_steps", 2, "--per_device_train_batch_size", 4, cwd=folder,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-3000:]
    done = run("radgrounder", "release", folder / "adapter", folder / "model", cwd=folder)
    assert done.returncode == 0, done.stderr[-3000:]
    return folder / "model"


def test_the_released_model_needs_no_remote_code(released):
    from transformers import AutoModelForImageTextToText, AutoProcessor

    model = AutoModelForImageTextToText.from_pretrained(released, trust_remote_code=False)
    processor = AutoProcessor.from_pretrained(released, trust_remote_code=False)
    assert (type(model).__name__, type(processor).__name__) == (
        "PaliGemmaForConditionalGeneration",
        "PaliGemmaProcessor",
    )
    assert not list(released.glob("*.py")) and (released / "adapter" / "adapter_model.safetensors").is_file()


def test_predict_speaks_the_contract(released, hospital, tmp_path):
    slices = [p for p in sorted((hospital / "dicom").rglob("*")) if p.is_file()]
    done = run(
        "radgrounder",
        "predict",
        slices[0],
        "--model",
        released,
        "--task",
        "locate",
        "--question",
        "liver",
        "--json",
        cwd=tmp_path,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    answer = json.loads(done.stdout)
    assert set(answer) >= {"text", "answer", "width", "height", "spans"} and answer["width"] >= 128
    for span in answer["spans"]:
        assert set(span) == {"start", "end", "label", "box", "pixel_box", "confidence"}


def test_a_picture_that_is_no_picture_is_one_line(tmp_path):
    (tmp_path / "x.png").write_text("hello")
    done = run("radgrounder", "predict", tmp_path / "x.png", "--model", tmp_path, cwd=tmp_path)
    assert (
        done.returncode == 2
        and done.stderr.strip() == "radgrounder: error: x.png is no picture. Give a PNG, JPEG or DICOM file."
    )


def test_a_recipe_that_names_a_missing_dataset_ends_with_its_name(base, tmp_path):
    done = run(
        "trl",
        "sft",
        "--config",
        RECIPE,
        "--model_name_or_path",
        base,
        "--dataset_name",
        tmp_path / "nowhere",
        cwd=tmp_path,
    )
    assert done.returncode != 0 and "nowhere" in done.stderr.strip().splitlines()[-1]


def test_the_recipe_never_chooses_by_test_patients():
    recipe = yaml.safe_load(RECIPE.read_text(encoding="utf-8"))
    assert recipe["dataset_test_split"] == "validation" and recipe["assistant_only_loss"] is True
