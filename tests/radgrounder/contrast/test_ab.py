"""Both arms of a trial are trained alike behind frozen towers, judged and compared; a killed trial goes on."""

import json

import pytest
import torch
from safetensors.torch import load_file

from radgrounder.contrast import ab
from radgrounder.contrast.ab import MEASURES, Trial, compare, format_trial, packed_rows, run, verdict
from radgrounder.models.release import release
from radgrounder.results.comparison import Row
from radgrounder.training.mixtures import write_config
from tests.fixtures.contrast_rows import many, save
from tests.fixtures.paths import ROOT
from tests.fixtures.tiny_models import save_nano

RECIPE = ROOT / "sft" / "recipes" / "nano" / "packed.yaml"


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    root = tmp_path_factory.mktemp("ab")
    save_nano(root / "nano")
    save_nano(root / "other", seed=2)
    save(root / "data", {"train": many(4), "validation": many(2, 100), "test": many(2, 200)})
    return root


def answers(scores, task="locate", score="iou"):
    return {f"{n}": Row((task, "liver"), f"p{n // 2}", {}, {score: value}) for n, value in enumerate(scores)}


def test_a_slice_is_a_row_with_its_report_questions_and_places(folder, tmp_path):
    counts = write_config(packed_rows(str(folder / "data")), tmp_path / "rows", about="")
    assert counts == {"train": 4, "validation": 2}


def test_differences_are_averaged_over_seeds_and_paired_by_prompt():
    before = [answers([0.2, 0.4, 0.2, 0.4]), answers([0.4, 0.2, 0.4, 0.2])]
    adapted = [answers([0.5, 0.5, 0.5, 0.5]), dict(reversed(answers([0.7, 0.5, 0.7, 0.5]).items()))]
    found = compare(before, adapted)["locate IoU"]
    assert found["difference"]["mean"] == pytest.approx(0.25) and found["says"] == "better"
    assert found["by seed"] == pytest.approx([0.2, 0.3]) and found["difference"]["n"] == 4
    with pytest.raises(ValueError, match="asked different prompts"):
        compare(before, [answers([1.0]), answers([1.0])])


@pytest.mark.parametrize(
    ("low", "high", "says"),
    [(0.1, 0.2, "better"), (-0.2, -0.1, "worse"), (-0.1, 0.1, "not better"), (None, None, "no interval")],
)
def test_an_interval_says_no_more_than_it_can(low, high, says):
    assert verdict(low, high) == says


def test_a_killed_trial_goes_on_with_what_stands(folder, tmp_path, monkeypatch):
    made = []

    def make(model, rows, data, place, trial, seed):
        made.append(place.name)
        place.mkdir(parents=True)
        (place / "results.json").write_text("{}")
        given = [
            {"id": f"{task}{n}", "task": task, "control": "", "true": "liver", "cluster": f"p{n}", "groups": {},
             "scores": {score: 0.5 + 0.1 * (model.name == "other")}}
            for task, score in MEASURES.values() for n in range(3)
        ]  # fmt: skip
        unique = {one["id"]: one for one in given}
        (place / "predictions.jsonl").write_text("".join(json.dumps(one) + "\n" for one in unique.values()))

    monkeypatch.setattr(ab, "_make", make)
    trial = Trial(RECIPE, seeds=(0, 1))
    found = run(folder / "nano", folder / "other", str(folder / "data"), tmp_path / "out", trial)
    assert made == ["before-0", "adapted-0", "before-1", "adapted-1"]
    (tmp_path / "out" / "adapted-1" / "results.json").unlink()
    for path in (tmp_path / "out" / "adapted-1").iterdir():
        path.unlink()
    (tmp_path / "out" / "adapted-1").rmdir()
    assert run(folder / "nano", folder / "other", str(folder / "data"), tmp_path / "out", trial) == found
    assert made[4:] == ["adapted-1"]
    assert json.loads((tmp_path / "out" / "contrast-ab.json").read_text()) == json.loads(json.dumps(found))
    assert "| locate IoU |" in format_trial(found) and found["before"] != found["adapted"]


def test_an_arm_is_trained_behind_a_tower_that_stays_and_judged(folder, tmp_path, monkeypatch):
    moved = set()

    def look(adapter, out):
        release(adapter, out)
        before, after = (load_file(path / "model.safetensors") for path in (out.with_name("base"), out))
        moved.update(name for name in before if not torch.equal(before[name], after[name]))

    monkeypatch.setattr(ab, "release", look)
    write_config(packed_rows(str(folder / "data")), tmp_path / "rows", about="")
    trial = Trial(RECIPE, steps=2, seeds=(0,), limit=1)  # the first step of the warmup moves nothing
    ab._make(folder / "nano", tmp_path / "rows", str(folder / "data"), tmp_path / "before-0", trial, 0)
    assert any("multi_modal_projector" in name for name in moved)
    assert not any("vision_tower" in name for name in moved)
    assert (tmp_path / "before-0" / "results.json").is_file() and not (tmp_path / "before-0.run").exists()
