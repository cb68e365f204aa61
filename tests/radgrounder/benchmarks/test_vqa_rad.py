"""VQA-RAD: its rows and both of its splits.

pytest tests/radgrounder/benchmarks/test_vqa_rad.py
"""

import json

import numpy as np
import pytest

from radgrounder.benchmarks.base import load_benchmark
from radgrounder.benchmarks.questions import read_splits
from radgrounder.benchmarks.vqa_rad import read_questions
from radgrounder.evaluation.run import run
from tests.fixtures.paths import SHARED
from tests.fixtures.tiny_evaluations import Yes

VQA_RAD = SHARED / "data/vqa-rad"
needs_vqa_rad = pytest.mark.skipif(not VQA_RAD.is_dir(), reason="VQA-RAD is not at ../shared/data/vqa-rad")


def test_vqa_rad_table_has_the_disjoint_split():
    parts = [row["split_disjoint"] for row in read_splits("vqa_rad.csv").values()]
    assert [parts.count(part) for part in ("train", "validation", "test", "")] == [109, 102, 103, 1]


@needs_vqa_rad
@pytest.mark.parametrize(("part", "count"), [("train", 785), ("validation", 728), ("test", 735)])
def test_vqa_rad_has_all_rows_of_the_disjoint_split(part, count):
    assert len(read_questions(VQA_RAD, "disjoint", part)) == count


@needs_vqa_rad
def test_vqa_rad_keeps_rows_whose_type_has_a_trailing_blank():
    questions = read_questions(VQA_RAD, "disjoint", "test")
    assert sum(question.kind == "closed" for question in questions) == 432


@needs_vqa_rad
def test_vqa_rad_tells_closed_answers_that_are_not_yes_or_no():
    items = load_benchmark("vqa-rad", str(VQA_RAD)).items
    answers = [item.groups["answer"] for item in items if not item.control]
    assert [answers.count(kind) for kind in ("yes/no", "closed, not yes/no", "open")] == [392, 40, 303]


@needs_vqa_rad
def test_vqa_rad_ids_are_unique():
    items = load_benchmark("vqa-rad", str(VQA_RAD)).items
    assert len({item.id for item in items}) == len(items)


@needs_vqa_rad
def test_vqa_rad_disjoint_split_shares_no_picture():
    rows = load_benchmark("vqa-rad", str(VQA_RAD))
    assert list(rows.notes) == []


@needs_vqa_rad
def test_vqa_rad_original_split_warns_of_its_overlap(tmp_path, capsys):
    results = run(Yes(), "vqa-rad", str(VQA_RAD), tmp_path, samples=50, limit=20, split="original")
    assert results["questions_of_the_split"] == 451
    assert "203 of 203 test images occur in training" in capsys.readouterr().out


@needs_vqa_rad
def test_vqa_rad_original_training_has_all_rows():
    assert len(read_questions(VQA_RAD, "original", "train")) == 3064


@needs_vqa_rad
def test_saying_yes_scores_the_share_of_yes(tmp_path):
    results = run(Yes(), "vqa-rad", str(VQA_RAD), tmp_path, samples=200)
    questions = [q for q in read_questions(VQA_RAD, "disjoint", "test") if q.kind == "closed"]
    share = np.mean([q.answer.lower() == "yes" for q in questions])
    vqa = results["vqa"]
    assert vqa["accuracy_closed"]["mean"] == vqa["text_only_accuracy"]["mean"] == pytest.approx(share)


def test_vqa_rad_refuses_unknown_splits(tmp_path):
    with pytest.raises(ValueError, match="Unknown split 'random' of VQA-RAD. Choose from disjoint, original"):
        load_benchmark("vqa-rad", str(tmp_path), split="random")


def test_vqa_rad_refuses_training_pictures_in_the_test_part(tmp_path):
    image = next(i for i, row in read_splits("vqa_rad.csv").items() if row["split_disjoint"] == "train")
    folder = tmp_path / "wu2025_split"
    folder.mkdir()
    row = {"question": "Q?", "answer": "yes", "image_name": image, "q_type": "closed"}
    (folder / "test_fixed_split.json").write_text(json.dumps([row]))
    with pytest.raises(ValueError, match="is not of the test part of the disjoint split"):
        read_questions(tmp_path, "disjoint", "test")


@pytest.mark.parametrize("kind", ["closed", "closed "])
def test_a_blank_behind_the_type_does_not_matter(tmp_path, kind):
    image = next(i for i, row in read_splits("vqa_rad.csv").items() if row["split_disjoint"] == "test")
    (tmp_path / "wu2025_split").mkdir()
    row = {"question": "Q?", "answer": "yes", "image_name": image, "q_type": kind}
    (tmp_path / "wu2025_split" / "test_fixed_split.json").write_text(json.dumps([row]))
    [question] = read_questions(tmp_path, "disjoint", "test")
    assert (question.kind, question.id) == ("closed", f"test/{image.removesuffix('.jpg')}/1")
