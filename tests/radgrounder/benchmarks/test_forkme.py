"""The benchmark to copy, on three invented questions.

pytest tests/radgrounder/benchmarks/test_forkme.py
"""

import json

import numpy as np
import pytest
from PIL import Image

from radgrounder.benchmarks.base import load_benchmark
from radgrounder.evaluation.run import run
from tests.fixtures.tiny_evaluations import Yes

QUESTIONS = """split,id,image,question,answer,kind
train,1,a.png,Is it large?,yes,closed
test,2,b.png,Is it large?,yes,closed
test,3,c.png,Which organ?,liver,open
"""


@pytest.fixture
def data(tmp_path):
    (tmp_path / "images").mkdir()
    (tmp_path / "questions.csv").write_text(QUESTIONS, encoding="utf-8")
    for number, name in enumerate("abc"):
        Image.fromarray(np.full((8, 8), number, np.uint8)).save(tmp_path / "images" / f"{name}.png")
    return tmp_path


def test_a_model_is_evaluated_on_it(data):
    results = run(Yes(), "forkme", str(data), data / "out", samples=20)
    assert (results["vqa"]["accuracy_closed"]["mean"], results["vqa"]["f1_open"]["mean"]) == (1.0, 0.0)
    assert json.loads((data / "out" / "results.json").read_text())["benchmark"] == "forkme"
    assert "A benchmark to copy" in (data / "out" / "model-index.yaml").read_text()


def test_only_the_test_split_is_asked(data):
    asked = [item for item in load_benchmark("forkme", str(data)).items if not item.control]
    assert [item.id for item in asked] == ["vqa/2", "vqa/3"]


def test_the_most_frequent_answer_is_of_the_training_split(data):
    given = {i.id: i.given.text for i in load_benchmark("forkme", str(data)).items if i.control == "majority"}
    assert given["vqa/2/majority"] == "yes"


def test_without_its_file_it_says_what_to_give(tmp_path):
    with pytest.raises(ValueError, match="There is no .*questions.csv. Put questions.csv"):
        load_benchmark("forkme", str(tmp_path))


def test_an_unknown_kind_is_refused(data):
    (data / "questions.csv").write_text(QUESTIONS.replace("liver,open", "liver,choice"), encoding="utf-8")
    with pytest.raises(ValueError, match="Question 3 in .* is of kind 'choice'. It is open or closed"):
        load_benchmark("forkme", str(data))
