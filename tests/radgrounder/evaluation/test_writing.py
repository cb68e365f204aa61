"""What an evaluation leaves to read.

pytest tests/radgrounder/evaluation/test_writing.py
"""

import json

import pytest

from radgrounder.evaluation.run import run
from radgrounder.results.tables import format_table
from tests.fixtures.tiny_evaluations import Seer, write_tiny


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    return write_tiny(tmp_path_factory.mktemp("data"))


@pytest.fixture(scope="module")
def out(data, tmp_path_factory):
    folder = tmp_path_factory.mktemp("out")
    run(Seer(), "refrad2d", data, folder, samples=50)
    return folder


def test_a_run_leaves_its_files(out):
    names = {path.name for path in out.iterdir()}
    assert names == {"predictions.jsonl", "results.json", "table.md", "model-index.yaml", "gallery.html"}


def test_a_table_of_stored_results_is_the_same(out):
    assert format_table(json.loads((out / "results.json").read_text())) == (out / "table.md").read_text()


def test_no_folder_of_this_machine_is_published(out, tmp_path_factory):
    for name in ("results.json", "table.md", "model-index.yaml"):
        assert str(tmp_path_factory.getbasetemp()) not in (out / name).read_text()


def test_a_line_holds_what_is_needed_to_score_it_again(out):
    rows = {row["id"]: row for row in map(json.loads, (out / "predictions.jsonl").read_text().splitlines())}
    row = rows["locate/s0/liver"]
    assert row["spans"][0]["label"] == "liver" and row["true_spans"][0]["box"] and row["scores"]["iou"] > 0.9
    assert "output" in row and "output" not in rows["locate/s0/liver/prior"]
