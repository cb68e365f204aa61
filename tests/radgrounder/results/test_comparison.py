"""Two runs on the same rows, and what training changed.

pytest tests/radgrounder/results/test_comparison.py
"""

import json
from dataclasses import replace

import pytest

from radgrounder.evaluation.run import run
from radgrounder.results.comparison import (
    changes,
    columns_of,
    compare_runs,
    format_changes,
    format_comparison,
    pair_rows,
    read_rows,
    show_figure,
)
from tests.fixtures.tiny_dataset import make_row, write_dataset
from tests.fixtures.tiny_evaluations import TEST_BOXES, TRAIN_BOXES, Guesser, Seer


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    rows = {
        "train": [make_row(20 + n, f"trained{n}", box) for n, box in enumerate(TRAIN_BOXES)],
        "test": [make_row(n, f"p{n}", box, site="AB"[n % 2]) for n, box in enumerate(TEST_BOXES * 3)],
    }
    return write_dataset(tmp_path_factory.mktemp("data") / "refrad2d", rows)


@pytest.fixture(scope="module")
def runs(data, tmp_path_factory):
    """The folders of a model that sees and of one that guesses."""
    out = tmp_path_factory.mktemp("runs")
    run(Seer(), "refrad2d", data, out / "seer", samples=100)
    run(Guesser("guesser"), "refrad2d", data, out / "guesser", samples=100)
    return out


def results_of(folder):
    return json.loads((folder / "results.json").read_text())


def test_a_better_model_is_told_from_a_worse_one(runs):
    first, second = (read_rows(runs / name / "predictions.jsonl") for name in ("seer", "guesser"))
    found = compare_runs(first, second, samples=500)["locate", "iou"]
    assert found.p < 0.01 and found.difference.low > 0


def test_a_model_does_not_differ_from_itself(runs):
    rows = read_rows(runs / "seer" / "predictions.jsonl")
    assert compare_runs(rows, rows, samples=100)["locate", "iou"].p == 1.0


def test_a_comparison_can_be_of_one_site(runs):
    first, second = (read_rows(runs / name / "predictions.jsonl") for name in ("seer", "guesser"))
    assert compare_runs(first, second, where={"site": "A"}, samples=100)["locate", "iou"].difference.n == 6


def test_an_unfinished_run_is_not_compared(tmp_path):
    (tmp_path / "p.jsonl").write_text('{"run": "x", "key": "k", "output": "o"}\n')
    with pytest.raises(ValueError, match="did not finish"):
        read_rows(tmp_path / "p.jsonl")


def test_controls_do_not_change_by_training(runs):
    rows = read_rows(runs / "seer" / "predictions.jsonl")
    found = changes(rows, rows, columns_of("refrad2d"), samples=100)
    assert found["report.f1"]["mean"] == 0.0 and not any(
        name.split(".")[1].startswith(("prior", "majority")) for name in found
    )


def test_runs_of_other_answers_are_not_compared(runs):
    rows = read_rows(runs / "seer" / "predictions.jsonl")
    first = next(iter(rows))
    with pytest.raises(ValueError, match="has another answer key in the two runs"):
        pair_rows(rows, {first: replace(rows[first], asked=("locate", "spleen"))})


def test_runs_that_share_nothing_are_not_compared(runs):
    with pytest.raises(ValueError, match="share no row"):
        pair_rows(read_rows(runs / "seer" / "predictions.jsonl"), {})


def test_nothing_compared_is_an_empty_table():
    assert format_comparison({}).strip() == ""


def test_an_unknown_benchmark_has_no_columns():
    with pytest.raises(ValueError, match="Unknown benchmark 'pathvqa'"):
        columns_of("pathvqa")


def test_a_figure_of_one_patient_has_no_interval():
    figure = {"mean": 0.5, "low": None, "high": None, "n": 1}
    assert show_figure(figure) == "0.500" and show_figure({**figure, "mean": None}) == "–"


def test_columns_of_the_changes_have_one_width():
    figure = {"mean": 0.5, "low": 0.25, "high": 1.0, "n": 12}
    lines = format_changes({"vqa": {"f1": figure}}, {"vqa": {"f1": figure}}, {"vqa.f1": figure}).split("\n")
    assert len({len(line) for line in lines}) == 1 and "+0.500 [+0.250, +1.000]" in lines[2]
