"""Public sets become sft configs; mixtures hold their shares and keep pictures apart."""

import json
import shutil
from hashlib import sha256

import numpy as np
import pytest
from datasets import load_dataset
from PIL import Image

from radgrounder.benchmarks import slake, vqa_rad
from radgrounder.benchmarks.questions import Question
from radgrounder.training import mixtures
from radgrounder.training.mixtures import (
    cap,
    convert,
    group_pictures,
    mix,
    picture_key,
    read_config,
    read_slake,
    read_vqa_rad,
    write_config,
)
from radgrounder.training.packing import pack, split_branches
from refrad2d.conversations import prompt, sft_row, turn
from refrad2d.mixture import Mixture
from refrad2d.schema import features


def question(image, text="Is it?", answer="Yes", language="en"):
    return Question(f"{image}/{text}", text, answer, image, language, "closed")


@pytest.fixture
def pictures(tmp_path):
    """Files a, b, c and their hashes."""
    for number, name in enumerate("abc"):
        Image.fromarray(np.full((8, 12, 3), 40 * number, np.uint8)).save(tmp_path / f"{name}.png")
    hashes = {name: sha256((tmp_path / f"{name}.png").read_bytes()).hexdigest() for name in "abc"}
    return (lambda name: tmp_path / f"{name}.png"), hashes


def parts(train="a", validation="b", test="c"):
    return {"train": [question(train)], "validation": [question(validation)], "test": [question(test)]}


def convert_(pictures, **names):
    return convert(parts(**names), *pictures, source="Get it.")


def rows(prefix, count, per_picture=2):
    """Rows about invented pictures, `per_picture` each."""
    made = []
    for n in range(count):
        image = {"bytes": f"{prefix}{n // per_picture}".encode(), "path": "x.png"}
        made.append(sft_row(image, turn(f"{prefix}{n}?", "yes")))
    return made


def test_a_question_gets_the_prompt_that_eval_gives_it(pictures):
    [row] = convert_(pictures)["train"]
    [asked, answered] = [m["content"][-1]["text"] for m in row["messages"]]
    assert (asked, answered) == (prompt("vqa", "en", question="Is it?"), "Yes")


@pytest.mark.parametrize("shared", [{"validation": "a"}, {"test": "a"}, {"test": "b"}])
def test_a_picture_in_two_parts_is_refused(pictures, shared):
    with pytest.raises(ValueError, match="1 pictures are in both"):
        convert_(pictures, **shared)


def test_a_picture_that_is_not_the_official_one_is_refused(pictures):
    path_of, hashes = pictures
    with pytest.raises(ValueError, match="not the official files"):
        convert(parts(), path_of, {**hashes, "a": "0" * 64}, source="Get it.")


def test_the_folder_loads_as_the_sft_config(pictures, tmp_path):
    counts = write_config(convert_(pictures), tmp_path / "out", about="x")
    data = load_dataset(str(tmp_path / "out"), "sft")
    assert counts == {"train": 1, "validation": 1} == {split: len(data[split]) for split in data}
    assert data["train"].features == features("sft") and data["train"][0]["image"].size == (224, 224)


def test_a_folder_that_was_made_anew_is_read_anew(tmp_path):
    """Also where name and row counts are those of the old one."""
    for answer in ("yes", "no"):
        made = {"train": [sft_row({"bytes": b"", "path": "x.png"}, turn("Is it?", answer))]}
        write_config(made, tmp_path / answer / "out", about="x")
        row = load_dataset(str(tmp_path / answer / "out"), "sft", split="train").select_columns(["messages"])[0]
        assert row["messages"][1]["content"][0]["text"] == answer


def test_a_mixture_has_its_shares_and_repeats_nothing():
    sources = {"a": {"train": rows("a", 40)}, "b": {"train": rows("b", 1000)}}
    mixed = mix(sources, {"a": 0.25, "b": 0.75})["train"]
    first = [row["image"]["bytes"].startswith(b"a") for row in mixed]
    assert (sum(first), len(first)) == (40, 160)
    assert len({row["messages"][0]["content"][1]["text"] for row in mixed}) == len(mixed)
    assert 0 < first.index(False) < 40 or first[0] is False


def test_a_pictures_conversations_stay_together():
    mixed = mix({"a": {"train": rows("a", 40)}, "b": {"train": rows("b", 60)}}, {"a": 0.5, "b": 0.5})["train"]
    groups = group_pictures(mixed)
    assert len(groups) == len({picture_key(row) for row in mixed})


def test_a_mixture_that_leaks_a_picture_is_refused():
    with pytest.raises(ValueError, match="in train of one source and validation of another"):
        mix({"a": {"train": rows("a", 4)}, "b": {"validation": rows("a", 4)}}, {"a": 0.5, "b": 0.5})


def test_the_same_seed_gives_the_same_mixture():
    sources = {"a": {"train": rows("a", 40)}, "b": {"train": rows("b", 60)}}
    shares = {"a": 0.3, "b": 0.7}
    assert mix(sources, shares) == mix(sources, shares) != mix(sources, shares, seed=1)


def test_shares_must_be_positive():
    with pytest.raises(ValueError, match="not all positive"):
        mix({"a": {}}, {"a": 0.0})


@pytest.fixture
def table(pictures, monkeypatch):
    """The pictures a, b, c as if they were the official ones of both sets."""
    _, hashes = pictures
    splits = {"a": ("train", "train"), "b": ("validate", "validation"), "c": ("test", "test")}
    known = {
        name: {"sha256": hashes[name], "split_en": slake_split, "split_disjoint": part}
        for name, (slake_split, part) in splits.items()
    }
    for module in (mixtures, slake, vqa_rad):
        monkeypatch.setattr(module, "read_splits", lambda _: known)


