"""What is collected of rows, and what must follow from it; whole datasets are in test_verify."""

from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from refrad2d.operations.file_checks import Fault
from refrad2d.operations.row_checks import (
    Dataset,
    Sample,
    array_digest,
    check_derived,
    check_splits,
    digest,
    read_picture,
    split_of_file,
)
from refrad2d.samples import png


def sample(split="train", patient="p1", image="i1", **more):
    facts = {
        "study": patient + "t",
        "series": patient + "r",
        "row": "r",
        "grounded": "g",
        "pixels": "x",
        "mask": None,
        "is_grounded": False,
        "is_blank": False,
        "look": b"",
    }
    return Sample(split=split, patient=patient, image=image, turns=(), **{**facts, **more})


@pytest.fixture
def dataset(tmp_path):
    return Dataset(tmp_path, {})


def kinds(faults):
    return [fault.kind for fault in faults]


def test_a_shard_says_its_split():
    assert split_of_file(Path("slices-test-00000-of-00001.parquet")) == "test" and split_of_file(Path("x")) == "?"


def test_digests_do_not_depend_on_the_order_of_fields():
    assert digest({"a": 1, "b": 2}) == digest({"b": 2, "a": 1}) != digest({"a": 1, "b": 3})


def test_digests_of_arrays_know_their_shape():
    assert array_digest(np.zeros((2, 3), np.uint8)) != array_digest(np.zeros((3, 2), np.uint8))


def test_a_picture_that_cannot_be_read_is_none():
    assert read_picture({"bytes": png(np.zeros((2, 2), np.uint8))}).shape == (2, 2)
    assert read_picture({"bytes": b"no picture"}) is None and read_picture(None) is None


def test_a_patient_stands_in_one_split(dataset):
    dataset.samples = {"a": sample(), "b": sample("test", image="i2", pixels="y", study="t2", series="r2")}
    assert kinds(check_splits(dataset)) == ["patient_in_two_splits"]
    dataset.samples["b"] = sample("test", "p2", "i2", pixels="y")
    assert kinds(check_splits(dataset)) == []


@pytest.mark.parametrize("name", ["study", "series"])
@pytest.mark.parametrize("split", ["validation", "test"])
def test_a_study_and_a_series_stand_in_one_split(dataset, name, split):
    dataset.samples = {"a": sample(**{name: "x"}), "b": sample(split, "p2", "i2", pixels="y", **{name: "x"})}
    assert kinds(check_splits(dataset)) == [f"{name}_in_two_splits"]


def test_a_similar_image_stands_in_one_split(dataset):
    one, other = bytes(32), bytes(28) + b"\xff" * 4
    dataset.samples = {"a": sample(look=one), "b": sample("test", "p2", "i2", pixels="y", look=other)}
    assert kinds(check_splits(dataset)) == ["similar_image_in_two_splits"]
    dataset.samples["b"] = sample("test", "p2", "i2", pixels="y", look=bytes(27) + b"\xff" * 5)
    assert kinds(check_splits(dataset)) == []


def test_a_grounded_row_that_is_nowhere_is_missing(dataset):
    dataset.samples = {"a": sample(is_grounded=True)}
    (fault,) = check_derived(dataset)
    assert isinstance(fault, Fault) and fault.kind == "missing_row"
    dataset.grounded = {"a"}
    assert kinds(check_derived(dataset)) == []


def test_conversations_that_no_row_gives_differ(dataset):
    dataset.samples = {"a": sample()}
    dataset.turns["train", "i1"] = Counter(["turn"])
    assert kinds(check_derived(dataset)) == ["conversation_differs"]
