"""Scores of the benchmark, of embeddings, and of a judge.

pytest tests/radgrounder/evaluation/test_scoring.py
"""

import numpy as np
import pytest

from radgrounder.benchmarks.base import load_benchmark
from radgrounder.evaluation.llmscore import Grader
from radgrounder.evaluation.scoring import score_answers
from radgrounder.metrics.embeddings import Embedder
from tests.fixtures.tiny_evaluations import TEST_BOXES, write_tiny


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    return write_tiny(tmp_path_factory.mktemp("data"))


def letters(texts):
    return np.array([[text.count(letter) for letter in "abcdefghijklmnopqrstuvwxyz "] for text in texts], float)


@pytest.fixture(scope="module")
def rows(data):
    """The benchmark, answered rightly throughout."""
    return load_benchmark("refrad2d", data)


def scored(rows, tmp_path, **options):
    answers = [item.true for item in rows.items]
    return score_answers(rows, rows.items, answers, verdicts=tmp_path / "verdicts.jsonl", **options)


def of_the_model(rows, found, measure):
    return [s[measure] for item, s in zip(rows.items, found.scores, strict=True) if measure in s and not item.control]


def test_without_extras_nothing_is_added(rows, tmp_path):
    found = scored(rows, tmp_path)
    assert (
        list(found.extra) == list(rows.facts.extra) and not found.about and not (tmp_path / "verdicts.jsonl").exists()
    )


def test_embeddings_add_the_papers_g_iou_to_reports(rows, tmp_path):
    found = scored(rows, tmp_path, embedder=Embedder(letters, "letters"))
    assert of_the_model(rows, found, "g_iou") == pytest.approx([1.0] * 2 * len(TEST_BOXES))
    assert found.about["embeddings"] == {"model": "letters", "encode_calls": 1}


def test_a_judge_grades_reports_and_open_answers_of_the_model(rows, tmp_path):
    found = scored(rows, tmp_path, grader=Grader(lambda messages: '{"reason": "r", "score": 4}', "fake"))
    assert of_the_model(rows, found, "llm_score") == [0.75] * 3 * len(TEST_BOXES)
    assert found.about["llm_score"]["judge"] == "fake" and (tmp_path / "verdicts.jsonl").is_file()
    assert not any("llm_score" in s for item, s in zip(rows.items, found.scores, strict=True) if item.control)


def test_the_figures_of_the_extras_have_columns(rows, tmp_path):
    grader = Grader(lambda messages: '{"reason": "r", "score": 4}', "fake")
    found = scored(rows, tmp_path, grader=grader, embedder=Embedder(letters, "letters"))
    assert {column.measure for column in found.extra} >= {"llm_score", "g_iou", "g_iou_optimal", "g_iou_peer"}
