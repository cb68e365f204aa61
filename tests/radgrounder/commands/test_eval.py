"""`radgrounder eval`: what its options make, and what wrong ones get."""

import json
from dataclasses import fields
from pathlib import Path

import pytest

from radgrounder.cli import main
from radgrounder.commands.eval import Eval
from radgrounder.evaluation import chatmodel
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
            "Unknown benchmark 'pathvqa'. Choose from refrad2d, slake, vqa-rad",
        ),
        (["--benchmark", "slake"], "nothing to judge. Give --model"),
        (["--benchmark", "slake", "--model", "m", "--judge-url", "u"], "LLMScore needs both"),
        (["--benchmark", "slake", "--model", "m", "--batch-size", "0"], "--batch-size 0 is not positive"),
        (["--benchmark", "refrad2d", "--requests", "--split", "original"], "'refrad2d' has no option 'split'"),
        (["--benchmark", "refrad2d", "--requests", "--limit", "0"], "A limit of 0 leaves nothing"),
    ],
)
def test_what_does_not_fit_is_refused(words, message, tmp_path, capsys):
    assert command(*words, "--data", tmp_path, "--out", tmp_path / "out") == 2
    assert message in capsys.readouterr().err and not (tmp_path / "out").exists()
