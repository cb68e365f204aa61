"""What a run leaves to read: tables, gallery, model-index, comparison.

pytest tests/radgrounder/results/test_tables.py
"""

import json
from html.parser import HTMLParser

import numpy as np
import pytest
import yaml
from huggingface_hub import ModelCardData
from huggingface_hub.repocard_data import model_index_to_eval_results

from radgrounder.evaluation import run as judge
from radgrounder.metrics.embeddings import Embedder
from radgrounder.results import comparison
from radgrounder.results.comparison import compare_runs, read_rows
from radgrounder.results.model_index import model_index
from radgrounder.results.tables import format_figure, format_layout, format_table, read_published
from tests.fixtures.tiny_dataset import make_row, write_dataset
from tests.radgrounder.benchmarks.test_refrad2d import TEST_BOXES, TRAIN_BOXES, Seer


class Guesser(Seer):
    """Sees nothing: one box, one word."""

    def answer(self, image, prompt):
        return super().answer(np.zeros_like(image), prompt)


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    rows = {
        "train": [make_row(20 + n, f"trained{n}", box) for n, box in enumerate(TRAIN_BOXES)],
        "test": [make_row(n, f"p{n}", box, site="AB"[n % 2]) for n, box in enumerate(TEST_BOXES * 3)],
    }
    return write_dataset(tmp_path_factory.mktemp("data") / "refrad2d", rows)


def letters(texts):
    return np.array([[text.count(letter) for letter in "abcdefghijklmnopqrstuvwxyz "] for text in texts], float)


@pytest.fixture(scope="module")
def runs(data, tmp_path_factory):
    """A model that sees, with every extra, and one that guesses."""
    out = tmp_path_factory.mktemp("runs")
    grader = judge.Grader(lambda messages: '{"reason": "r", "score": 4}', "fake")
    embedder = Embedder(letters, "letters")
    judge.run(Seer(), "refrad2d", data, out / "seer", samples=100, embedder=embedder, grader=grader)
    judge.run(Guesser("guesser"), "refrad2d", data, out / "guesser", samples=100)
    return out


def results_of(folder):
    return json.loads((folder / "results.json").read_text())


def test_a_figure_is_shown_in_percent():
    assert format_figure({"mean": 0.436, "low": 0.42, "high": 0.4523, "n": 9}) == "43.6 [42.0, 45.2]"


def test_nothing_scored_is_a_dash():
    assert format_figure({"mean": None, "low": None, "high": None, "n": 0}) == "–"


def test_the_table_has_every_figure_of_the_contract(runs):
    results, table = results_of(runs / "seer"), (runs / "seer" / "table.md").read_text()
    for section in ("grounding", "report", "vqa"):
        for name, figure in results[section].items():
            assert f"| {section} | {name.replace('_', ' ')} | {format_figure(figure)} | {figure['n']} |" in table


def test_published_figures_are_marked(runs):
    table = (runs / "seer" / "table.md").read_text()
    assert "| RadGrounder (all data + detection) † | 37.5 ±3.3 | 30.3 ±1.4 | 48.9 ±2.8 |" in table


def test_published_figures_exist_for_every_benchmark():
    assert all(read_published(name) for name in ("refrad2d", "slake", "vqa-rad"))


def test_class_identity_never_stands_in_the_column_of_g_iou(runs):
    results = results_of(runs / "guesser")
    mine = format_layout(results).split("\n")[2]
    assert results["grounding"]["g_iou_class"]["mean"] is not None and mine.endswith("| – |")


def test_embeddings_add_the_papers_g_iou(runs):
    results = results_of(runs / "seer")
    assert results["additional"]["grounding"]["g_iou"]["n"] == 2 * 3 * len(TEST_BOXES)
    assert results["embeddings"]["encode_calls"] == 1


def test_llm_scores_are_added_with_judge_and_prompt(runs):
    results = results_of(runs / "seer")
    assert results["additional"]["report"]["llm_score"]["mean"] == 0.75
    assert results["llm_score"]["judge"] == "fake" and (runs / "seer" / "verdicts.jsonl").is_file()


def test_a_table_of_stored_results_is_the_same(runs):
    assert format_table(results_of(runs / "seer")) == (runs / "seer" / "table.md").read_text()


def test_no_folder_of_this_machine_is_published(runs, tmp_path_factory):
    for name in ("results.json", "table.md", "model-index.yaml"):
        assert str(tmp_path_factory.getbasetemp()) not in (runs / "seer" / name).read_text()


# Gallery


class Page(HTMLParser):
    def __init__(self, text):
        super().__init__()
        self.tags, self.hrefs, self.ids = [], set(), set()
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        found = dict(attributes)
        self.tags.append((tag, found.get("class")))
        self.ids |= {found["id"]} if "id" in found else set()
        self.hrefs |= {found["href"]} if tag == "use" else set()


def test_the_gallery_draws_both_boxes(runs):
    tags = Page((runs / "seer" / "gallery.html").read_text()).tags
    assert tags.count(("rect", "true")) > 0 and tags.count(("rect", "predicted")) > 0


def test_every_picture_of_the_gallery_is_stored_once(runs):
    page = Page((runs / "seer" / "gallery.html").read_text())
    assert page.hrefs == {f"#{name}" for name in page.ids}


def test_the_gallery_loads_nothing_and_runs_nothing(runs):
    text = (runs / "seer" / "gallery.html").read_text()
    assert "<script" not in text and "http" not in text


def test_the_gallery_has_the_subgroups(runs):
    text = (runs / "seer" / "gallery.html").read_text()
    assert all(f"<h2>{title}" in text for title in ("locate (12)", "locate, site A (6)", "report, language de (12)"))


# Model index


def test_the_hub_reads_the_model_index(runs):
    index = yaml.safe_load((runs / "seer" / "model-index.yaml").read_text())["model-index"]
    name, results = model_index_to_eval_results(index)
    card = ModelCardData(model_name=name, eval_results=results).to_dict()
    assert {r.metric_name for r in results} >= {"grounding miou", "report f1", "vqa accuracy closed"}
    assert card["model-index"] == index


def test_the_model_index_has_no_controls(runs):
    _, results = model_index_to_eval_results(model_index([results_of(runs / "seer")]))
    assert not any(word in r.metric_name for r in results for word in ("prior", "majority", "shuffled", "blank"))


def test_two_models_cannot_share_an_index(runs):
    with pytest.raises(ValueError, match="2 models cannot share"):
        model_index([results_of(runs / "seer"), results_of(runs / "guesser")])


# Comparison


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


# What training changed


def test_controls_do_not_change_by_training(runs):
    rows = read_rows(runs / "seer" / "predictions.jsonl")
    found = comparison.changes(rows, rows, comparison.columns_of("refrad2d"), samples=100)
    assert found["report.f1"]["mean"] == 0.0 and not any("prior" in name or "majority" in name for name in found)
