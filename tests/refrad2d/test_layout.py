"""Names of files: what is made can be read, and nothing else is taken for a shard."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from refrad2d.layout import (
    FOLDERS,
    FORMAT,
    Shard,
    card_patterns,
    kind_of,
    list_folder,
    list_published,
    list_shards,
    parse_shard,
    read_manifest,
)
from refrad2d.schema import SPLITS
from tests.fixtures.paths import ROOT

SHARDS = st.builds(
    Shard,
    st.sampled_from(list(FOLDERS)),
    st.sampled_from(SPLITS),
    st.sampled_from(["", "b001", "b123"]),
    st.integers(0, 99999),
    st.integers(1, 99999),
)


@given(SHARDS)
def test_a_name_is_read_as_it_was_made(shard):
    assert parse_shard(shard.path) == parse_shard(shard.path.rpartition("/")[2]) == shard
    assert kind_of(shard.path) == shard.kind


def test_names_are_those_of_earlier_datasets():
    assert Shard("slices", "train", "", 0, 1).path == "refrad2d/data/slices-train-00000-of-00001.parquet"
    assert Shard("sft", "validation", "b001", 1, 2).path == "refrad2d/sft/sft-validation-b001-00001-of-00002.parquet"
    assert Shard("archive", "test", "b002", 0, 1).path == "refrad2d-wds/test-b002-00000-of-00001.tar"


@pytest.mark.parametrize(
    "name",
    [
        *("README.md", "slices-train-00000-of-00001.parquet.tmp", "slices-train-part00000", "train-0-of-1.tar"),
        *(
            "slices-train-00000-of-00001.tar",
            "train-00000-of-00001.parquet",
            "slices-train-c001-00000-of-00001.parquet",
        ),
    ],
)
def test_other_names_are_no_shards(name):
    assert parse_shard(name) is None and kind_of(name) == ""


def touch(root: Path, *names: str) -> Path:
    for name in names:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).touch()
    return root


def test_shards_are_listed_by_kind_and_split(tmp_path):
    shards = [Shard(kind, split, batch, 0, 1) for kind in FOLDERS for split in SPLITS for batch in ("", "b001")]
    touch(tmp_path, "refrad2d/README.md", *(shard.path for shard in shards))
    found = [path.relative_to(tmp_path).as_posix() for path in list_shards(tmp_path, "slices", "train")]
    assert found == [shard.path for shard in shards if (shard.kind, shard.split) == ("slices", "train")]
    assert len(list_shards(tmp_path, "archive")) == 6
    assert set(list_published(tmp_path)) == {"refrad2d/README.md", *(shard.path for shard in shards)}


def test_a_misnamed_file_is_listed_in_its_folder_only(tmp_path):
    touch(tmp_path, "refrad2d/data/other.parquet")
    assert len(list_folder(tmp_path, "slices")) == 1 and list_shards(tmp_path, "slices") == []


def test_each_batch_has_a_pattern_of_its_own():
    names = [Shard("slices", "train", batch, 0, 1).path for batch in ("b002", "", "b001")]
    expected = ["data/slices-train-[0-9]*", "data/slices-train-b001-*", "data/slices-train-b002-*"]
    assert card_patterns("slices", "train", names) == [f"{start}.parquet" for start in expected]
    assert card_patterns("slices", "test", names) == []


def test_a_manifest_of_another_format_is_refused_with_the_remedy(tmp_path):
    assert read_manifest(tmp_path) is None
    (tmp_path / "manifest.json").write_text(json.dumps({"format": FORMAT}))
    assert read_manifest(tmp_path) == {"format": FORMAT}
    (tmp_path / "manifest.json").write_text(json.dumps({"format": 1}))
    with pytest.raises(ValueError, match="has format 1; this version makes and reads format 4 only. Build"):
        read_manifest(tmp_path)


def test_the_document_names_the_format_of_today():
    text = (ROOT / "docs" / "data-format.md").read_text(encoding="utf-8")
    assert f"older format (now {FORMAT})" in text
