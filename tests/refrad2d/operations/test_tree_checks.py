"""What lies in DIR beside a dataset is found, and no fault tells a foreign name."""

import os

import pytest

from refrad2d.operations.file_checks import Fault
from refrad2d.operations.tree_checks import check_tree, told

NAME = "Testmann_Hans"


@pytest.fixture
def root(tmp_path):
    for folder in ("refrad2d/data", "refrad2d/sft", "refrad2d-wds"):
        (tmp_path / folder).mkdir(parents=True)
        (tmp_path / folder / "rows.tar").write_bytes(b"")
    for name in ("manifest.json", "stats.json", "accounting.jsonl", "CHANGELOG.md", "privacy-report.html"):
        (tmp_path / name).write_text("")
    return tmp_path


def found(root):
    faults = [told(root, fault) for fault in check_tree(root)]
    assert NAME not in repr(faults)
    return [fault.kind for fault in faults]


def test_what_our_commands_make_is_no_fault(root):
    (root / ".stages" / "ingest.tmp").mkdir(parents=True)
    (root / ".stages" / "lock").write_text("")
    assert found(root) == []


@pytest.mark.parametrize(
    ("make", "kind"),
    [
        (lambda root: (root / f"{NAME}.csv").write_text("x"), "extra_file"),
        (lambda root: (root / f".{NAME}").write_text("x"), "extra_file"),
        (lambda root: (root / "manifest.json.bak").write_text("x"), "extra_file"),
        (lambda root: (root / "dataset.key").write_text("x"), "extra_file"),
        (lambda root: (root / "refrad2d" / "data" / f"{NAME}.csv").write_text("x"), "extra_file"),
        (lambda root: (root / "refrad2d-wds" / f".{NAME}").write_text("x"), "extra_file"),
        (lambda root: (root / "refrad2d" / "manifest.json").write_text("x"), "extra_file"),
        (lambda root: (root / NAME).mkdir(), "extra_folder"),
        (lambda root: (root / "refrad2d" / NAME).mkdir(), "extra_folder"),
        (lambda root: (root / "refrad2d-wds" / f".{NAME}").mkdir(), "extra_folder"),
        (lambda root: (root / ".git" / NAME).mkdir(parents=True), "extra_folder"),
        (lambda root: (root / ".stages" / NAME).mkdir(parents=True), "extra_folder"),
        (lambda root: (root / "refrad2d" / "grounded").mkdir(), "empty_folder"),
        (lambda root: (root / "refrad2d" / "sft" / "rows.tar").unlink(), "empty_folder"),
        (lambda root: (root / "refrad2d-wds" / "rows.tar").unlink(), "empty_folder"),
        (lambda root: (root / "refrad2d" / NAME).symlink_to(root), "link"),
        (lambda root: (root / NAME).symlink_to(NAME), "link"),
        (lambda root: (root / "refrad2d-wds" / "x.tar").symlink_to("rows.tar"), "link"),
        (lambda root: os.mkfifo(root / "refrad2d" / "data" / f"{NAME}.parquet"), "not_a_file"),
        (lambda root: os.mkfifo(root / "stats.jsonl"), "not_a_file"),
        (lambda root: os.mkfifo(root / "refrad2d-wds" / "x.tar"), "not_a_file"),
    ],
)
def test_what_they_do_not_make_is_found(root, make, kind):
    make(root)
    assert found(root) == [kind]


def test_a_foreign_name_is_told_by_its_place(root):
    (root / f"{NAME}.csv").write_text("x")
    names = sorted(os.listdir(root))
    assert list(check_tree(root)) == [Fault(".", f"entry {names.index(f'{NAME}.csv') + 1}", "extra_file")]
    assert told(root, Fault(f"refrad2d/data/{NAME}.parquet", NAME, "extra_file")) == Fault(
        "refrad2d/data", None, "extra_file"
    )
    (root / "refrad2d/data/Z").write_text("x")
    assert told(root, Fault("refrad2d/data/Z", "Hans", "extra_file")) == Fault("refrad2d/data", "entry 1", "extra_file")


@pytest.mark.parametrize("key", ["abcdefghij234567abcd", "17", "line 3", "member 0", "entry 2", "export-b001", "test"])
def test_a_key_that_is_no_text_is_told(root, key):
    fault = Fault("refrad2d/data/slices-train-00000-of-00001.parquet", key, "kind")
    assert told(root, fault) == fault
    assert told(root, Fault("refrad2d/sft/sft-train", f"{key} Hans", "kind")).key is None