def asked_about(rows):
    return {split: [row["messages"][0]["content"][-1]["text"].strip() for row in rows[split]] for split in rows}


def test_slake_is_read_without_its_test_questions(pictures, table, tmp_path):
    path_of, _ = pictures
    for split, image, number in (("train", "a", 0), ("validate", "b", 9835), ("test", "c", 11934)):
        (tmp_path / "imgs" / image).mkdir(parents=True)
        shutil.copy(path_of(image), tmp_path / "imgs" / image / "source.jpg")
        asked = {"qid": number, "img_name": f"{image}/source.jpg", "q_lang": "en", "question": f"{split}?"}
        more = {"answer": "Yes", "answer_type": "CLOSED", "modality": "CT", "location": "", "content_type": ""}
        (tmp_path / f"{split}.json").write_text(json.dumps([asked | more]))
    assert asked_about(read_slake(tmp_path)) == {"train": ["train?\nAnswer:"], "validation": ["validate?\nAnswer:"]}


def test_vqa_rad_is_read_without_its_test_questions(pictures, table, tmp_path):
    path_of, _ = pictures
    (tmp_path / "wu2025_split").mkdir()
    (tmp_path / "images").mkdir()
    for part, image in (("train", "a"), ("validation", "b"), ("test", "c")):
        shutil.copy(path_of(image), tmp_path / "images" / image)
        asked = {"image_name": image, "question": f"{part}?", "answer": "Yes", "answer_type": "CLOSED"}
        (tmp_path / f"wu2025_split/{part}_fixed_split.json").write_text(json.dumps([asked]))
    assert asked_about(read_vqa_rad(tmp_path)) == {"train": ["train?\nAnswer:"], "validation": ["validation?\nAnswer:"]}


def test_a_config_that_was_written_is_read_as_it_was(pictures, tmp_path):
    made = convert_(pictures)
    write_config(made, tmp_path / "read" / "out", about="x")
    read = read_config(tmp_path / "read" / "out")
    assert {split: [picture_key(row) for row in read[split]] for split in read} == {
        split: [picture_key(row) for row in made[split]] for split in made
    }


def test_a_folder_without_the_config_is_refused(tmp_path):
    with pytest.raises(ValueError, match="Give the refrad2d folder of a build"):
        read_config(tmp_path)


def test_vqa_rad_has_its_rows_and_no_shared_picture(shared):
    root = shared / "data" / "vqa-rad"
    if not (root / "wu2025_split").is_dir():
        pytest.skip("the split files of VQA-RAD are not here")
    data = read_vqa_rad(root)
    assert {split: len(data[split]) for split in data} == {"train": 785, "validation": 728}
    assert not {picture_key(r) for r in data["train"]} & {picture_key(r) for r in data["validation"]}


@pytest.fixture
def many(tmp_path):
    """A set of 3 training pictures and 1 validation picture with 12 questions each."""
    sets = {"train": rows("t", 36, per_picture=12), "validation": rows("v", 12, per_picture=12)}
    for n, row in enumerate([*sets["train"], *sets["validation"]]):
        row["image"] = {**row["image"], "path": f"slice{n // 12}.png"}
    write_config(sets, tmp_path / "many", about="About.")
    return tmp_path / "many"


def asked(found):
    return [row["messages"][0]["content"][1]["text"] for row in found]


def test_a_capped_set_keeps_so_many_of_each_picture(many, tmp_path):
    counts = write_config(cap(many, Mixture(question=5)), tmp_path / "capped", about="About.")
    assert counts == {"train": 15, "validation": 5}
    whole, capped = (load_dataset(str(folder), "sft") for folder in (many, tmp_path / "capped"))
    assert whole["train"].features == capped["train"].features
    order = asked(read_config(many)["train"])
    kept = asked(read_config(tmp_path / "capped")["train"])
    assert kept == [text for text in order if text in kept]
    assert kept == asked(cap(many, Mixture(question=5))["train"])  # the same again


def test_each_draw_of_a_training_picture_has_other_questions(many):
    found = cap(many, Mixture(question=6), draws=2)
    train = asked(found["train"])
    assert sorted(train) == sorted(asked(read_config(many)["train"]))  # two draws of 6 are all 12
    assert len(list(found["validation"])) == 6


def test_packed_rows_are_those_that_pack_makes(many, tmp_path):
    write_config(cap(many, Mixture(question=5)), tmp_path / "single", about="About.")
    write_config(cap(many, Mixture(question=5), packed=True), tmp_path / "packed", about="About.")
    single, packed = (load_dataset(str(tmp_path / name), "sft", split="train") for name in ("single", "packed"))
    assert packed["messages"][:] == pack(single, most=16)["messages"][:]
    assert packed["length"][:] == pack(single, most=16)["length"][:]
    assert [len(split_branches(messages)) for messages in packed["messages"]] == [5, 5, 5]


def test_pictures_without_a_name_are_told_by_their_bytes(tmp_path):
    found = rows("t", 24, per_picture=12)
    for row in found:
        row["image"] = {**row["image"], "path": None}
    write_config({"train": found}, tmp_path / "x", about="About.")
    assert len(list(cap(tmp_path / "x", Mixture(question=5))["train"])) == 10


def test_a_cap_that_leaves_nothing_writes_nothing(many, tmp_path):
    with pytest.raises(ValueError, match="No conversation is left"):
        write_config(cap(many, Mixture(1, 0, 0, 0)), tmp_path / "none", about="About.")
    assert not (tmp_path / "none").exists()
