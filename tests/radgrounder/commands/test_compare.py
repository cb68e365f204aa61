"""`radgrounder compare`: two folders, two files, and nothing else."""

import json
from inspect import signature

import pytest

from radgrounder.cli import main
from radgrounder.commands.compare import Compare
from radgrounder.results.comparison import compare_runs


def write_run(folder, score, benchmark="refrad2d"):
    """A finished run: six patients of two sites, each with this IoU."""
    folder.mkdir()
    figure = {"mean": score, "low": score, "high": score, "n": 6}
    (folder / "results.json").write_text(json.dumps({"benchmark": benchmark, "grounding": {"miou": figure}}))
    rows = [
        {
            "id": f"r{n}", "control": "", "task": "locate", "true": "liver", "cluster": f"p{n}",
            "groups": {"site": "AB"[n % 2]}, "scores": {"iou": score},
        }
        for n in range(6)
    ]  # fmt: skip
    (folder / "predictions.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    return folder


@pytest.fixture
def runs(tmp_path):
    return write_run(tmp_path / "before", 0.25), write_run(tmp_path / "after", 0.75)


def compare(*words):
    return main(["compare", *(str(word) for word in words)])


def test_of_two_folders_the_change_stands_beside_the_figures(runs, capsys):
    assert compare(*runs) == 0
    changed = json.loads((runs[1] / "changes.json").read_text())
    assert changed["grounding.miou"]["mean"] == 0.5 and not (runs[0] / "changes.json").exists()
    assert "| 0.250 [0.250, 0.250] | 0.750 [0.750, 0.750] | +0.500 " in capsys.readouterr().out


def test_a_second_comparison_of_a_folder_may_go_elsewhere(runs, tmp_path):
    out = tmp_path / "recipes" / "changes.json"
    assert compare(*runs, "--out", out) == 0
    assert json.loads(out.read_text())["grounding.miou"]["mean"] == 0.5 and not (runs[1] / "changes.json").exists()


def test_a_place_for_the_changes_of_two_files_is_refused(runs, tmp_path, capsys):
    out = tmp_path / "changes.json"
    assert compare(*(run / "predictions.jsonl" for run in runs), "--out", out) == 2
    assert f"--out {out} is of two folders" in capsys.readouterr().err and not out.exists()


def test_of_two_files_every_measure_is_after_minus_before(runs, capsys):
    assert compare(*(run / "predictions.jsonl" for run in runs)) == 0
    out = capsys.readouterr().out
    assert "| locate | iou | 50.0 " in out and out.rstrip().endswith("| 6 |")


def test_a_subgroup_of_two_files(runs, capsys):
    assert compare(*(run / "predictions.jsonl" for run in runs), "--where", "site=A") == 0
    assert capsys.readouterr().out.rstrip().endswith("| 3 |")


def test_defaults_are_those_of_the_function(runs):
    assert Compare(before=runs[0], after=runs[1]).seed == signature(compare_runs).parameters["seed"].default


def test_a_folder_and_a_file_are_refused(runs, capsys):
    assert compare(runs[0], runs[1] / "predictions.jsonl") == 2
    assert f"Only {runs[0]} is a folder. Give two --out folders, or two" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--where", "site=A"], "--where is of two predictions.jsonl."),
        (["--where", "site"], "--where 'site' is not KEY=VALUE. Write for example --where site=C."),
    ],
)
def test_a_subgroup_that_does_not_fit_is_refused(words, message, runs, capsys):
    assert compare(*runs, *words) == 2
    assert message in capsys.readouterr().err and not (runs[1] / "changes.json").exists()


def test_runs_of_two_benchmarks_are_refused(runs, tmp_path, capsys):
    assert compare(runs[0], write_run(tmp_path / "other", 0.5, "slake")) == 2
    assert "One run is of refrad2d, the other of slake." in capsys.readouterr().err


def test_a_run_that_is_not_finished_is_refused(runs, tmp_path, capsys):
    (tmp_path / "empty").mkdir()
    assert compare(tmp_path / "empty", runs[1]) == 2
    assert "--out folder of a finished radgrounder eval" in capsys.readouterr().err
