"""The manifest names every published file and nothing else."""

import hashlib

from refrad2d.dataset.manifest import digest_files, hash_file, hash_files, in_splits, manifest
from refrad2d.layout import FORMAT


def make(root):
    for name in ("refrad2d/README.md", "refrad2d-wds/train-00000-of-00001.tar", "stats.json", "notes.txt"):
        (root / name).parent.mkdir(exist_ok=True)
        (root / name).write_text(name)
    return root


def test_published_files_are_hashed_and_others_are_not(tmp_path):
    files = hash_files(make(tmp_path))
    assert list(files) == ["refrad2d-wds/train-00000-of-00001.tar", "refrad2d/README.md", "stats.json"]
    assert files["stats.json"] == {"bytes": 10, "sha256": hashlib.sha256(b"stats.json").hexdigest()}


def test_a_file_is_hashed_block_by_block(tmp_path):
    data = bytes(3 << 20) + b"x"
    (tmp_path / "a").write_bytes(data)
    assert hash_file(tmp_path / "a") == (hashlib.sha256(data).hexdigest(), len(data))


def test_the_fingerprint_changes_with_a_name_or_a_byte_and_not_with_the_order():
    a, b = {"sha256": "0"}, {"sha256": "1"}
    assert digest_files({"x": a, "y": b}) == digest_files({"y": b, "x": a})
    assert len({digest_files(files) for files in ({"x": a}, {"x": b}, {"y": a})}) == 3


def test_empty_splits_are_left_out_and_the_others_in_order():
    assert list(in_splits({"sft": {"test": 0, "validation": 1, "train": 2}})["sft"].items()) == [
        ("train", 2),
        ("validation", 1),
    ]


def test_a_manifest_says_format_key_and_versions(tmp_path):
    made = manifest(make(tmp_path), b"k" * 32, {"slices": {"train": 1}})
    assert made["format"] == FORMAT == 4 and made["rows"] == {"slices": {"train": 1}}
    assert len(made["key_id"]) == 8 and {"python", "numpy", "pyarrow"} <= made["versions"].keys()
