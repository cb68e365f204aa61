"""`radgrounder pretrain` and `heldout`: options of the plan, and what is refused before slices are drawn."""

import json
from pathlib import Path

import pytest

from radgrounder.cli import main
from radgrounder.commands.pretrain import GO_ON, Pretrain
from radgrounder.models.size import NanoSize
from radgrounder.pretraining import heldout, pretrain
from radgrounder.pretraining.plan import Plan


def test_size_and_plan_are_made_of_the_options(tmp_path, monkeypatch):
    seen = []

    def write(out, size, plan, pool_folder, deadline):
        out.with_name("nano.run").mkdir()
        seen.extend([size, plan, pool_folder])

    monkeypatch.setattr(pretrain, "pretrain", write)
    words = ["--width", "64", "--sites", "A", "B", "--tower-steps", "7", "--pool-folder", "pool"]
    assert main(["pretrain", str(tmp_path / "nano"), *words]) == 0
    assert seen == [NanoSize(width=64), Plan(sites=("A", "B"), tower_steps=7), Path("pool")]
    assert not (tmp_path / "nano.run").exists()


def test_a_run_that_is_over_its_minutes_says_how_to_go_on(tmp_path, capsys):
    words = ["--minutes", "0.000001", "--pool", "8", "--workers", "1", "--threads", "1"]
    assert main(["pretrain", str(tmp_path / "nano"), *words]) == GO_ON
    assert "run the same command again to go on" in capsys.readouterr().err and (tmp_path / "nano.run").is_dir()


def test_without_options_size_and_plan_are_those_of_the_functions():
    given = vars(Pretrain(out=Path("nano")))
    assert {**vars(NanoSize()), **vars(Plan())}.items() <= given.items()


def test_a_folder_that_stands_is_left(tmp_path, capsys):
    assert main(["pretrain", str(tmp_path)]) == 0
    assert "exists already; delete it to pretrain anew." in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--sites", "D"], "Unknown site 'D'. Choose from A, B, C."),
        (["--regions", "knee_ct"], "Unknown region 'knee_ct'. Choose from"),
        (["--pool", "0"], "--pool 0 is not positive"),
        (["--locate-share", "0.9"], "are more than 1 together. Leave a rest for questions."),
        (["--width", "100", "--heads", "3"], "--width 100 is no multiple of --heads 3"),
    ],
)
def test_what_does_not_fit_is_refused(words, message, tmp_path, capsys):
    assert main(["pretrain", str(tmp_path / "nano"), *words]) == 2
    assert message in capsys.readouterr().err and not list(tmp_path.iterdir())


def test_new_patients_are_counted(monkeypatch, capsys):
    monkeypatch.setattr(heldout, "write_heldout", lambda out, **options: 4 * options["patients"])
    assert main(["heldout", "out", "--patients", "2"]) == 0
    assert capsys.readouterr().out == "8 slices to judge on are in out.\n"


def test_new_patients_of_an_unknown_site_are_refused(tmp_path, capsys):
    assert main(["heldout", str(tmp_path / "out"), "--sites", "D"]) == 2
    assert "Unknown site 'D'" in capsys.readouterr().err and not list(tmp_path.iterdir())


def test_heldout_patients_are_of_the_sites_and_regions_that_a_base_knows(tmp_path, monkeypatch, capsys):
    asked = {}
    monkeypatch.setattr(heldout, "write_heldout", lambda out, **given: asked.update(given) or 4)
    plan = {"sites": ["C"], "regions": ["all"], "leave_out": ["pelvis_mr", "head_mr"], "seed": 0}
    (tmp_path / "pretraining.json").write_text(json.dumps({"plan": plan}))
    assert main(["heldout", str(tmp_path / "out"), "--like", str(tmp_path)]) == 0
    assert asked["sites"] == ("C",) and "abdomen_mr" in asked["regions"]
    assert not {"pelvis_mr", "head_mr"} & set(asked["regions"])
    assert main(["heldout", str(tmp_path / "out"), "--like", str(tmp_path / "none")]) == 2
    assert "holds no pretraining.json" in capsys.readouterr().err
