"""Files against their manifest, without any dataset: a folder with a few bytes."""

import pytest

from refrad2d.dataset.manifest import digest_files, hash_files
from refrad2d.operations.file_checks import Fault, check_files

CARD, SHARD = "refrad2d/README.md", "refrad2d/data/slices-train-00000-of-00002.parquet"
OTHER = SHARD.replace("00000-of", "00001-of")


@pytest.fixture
def root(tmp_path):
    for name, content in ((CARD, b"card"), (SHARD, b"first"), (OTHER, b"second")):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(content)
    return tmp_path


def faults_after(root, damage, **more):
    files = hash_files(root)
    manifest = {"fingerprint": digest_files(files), **more}
    damage()
    return list(check_files(root, manifest, files))


def test_sound_files_have_no_fault(root):
    assert faults_after(root, lambda: None) == []


def test_a_file_that_is_gone_is_missing(root):
    assert faults_after(root, (root / CARD).unlink) == [Fault(CARD, None, "missing_file")]


def test_a_shorter_file_is_truncated_and_another_of_its_length_changed(root):
    assert faults_after(root, lambda: (root / CARD).write_bytes(b"c")) == [Fault(CARD, None, "truncated")]
    assert faults_after(root, lambda: (root / CARD).write_bytes(b"x")) == [Fault(CARD, None, "changed")]


def test_files_that_change_places_are_swapped(root):
    def swap():
        (root / SHARD).write_bytes(b"second")
        (root / OTHER).write_bytes(b"first")

    assert faults_after(root, swap) == [Fault(SHARD, None, "swapped"), Fault(OTHER, None, "swapped")]


def test_a_shard_that_no_manifest_names_leaves_a_gap_in_the_numbers(root):
    (root / OTHER).unlink()
    assert faults_after(root, lambda: None) == [Fault(OTHER.removesuffix(".parquet"), None, "missing_shard")]
    assert faults_after(root, lambda: None, emptied=[OTHER]) == []


def test_a_changed_fingerprint_is_a_fault_of_the_manifest(root):
    files = hash_files(root)
    assert list(check_files(root, {"fingerprint": "x"}, files)) == [Fault("manifest.json", "fingerprint", "changed")]
