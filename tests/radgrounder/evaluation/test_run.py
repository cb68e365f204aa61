"""An evaluation as a whole: what it asks, what it leaves, whatever the benchmark is called.

pytest tests/radgrounder/evaluation/test_run.py
"""

import json
from pathlib import Path

import pytest

from radgrounder import benchmarks
from radgrounder.evaluation import run as evaluation
from radgrounder.evaluation.run import Settings, evaluate, run
from radgrounder.inference.confidence import Generated
from tests.fixtures.tiny_dataset import make_row, write_dataset
from tests.fixtures.tiny_evaluations import Seer, write_tiny


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    return write_tiny(tmp_path_factory.mktemp("data"))


@pytest.fixture(scope="module")
def results(data, tmp_path_factory):
    out = tmp_path_factory.mktemp("out")
    return run(Seer(), "refrad2d", data, out, samples=200), out


class Sampler(Seer):
    def reports(self, images, prompts, languages, *, samples, max_new_tokens):
        assert samples == 3 and ["detek" in prompt for prompt in prompts] == [one == "de" for one in languages]
        return [Generated(markup) for markup in self.generate(images, prompts)]


def test_without_controls_the_model_is_asked_only_what_it_is_judged_on(results, data, tmp_path):
    found = run(Seer(), "refrad2d", data, tmp_path, samples=50, controls=False)
    assert found["n_generated"] < results[0]["n_generated"]
    assert found["grounding"]["miou"]["mean"] == results[0]["grounding"]["miou"]["mean"]
    assert found["grounding"]["prior_miou"]["mean"] is not None  # needs no model
    assert found["grounding"]["shuffled_miou"]["mean"] is None


def test_reports_are_a_consensus_and_how_many_samples_is_part_of_the_answer(data, tmp_path):
    first = run(Sampler(), "refrad2d", data, tmp_path, samples=50, report_samples=3)
    assert first["settings"]["report_samples"] == 3
    assert run(Sampler(), "refrad2d", data, tmp_path, samples=50, report_samples=3)["n_generated"] == 0
    assert run(Sampler(), "refrad2d", data, tmp_path, samples=50, report_samples=1)["n_generated"] > 0


def test_predictions_from_elsewhere_give_the_same_figures(results, data, tmp_path):
    file = results[1] / "predictions.jsonl"
    again = run(None, "refrad2d", data, tmp_path, predictions=file, samples=200)
    assert (again["grounding"], again["report"]) == (results[0]["grounding"], results[0]["report"])


def test_one_patient_gives_no_interval(tmp_path):
    rows = {"train": [make_row(9, "q", (10, 10, 60, 60))], "test": [make_row(1, "p", (10, 10, 60, 60))]}
    found = run(Seer(), "refrad2d", write_dataset(tmp_path / "d", rows), tmp_path / "out", samples=50)
    assert found["grounding"]["miou"]["low"] is None


def test_sites_and_sexes_are_set_against_each_other(results):
    assert {"site: A - others", "sex: F - M"} <= results[0]["gaps"]["grounding.miou"].keys()


TOY = """
from dataclasses import replace
from radgrounder.benchmarks.base import Facts
from radgrounder.benchmarks.refrad2d import COLUMNS, load as load_rows

def load(data, *, limit=None, seed=0):
    return replace(load_rows(data, limit=limit, seed=seed), facts=Facts(name="toy", columns=COLUMNS))
"""


def test_a_benchmark_that_states_nothing_of_itself_is_evaluated(data, tmp_path, monkeypatch):
    (tmp_path / "toy.py").write_text(TOY)
    monkeypatch.setattr(benchmarks, "__path__", [*benchmarks.__path__, str(tmp_path)])
    run(Seer(), "toy", data, tmp_path / "out", samples=20)
    assert json.loads((tmp_path / "out" / "results.json").read_text())["benchmark"] == "toy"
    assert "name: toy" in (tmp_path / "out" / "model-index.yaml").read_text()
    assert "published" not in (tmp_path / "out" / "table.md").read_text()


