"""SLAKE, VQA-RAD and what they share: rows, splits, verified pictures, controls.

pytest tests/radgrounder/benchmarks/test_questions.py
"""

import json
from hashlib import sha256

import numpy as np
import pytest
from PIL import Image

from radgrounder.benchmarks.base import load_benchmark
from radgrounder.benchmarks.questions import (
    Question,
    majority_answers,
    make_items,
    open_pictures,
    read_splits,
    score,
    verify_pictures,
)
from radgrounder.benchmarks.vqa_rad import read_questions
from radgrounder.evaluation import run as judge
from tests.fixtures.paths import SHARED

SLAKE, VQA_RAD = SHARED / "data/slake", SHARED / "data/vqa-rad"
needs_slake = pytest.mark.skipif(not SLAKE.is_dir(), reason="the SLAKE questions are not at ../shared/data/slake")
needs_vqa_rad = pytest.mark.skipif(not VQA_RAD.is_dir(), reason="VQA-RAD is not at ../shared/data/vqa-rad")

ROW = {
    "img_id": 102, "img_name": "xmlab102/source.jpg", "question": "Which organ?", "answer": "Liver", "q_lang": "en",
    "location": "Abdomen", "modality": "MRI", "answer_type": "OPEN", "qid": 11934, "content_type": "Organ",
}  # fmt: skip
TRAINING_ROW = ROW | {"img_name": "xmlab1/source.jpg", "qid": 0}


class Yes:
    """Says yes to everything."""

    def generate(self, images, prompts):
        assert all(image.size == (224, 224) for image in images)
        return ["Yes."] * len(prompts)


def write_slake(folder, rows, training=(TRAINING_ROW,)):
    (folder / "test.json").write_text(json.dumps(rows))
    (folder / "train.json").write_text(json.dumps(list(training)))
    return str(folder)


# SLAKE


def test_slake_table_has_all_pictures_once():
    splits = [row["split_en"] for row in read_splits("slake.csv").values()]
    assert [splits.count(split) for split in ("train", "validate", "test")] == [450, 96, 96]


@needs_slake
def test_slake_test_is_the_english_test_split():
    items = [item for item in load_benchmark("slake", str(SLAKE), text_only=True).items if not item.control]
    assert (len(items), sum(item.kind == "closed" for item in items)) == (1061, 416)


@needs_slake
def test_slake_chinese_is_optional_and_warns_of_its_overlap():
    rows = load_benchmark("slake", str(SLAKE), text_only=True, languages=("en", "zh"))
    assert sum(not item.control for item in rows.items) == 2094
    assert any("70 of 96 Chinese test images are in English training" in note for note in rows.notes)


@needs_slake
def test_slake_without_pictures_says_where_they_come_from():
    with pytest.raises(ValueError, match=r"96 of 96 pictures are missing.*med-vqa.com.*SHA-256.*--text-only"):
        load_benchmark("slake", str(SLAKE))


@needs_slake
def test_slake_text_only_says_so(tmp_path, capsys):
    results = judge.run(Yes(), "slake", str(SLAKE), tmp_path, samples=100, limit=50, text_only=True)
    assert results["pictures"] == "none: text only" and "Text only" in capsys.readouterr().out


def test_slake_refuses_the_validation_set_as_test(tmp_path):
    data = write_slake(tmp_path, [ROW | {"qid": 9835, "img_name": "xmlab0/source.jpg"}])
    with pytest.raises(ValueError, match="Question 9835 in .*test.json is not of the test split"):
        load_benchmark("slake", data, text_only=True)


def test_slake_refuses_other_pixels(tmp_path):
    picture = tmp_path / "imgs" / "xmlab102" / "source.jpg"
    picture.parent.mkdir(parents=True)
    Image.new("L", (8, 8)).save(picture)
    with pytest.raises(ValueError, match="are not the official files"):
        load_benchmark("slake", write_slake(tmp_path, [ROW]))


def test_slake_without_its_files_says_where_to_get_them(tmp_path):
    with pytest.raises(ValueError, match=r"There is no .*test.json. Get Slake1.0 from"):
        load_benchmark("slake", str(tmp_path))


def test_slake_has_no_german(tmp_path):
    with pytest.raises(ValueError, match="no language 'de'. Choose from en, zh"):
        load_benchmark("slake", str(tmp_path), languages=("de",))


# VQA-RAD


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
    results = judge.run(Yes(), "vqa-rad", str(VQA_RAD), tmp_path, samples=50, limit=20, split="original")
    assert results["questions_of_the_split"] == 451
    assert "203 of 203 test images occur in training" in capsys.readouterr().out


@needs_vqa_rad
def test_vqa_rad_original_training_has_all_rows():
    assert len(read_questions(VQA_RAD, "original", "train")) == 3064


@needs_vqa_rad
def test_saying_yes_scores_the_share_of_yes(tmp_path):
    results = judge.run(Yes(), "vqa-rad", str(VQA_RAD), tmp_path, samples=200)
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


# What both share

QUESTIONS = [
    Question("1", "Is it large?", "yes", "a.png", "en", "closed"),
    Question("2", "Where is it?", "left lobe", "b.png", "en", "open"),
]


def test_majority_answer_falls_back_to_its_type():
    answer = majority_answers(
        [
            ("en", "Q1", "yesno", "yes"),
            ("en", "Q1", "yesno", "yes"),
            ("en", "Q2", "yesno", "no"),
            ("en", "Q3", "open", "x"),
        ]
    )
    assert [answer("en", q, t) for q, t in (("Q2", "yesno"), ("new", "yesno"), ("new", "open"))] == ["no", "yes", "x"]


def test_majority_answer_without_training_is_empty():
    assert majority_answers([])("en", "Q", "open") == ""


def test_every_question_has_three_controls():
    items = make_items(QUESTIONS, QUESTIONS, seed=0)
    assert sorted(item.control for item in items if item.id.startswith("vqa/1")) == [
        "",
        "majority",
        "shuffled",
        "text_only",
    ]


def test_shuffled_questions_see_another_picture():
    items = make_items(QUESTIONS, [], seed=0)
    assert all(item.image != item.cluster for item in items if item.control == "shuffled")


def test_text_only_shows_no_picture():
    items = make_items(QUESTIONS, QUESTIONS, seed=0, text_only=True)
    assert {(item.control, item.image) for item in items} == {("", "blank"), ("majority", "blank")}


def test_prompts_are_those_of_training():
    assert make_items(QUESTIONS, [], seed=0)[0].prompt == "\n\nIs it large?\nAnswer: "


def test_closed_questions_have_an_accuracy_and_open_ones_an_f1():
    items = [item for item in make_items(QUESTIONS, [], seed=0) if not item.control]
    scores = score(items, [item.true for item in items])
    assert [("accuracy_closed" in s, "f1_open" in s) for s in scores] == [(True, False), (False, True)]


def test_verified_pictures_are_opened(tmp_path):
    path = tmp_path / "a.png"
    Image.fromarray(np.arange(64, dtype=np.uint8).reshape(8, 8)).save(path)
    verify_pictures({"a.png": path}, {"a.png": sha256(path.read_bytes()).hexdigest()}, source="")
    picture = open_pictures({"a.png": path})("a.png")
    assert (picture.shape, picture.min(), picture.max()) == ((224, 224, 3), 0, 255)


def test_a_missing_picture_is_named(tmp_path):
    with pytest.raises(ValueError, match=r"1 of 1 pictures are missing, such as .*a.png. From here."):
        verify_pictures({"a.png": tmp_path / "a.png"}, {}, source="From here.")
