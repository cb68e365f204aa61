"""`radgrounder eval`: what its options make, and what wrong ones get.

pytest tests/radgrounder/evaluation/test_evalcommand.py
"""

import argparse
import json

import pytest

from radgrounder.evaluation import chatmodel
from radgrounder.evaluation.evalcommand import add_arguments, run_command
from tests.fixtures.tiny_dataset import make_row, write_dataset
from tests.radgrounder.benchmarks.test_refrad2d import Seer


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    rows = {"test": [make_row(n, f"p{n}", (10, 10, 60, 60)) for n in range(2)]}
    return write_dataset(tmp_path_factory.mktemp("data") / "refrad2d", rows)


def command(*words):
    parser = argparse.ArgumentParser()
    add_arguments(parser)
    run_command(parser.parse_args([str(word) for word in words]))


def test_a_model_is_judged(data, tmp_path, monkeypatch):
    monkeypatch.setattr(chatmodel, "load_generator", lambda model, **options: Seer())
    command("--model", "seer", "--benchmark", "refrad2d", "--data", data, "--out", tmp_path, "--samples", 50)
    assert json.loads((tmp_path / "results.json").read_text())["model"]["name"] == "seer"


def test_requests_go_out_and_answers_come_back(data, tmp_path):
    command("--requests", "--benchmark", "refrad2d", "--data", data, "--out", tmp_path)
    requests = [json.loads(line) for line in (tmp_path / "requests.jsonl").read_text().splitlines()]
    answers = tmp_path / "answers.jsonl"
    answers.write_text("".join(json.dumps({"id": r["id"], "output": "yes"}) + "\n" for r in requests))
    out = tmp_path / "out"
    command("--predictions", answers, "--benchmark", "refrad2d", "--data", data, "--out", out, "--samples", 50)
    assert json.loads((out / "results.json").read_text())["vqa"]["accuracy_closed"]["mean"] == 0.5


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
def test_what_does_not_fit_is_refused(words, message, tmp_path):
    with pytest.raises(ValueError, match=message):
        command(*words, "--data", tmp_path, "--out", tmp_path / "out")