@pytest.mark.parametrize("part", ["format_table", "model_index", "build_gallery"])
def test_the_results_stand_before_what_only_shows_them(data, tmp_path, monkeypatch, part):
    def fail(*_, **__):
        raise RuntimeError("disk full")

    monkeypatch.setattr(f"radgrounder.evaluation.writing.{part}", fail)
    with pytest.raises(RuntimeError):
        run(Seer(), "refrad2d", data, tmp_path, samples=20)
    assert json.loads((tmp_path / "results.json").read_text())["grounding"]["miou"]["n"] == 4


def test_keywords_are_settings_or_options_of_the_benchmark(monkeypatch):
    seen = []
    monkeypatch.setattr(evaluation, "evaluate", lambda *given: seen.append(given[-1]))
    run(None, "slake", "d", Path("o"), seed=3, text_only=True)
    assert seen == [Settings(seed=3, options={"text_only": True})]


def test_without_a_model_or_predictions_there_is_nothing_to_evaluate(data, tmp_path):
    with pytest.raises(ValueError, match="nothing to judge. Give a model or a file of predictions"):
        evaluate(None, "refrad2d", data, tmp_path, Settings())


def test_notes_of_the_benchmark_are_said_and_kept(data, tmp_path, caplog):
    results = run(Seer(), "refrad2d", data, tmp_path, samples=20, limit=2)
    assert results["notes"] == ["2 of 4 test slices, drawn by hash."] and "drawn by hash" in caplog.text


def test_only_the_last_parts_of_a_path_are_published(data, tmp_path):
    results = run(Seer(), "refrad2d", data, tmp_path, samples=20, model="/home/somebody/models/nano")
    assert results["model"]["name"] == "models/nano" and results["data"].count("/") == 1


class Bound(Seer):
    """Writes markup that nobody can read where it is not bound, and knows when it says nothing."""

    def __init__(self, constrained=True):
        super().__init__()
        self.constrained = constrained

    def generate_scored(self, images, prompts, *, max_new_tokens, locate=False):
        texts = super().generate(images, prompts)
        texts = texts if self.constrained else [text.replace(">", "") for text in texts]
        return [Generated(text, looped="Leber" in text) for text in texts]

    def abstains(self, generated, task):
        return task == "vqa"


def test_bound_and_free_answers_stand_beside_each_other(data, tmp_path):
    free = evaluation.evaluate_freely(Bound(), "refrad2d", data, tmp_path / "free", Settings(samples=50))
    found = run(Bound(), "refrad2d", data, tmp_path, samples=50, beside={"free": free})
    assert found["grounding"]["invalid"]["mean"] == 0 and found["free"]["grounding"]["invalid"]["mean"] > 0
    assert found["settings"]["decoding"] == "bound"
    lines = (tmp_path / "table.md").read_text().partition("## Bound and free decoding")[2].splitlines()
    assert any(line.startswith("| grounding | miou") for line in lines)


def test_a_model_that_decodes_as_it_likes_cannot_be_freed(data, tmp_path):
    with pytest.raises(ValueError, match="only a PaliGemma model can be bound"):
        evaluation.evaluate_freely(Seer(), "refrad2d", data, tmp_path, Settings())


def test_free_answers_are_not_taken_for_bound_ones(data, tmp_path):
    run(Bound(constrained=False), "refrad2d", data, tmp_path, samples=50, report_samples=1)
    assert run(Bound(), "refrad2d", data, tmp_path, samples=50, report_samples=1)["n_generated"] > 0


def test_answers_that_are_none_are_counted_also_when_they_were_given_before(data, tmp_path):
    for _ in range(2):
        found = run(Bound(), "refrad2d", data, tmp_path, samples=50)["additional"]["decoding"]
        assert [found[f"{task}_abstained"]["mean"] for task in ("vqa", "locate", "report")] == [1, 0, 0]
        assert found["report_looped"]["mean"] == 0.5 and found["locate_looped"]["mean"] == 0


def test_a_model_that_says_nothing_of_its_answers_gets_no_such_figure(results):
    assert "decoding" not in results[0]["additional"] and "decoding" not in results[0]["settings"]
