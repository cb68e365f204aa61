"""What question benchmarks share: the prompt, the controls, the scoring, verified pictures.

pytest tests/radgrounder/benchmarks/test_questions.py
"""

from hashlib import sha256

import numpy as np
import pytest
from PIL import Image

from radgrounder.benchmarks.base import Facts
from radgrounder.benchmarks.questions import (
    Pictures,
    Question,
    known_hashes,
    limit_questions,
    make_benchmark,
    make_items,
    open_pictures,
    score,
    verify_pictures,
)
from radgrounder.inference.picture import open_picture

QUESTIONS = [
    Question("1", "Is it large?", "yes", "a.png", "en", "closed"),
    Question("2", "Where is it?", "left lobe", "b.png", "en", "open"),
]


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


def test_pictures_are_read_as_the_command_reads_them(tmp_path):
    deep = np.arange(0, 64000, 1000, dtype=np.uint16).reshape(8, 8)  # 16 bits, once clipped here
    Image.fromarray(deep).save(tmp_path / "a.png")
    mine = open_pictures({"a.png": tmp_path / "a.png"})("a.png")
    assert np.array_equal(mine, open_picture(tmp_path / "a.png").image) and len(np.unique(mine)) > 200


def build(folder, **options):
    given = {"limit": None, "seed": 0, "text_only": False, **options}
    return make_benchmark(
        Facts(name="toy"), QUESTIONS, [], Pictures(lambda image: folder / image, "From here."), **given
    )


def test_pictures_without_known_hashes_are_said_not_to_be_verified(tmp_path):
    for question in QUESTIONS:
        Image.new("L", (8, 8)).save(tmp_path / question.image)
    assert build(tmp_path).about["pictures"] == "not verified"


def test_missing_pictures_without_known_hashes_are_refused(tmp_path):
    with pytest.raises(ValueError, match=r"2 of 2 pictures are missing.* From here. To judge without"):
        build(tmp_path)


def test_text_only_is_said_above_the_figures(tmp_path):
    rows = build(tmp_path, text_only=True)
    assert rows.about["pictures"] == "none: text only" and "Text only" in rows.notes[0]


def test_a_limit_keeps_the_order_of_the_questions():
    many = [Question(str(n), "?", "yes", "a.png", "en", "closed") for n in range(30)]
    kept = limit_questions(many, 7, 0)
    assert len(kept) == 7 and kept == sorted(kept, key=lambda question: int(question.id))


def test_hashes_are_those_of_the_table():
    assert known_hashes({"a": {"sha256": "1", "split": "test"}}) == {"a": "1"}
