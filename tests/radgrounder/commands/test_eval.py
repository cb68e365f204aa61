"""`radgrounder eval`: what its options make, and what wrong ones get."""

import json
from dataclasses import fields
from pathlib import Path

import pytest

from radgrounder.cli import main
from radgrounder.commands.eval import Eval
from radgrounder.evaluation import chatmodel, interventions
from radgrounder.evaluation.masks import figures, judge
from radgrounder.evaluation.run import Settings
from tests.fixtures.tiny_dataset import make_row, write_dataset
from tests.fixtures.tiny_evaluations import Seer


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    rows = {"test": [make_row(n, f"p{n}", (10, 10, 60, 60)) for n in range(2)]}
    return write_dataset(tmp_path_factory.mktemp("data") / "refrad2d", rows)


def command(*words):
    return main(["eval", *(str(word) for word in words)])


def test_a_model_is_judged(data, tmp_path, monkeypatch):
    monkeypatch.setattr(chatmodel, "load_generator", lambda model, **options: Seer())
    words = ("--benchmark", "refrad2d", "--data", data, "--out", tmp_path, "--samples", 50)
    assert command("--model", "seer", *words) == 0
    assert json.loads((tmp_path / "results.json").read_text())["model"]["name"] == "seer"


def test_requests_go_out_and_answers_come_back(data, tmp_path):
    assert command("--requests", "--benchmark", "refrad2d", "--data", data, "--out", tmp_path) == 0
    requests = [json.loads(line) for line in (tmp_path / "requests.jsonl").read_text().splitlines()]
    answers = tmp_path / "answers.jsonl"
    answers.write_text("".join(json.dumps({"id": r["id"], "output": "yes"}) + "\n" for r in requests))
    out = tmp_path / "out"
    command("--predictions", answers, "--benchmark", "refrad2d", "--data", data, "--out", out, "--samples", 50)
    assert json.loads((out / "results.json").read_text())["vqa"]["accuracy_closed"]["mean"] == 0.5


def test_interventions_need_no_benchmark_and_stand_beside_one(data, tmp_path, monkeypatch):
    figure = {"moved_iou": {"mean": 0.5, "low": 0.4, "high": 0.6, "n": 9}}
    asked = []
    monkeypatch.setattr(interventions, "evaluate", lambda *given, **where: asked.append((given[1], where)) or figure)
    monkeypatch.setattr(chatmodel, "load_generator", lambda model, **options: Seer())
    words = ("--model", "seer", "--interventions", "--sites", "B", "--regions", "chest_ct", "--out", tmp_path)
    assert command(*words) == 0 and not (tmp_path / "results.json").exists()
    assert command(*words, "--benchmark", "refrad2d", "--data", data, "--samples", 50) == 0
    assert asked == [(tmp_path / "interventions", {"sites": ("B",), "regions": ("chest_ct",), "patients": 40})] * 2
    assert json.loads((tmp_path / "results.json").read_text())["interventions"] == figure
    assert (
        "| an organ moved: IoU of the box with the new place | 50.0 [40.0, 60.0] | 9 |"
        in (tmp_path / "table.md").read_text()
    )


@pytest.mark.parametrize(("decoding", "constrained"), [("bound", True), ("free", False), ("both", True)])
def test_decoding_is_bound_unless_asked_otherwise(data, tmp_path, monkeypatch, decoding, constrained):
    made, seer = {}, Seer()
    seer.constrained = constrained
    monkeypatch.setattr(chatmodel, "load_generator", lambda model, **options: made.update(options) or seer)
    words = ("--benchmark", "refrad2d", "--data", data, "--out", tmp_path, "--samples", 50, "--decoding", decoding)
    assert command("--model", "seer", *words) == 0 and made["constrained"] is constrained
    results = json.loads((tmp_path / "results.json").read_text())
    assert ("free" in results) == (tmp_path / "free" / "results.json").is_file() == (decoding == "both")


def test_defaults_are_those_of_the_settings():
    given, settings = Eval(benchmark="refrad2d", data="d", out=Path("out")), Settings()
    shared = {field.name for field in fields(Eval)} & {field.name for field in fields(Settings)}
    assert shared == {"model", "predictions", "limit", "batch_size", "report_samples", "seed", "samples"}
    assert all(getattr(given, name) == getattr(settings, name) for name in shared)


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (
            ["--benchmark", "pathvqa", "--model", "m"],
            "Unknown benchmark 'pathvqa'. Choose from refrad2d, slake, volumes, vqa-rad",
        ),
        (["--benchmark", "slake"], "nothing to judge. Give --model"),
        (["--model", "m"], "Give --benchmark and --data"),
        (["--interventions", "--model", "m"], "Give --benchmark and --data"),
        (["--benchmark", "slake", "--interventions", "--predictions", "f"], "Give --model, with no --predictions"),
        (["--benchmark", "slake", "--interventions", "--model", "m", "--regions", "knee"], "Unknown region 'knee'"),
        (["--benchmark", "slake", "--model", "m", "--judge-url", "u"], "LLMScore needs both"),
        (["--benchmark", "slake", "--model", "m", "--batch-size", "0"], "--batch-size 0 is not positive"),
        (["--benchmark", "refrad2d", "--requests", "--split", "original"], "'refrad2d' has no option 'split'"),
        (["--benchmark", "refrad2d", "--requests", "--limit", "0"], "A limit of 0 leaves nothing"),
    ],
)
def test_what_does_not_fit_is_refused(words, message, tmp_path, capsys):
    assert command(*words, "--data", tmp_path, "--out", tmp_path / "out") == 2
    assert message in capsys.readouterr().err and not (tmp_path / "out").exists()


def test_figures_of_masks_are_printed(monkeypatch, capsys, tmp_path):
    asked = {}
    monkeypatch.setattr(judge, "run", lambda *args, **more: asked.update(more, args=args) or {})
    monkeypatch.setattr(figures, "format_masks", lambda result: "Dice 1\n")
    assert main(["masks", "m", "--data", "d", "--out", str(tmp_path), "--limit", "5"]) == 0
    assert capsys.readouterr().out == "Dice 1\n"
    assert asked == {"args": ("m", "d", tmp_path), "limit": 5, "batch_size": 64, "text_model": None}


@pytest.mark.parametrize("flag", ["--limit", "--batch-size"])
def test_counts_of_masks_have_to_be_positive(flag, capsys, tmp_path):
    assert main(["masks", "m", "--data", "d", "--out", str(tmp_path), flag, "0"]) == 2
    assert f"{flag} 0 is not positive" in capsys.readouterr().err
