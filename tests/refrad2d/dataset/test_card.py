"""The card's YAML finds the shards that are there, and only those."""

import yaml
from datasets import DatasetInfo, SplitDict, SplitInfo, load_dataset
from datasets.info import DatasetInfosDict
from huggingface_hub import DatasetCardData

from refrad2d.dataset.card import card_yaml, find_template
from refrad2d.layout import Shard
from refrad2d.schema import features

ROWS = {"slices": {"train": 3, "test": 1}, "grounded": {"train": 2}}


def head(*shards, rows=ROWS):
    return yaml.safe_load(card_yaml(rows, {shard.path: 10 for shard in shards}))


BUILT = (Shard("slices", "train", "", 0, 1), Shard("slices", "test", "", 0, 1), Shard("grounded", "train", "", 0, 1))


def test_configs_without_rows_and_empty_splits_are_left_out():
    configs = {config["config_name"]: config for config in head(*BUILT)["configs"]}
    assert list(configs) == ["report", "vqa", "grounded"] and configs["report"]["default"]
    assert [part["split"] for part in configs["grounded"]["data_files"]] == ["train"]


def test_views_of_one_file_name_their_columns():
    configs = {config["config_name"]: config for config in head(*BUILT)["configs"]}
    assert "vqa" in configs["vqa"]["columns"] and "columns" not in configs["grounded"]


def test_an_appended_batch_gets_a_pattern_of_its_own():
    (report, *_) = head(*BUILT, Shard("slices", "train", "b001", 0, 1))["configs"]
    paths = {part["split"]: part["path"] for part in report["data_files"]}
    assert paths["test"] == "data/slices-test-[0-9]*.parquet"
    assert paths["train"] == ["data/slices-train-[0-9]*.parquet", "data/slices-train-b001-*.parquet"]


def test_objects_say_their_visible_size():
    (info,) = (info for info in head(*BUILT)["dataset_info"] if info["config_name"] == "grounded")
    (objects,) = (f for f in info["features"] if f["name"] == "objects")
    assert {"name": "pixels", "dtype": "int32"} in objects["list"]


def test_a_rebuilt_dataset_of_as_many_rows_has_another_head():
    assert card_yaml(ROWS, {BUILT[0].path: 10}) != card_yaml(ROWS, {BUILT[0].path: 11})


def test_the_template_is_found():
    assert find_template("dataset_card", "template.md").startswith("# RefRad2D")


def test_a_written_card_is_read_by_datasets(first_month):
    folder = first_month / "dataset" / "refrad2d"
    assert "pixels" in load_dataset(str(folder), "grounded", split="train")[0]["objects"][0]
    assert "$" not in (folder / "README.md").read_text().replace("arxiv", "")


def test_the_head_is_the_one_that_datasets_would_write():
    """Which sorts its keys and configs as its own classes do."""
    infos = DatasetInfosDict()
    for info in head(*BUILT)["dataset_info"]:
        sizes = {part["name"]: SplitInfo(**part) for part in info["splits"]}
        about = {name: info[name] for name in ("config_name", "download_size", "dataset_size")}
        infos[info["config_name"]] = DatasetInfo(
            features=features(info["config_name"]), splits=SplitDict(sizes), **about
        )
    words = {name: value for name, value in head(*BUILT).items() if name not in ("dataset_info", "configs")}
    data = DatasetCardData(**words)
    infos.to_dataset_card_data(data)
    theirs = {**data.to_dict(), "configs": head(*BUILT)["configs"]}
    written = yaml.safe_dump(theirs, sort_keys=False, allow_unicode=True, width=1000)
    assert card_yaml(ROWS, {shard.path: 10 for shard in BUILT}) == written
