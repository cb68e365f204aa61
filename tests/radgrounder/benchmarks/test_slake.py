"""SLAKE: its rows, its splits, its official pictures.

pytest tests/radgrounder/benchmarks/test_slake.py
"""

import json

import pytest
from PIL import Image

from radgrounder.benchmarks.base import load_benchmark
from radgrounder.benchmarks.questions import read_splits
from radgrounder.evaluation.run import run
from tests.fixtures.paths import SHARED
from tests.fixtures.tiny_evaluations import Yes

SLAKE = SHARED / "data/slake"
needs_slake = pytest.mark.skipif(not SLAKE.is_dir(), reason="the SLAKE questions are not at ../shared/data/slake")

ROW = {
    "img_id": 102, "img_name": "xmlab102/source.jpg", "question": "Which organ?", "answer": "Liver", "q_lang": "en",
    "location": "Abdomen", "modality": "MRI", "answer_type": "OPEN", "qid": 11934, "content_type": "Organ",
}  # fmt: skip
TRAINING_ROW = ROW | {"img_name": "xmlab1/source.jpg", "qid": 0}


def write_slake(folder, rows, training=(TRAINING_ROW,)):
    (folder / "test.json").write_text(json.dumps(rows))
    (folder / "train.json").write_text(json.dumps(list(training)))
    return str(folder)


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
    results = run(Yes(), "slake", str(SLAKE), tmp_path, samples=100, limit=50, text_only=True)
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


def test_slake_text_only_needs_no_pictures(tmp_path):
    rows = load_benchmark("slake", write_slake(tmp_path, [ROW]), text_only=True)
    [item] = [item for item in rows.items if not item.control]
    assert (item.id, item.kind, item.groups["modality"], item.image) == ("vqa/11934", "open", "MR", "blank")
    assert rows.about["pictures"] == "none: text only"
