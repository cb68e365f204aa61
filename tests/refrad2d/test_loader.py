"""The archive gives the rows of the Parquet files; what the manifest does not name is not read."""

import json
import shutil

import numpy as np
import pytest
from datasets import load_dataset

from refrad2d.loader import config_rows, load, named_shards
from refrad2d.samples import Native, encode
from tests.fixtures.tiny_dataset import make_row


@pytest.mark.parametrize("config", ["report", "grounded", "sft", "volumes"])
def test_archive_and_parquet_agree(first_month, config):
    theirs = load_dataset(str(first_month / "dataset" / "refrad2d"), config, split="train")
    mine = load(config, root=first_month / "dataset", split="train")
    assert mine.features == theirs.features and len(mine) == len(theirs) > 0
    for a, b in zip(mine, theirs, strict=True):
        assert {k: v for k, v in a.items() if k not in ("image", "mask")} == {
            k: v for k, v in b.items() if k not in ("image", "mask")
        }
        assert config == "volumes" or a["image"].tobytes() == b["image"].tobytes()


def test_objects_keep_their_visible_size(first_month):
    row = load("grounded", root=first_month / "dataset", split="train")[0]
    assert all(found["pixels"] > found["area"] for found in row["objects"])  # the masks are 16 pixels wide


def test_a_shard_that_the_manifest_does_not_name_is_left_out(first_month, tmp_path):
    shutil.copytree(first_month / "dataset", tmp_path / "ds")
    (known,) = named_shards(tmp_path / "ds", "train")
    shutil.copy(known, known.with_name("train-b001-00000-of-00001.tar"))
    assert named_shards(tmp_path / "ds", "train") == [known]


def test_an_older_dataset_is_refused_with_the_remedy(first_month, tmp_path):
    shutil.copytree(first_month / "dataset", tmp_path / "ds")
    manifest = json.loads((tmp_path / "ds" / "manifest.json").read_text())
    (tmp_path / "ds" / "manifest.json").write_text(json.dumps({**manifest, "format": 1}))
    with pytest.raises(ValueError, match="format 1; .* Build the dataset again"):
        load("grounded", root=tmp_path / "ds")


def test_an_older_sample_is_not_filled_up_in_silence():
    row = make_row(1, "p", (10, 20, 50, 60)) | {"slope": 1.0, "intercept": 0.0}
    pixels = np.zeros((4, 4), np.uint16)
    for picture in ("image", "mask"):
        del row[picture]
    for found in row["objects"]:
        del found["pixels"]
    with pytest.raises(ValueError, match="Build the dataset again"):
        list(config_rows("grounded", encode(Native(row, pixels, None))))


@pytest.mark.parametrize(("config", "message"), [("boxes", "Unknown config"), ("report", "holds no refrad2d-wds")])
def test_wrong_arguments_are_refused(tmp_path, config, message):
    with pytest.raises(ValueError, match=message):
        load(config, root=tmp_path)
