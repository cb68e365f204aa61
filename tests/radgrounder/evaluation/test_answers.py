"""Answers: asked once, kept on disk, read from elsewhere.

pytest tests/radgrounder/evaluation/test_answers.py
"""

import json

import pytest

from radgrounder.benchmarks.base import load_benchmark
from radgrounder.evaluation.answers import Answered, ask, hash_model, identify, write_requests
from radgrounder.evaluation.run import run
from tests.fixtures.tiny_evaluations import Seer, Yes, write_tiny


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    return write_tiny(tmp_path_factory.mktemp("data"))


@pytest.fixture(scope="module")
def results(data, tmp_path_factory):
    out = tmp_path_factory.mktemp("out")
    return run(Seer(), "refrad2d", data, out, samples=200), out


def test_the_same_picture_and_prompt_is_asked_once(data, tmp_path):
    model = Seer()
    run(model, "refrad2d", data, tmp_path, samples=50)
    assert len(model.asked) == len(set(model.asked))


def test_a_killed_run_goes_on_where_it_stopped(data, tmp_path):
    with pytest.raises(KeyboardInterrupt):
        run(Seer(die_after=8), "refrad2d", data, tmp_path, samples=50, batch_size=4)
    with (tmp_path / "predictions.jsonl").open("a") as file:
        file.write('{"run": "seer", "key": "cut off')
    model = Seer()
    resumed = run(model, "refrad2d", data, tmp_path, samples=50)
    whole = run(Seer(), "refrad2d", data, tmp_path / "other", samples=50)
    assert (len(model.asked), resumed["grounding"], resumed["vqa"]) == (
        whole["n_generated"] - 8,
        whole["grounding"],
        whole["vqa"],
    )


def test_a_finished_run_is_not_asked_again(data, tmp_path):
    run(Seer(), "refrad2d", data, tmp_path, samples=50)
    assert run(Seer(), "refrad2d", data, tmp_path, samples=50)["n_generated"] == 0


def test_other_weights_are_asked_again(data, tmp_path):
    first = run(Seer(), "refrad2d", data, tmp_path, samples=50)["n_generated"]
    assert run(Seer(fingerprint="tuned"), "refrad2d", data, tmp_path, samples=50)["n_generated"] == first


def test_a_predictions_file_that_lacks_rows_is_refused(results, data, tmp_path):
    lines = (results[1] / "predictions.jsonl").read_text().splitlines()
    (tmp_path / "some.jsonl").write_text("\n".join(line for line in lines if '"locate/s0/liver"' not in line))
    with pytest.raises(ValueError, match=r"some.jsonl lacks 1 of .* 'locate/s0/liver'"):
        run(None, "refrad2d", data, tmp_path, predictions=tmp_path / "some.jsonl")


def test_requests_can_be_answered_elsewhere(data, tmp_path):
    count = write_requests(load_benchmark("refrad2d", data), tmp_path)
    rows = [json.loads(line) for line in (tmp_path / "requests.jsonl").read_text().splitlines()]
    assert len(rows) == count and all((tmp_path / row["image"]).is_file() for row in rows)


def test_a_model_is_known_by_the_files_of_its_folder(tmp_path):
    (tmp_path / "weights").write_bytes(b"1")
    first = identify(Yes(), str(tmp_path))
    (tmp_path / "weights").write_bytes(b"2")
    assert first.startswith("sha256:") and identify(Yes(), str(tmp_path)) != first


def test_a_model_that_knows_itself_is_asked_first(tmp_path):
    assert identify(Seer("tuned"), str(tmp_path)) == "tuned"


def test_a_model_without_folder_or_name_is_known_by_its_class():
    assert identify(Yes()) == "Yes" and hash_model("org/name") == "org/name"


def test_a_model_that_gives_too_few_answers_is_refused(data, tmp_path):
    class Short(Seer):
        def generate(self, images, prompts):
            return super().generate(images, prompts)[1:]

    with pytest.raises(ValueError, match="gave 7 answers to 8 prompts"):
        ask(Short(), load_benchmark("refrad2d", data), tmp_path / "p.jsonl", "short", batch_size=8)


def test_an_item_of_a_control_that_needs_no_model_has_its_answer(data):
    rows = load_benchmark("refrad2d", data)
    given = [item for item in rows.items if item.given is not None]
    assert Answered(given, {}, "w", "r").answers == [item.given for item in given]


def test_a_line_that_is_no_object_is_refused(data, tmp_path):
    (tmp_path / "some.jsonl").write_text("[1]\n")
    with pytest.raises(ValueError, match="Line 1 of some.jsonl is no JSON object"):
        run(None, "refrad2d", data, tmp_path, predictions=tmp_path / "some.jsonl")
