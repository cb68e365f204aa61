"""One command at a time, and a prepared change is carried out whole."""

import json
import shutil

import pytest

from refrad2d.operations.transaction import (
    carry_out,
    check_present,
    clean_up,
    hold,
    is_half_changed,
    open_manifest,
    retire,
    tombstone,
    with_change,
)
from refrad2d.system.files import write_json, write_text
from refrad2d.system.pseudonyms import key_id

KEY = bytes(range(32))


@pytest.fixture
def out(tmp_path):
    """The bare bones of a finished dataset."""
    write_json(tmp_path / "ds" / "manifest.json", {"format": 4, "key_id": key_id(KEY), "inputs": "i", "files": {}})
    write_text(tmp_path / "key", KEY.hex())
    return tmp_path / "ds"


def test_a_tombstone_does_not_tell_the_pseudonym():
    assert tombstone("abc") == tombstone("abc") != tombstone("abd") and "abc" not in tombstone("abc")


def test_manifest_and_key_are_opened_together(out):
    manifest, key = open_manifest(out, out.parent / "key", key_needed=True)
    assert manifest["format"] == 4 and key == KEY
    assert open_manifest(out, out.parent / "nowhere", key_needed=False)[1] is None


def test_another_key_or_format_is_refused(out):
    write_text(out.parent / "key", "ff" * 32)
    with pytest.raises(ValueError, match="the dataset was made with"):
        open_manifest(out, out.parent / "key", key_needed=False)
    write_json(out / "manifest.json", {"format": 1})
    with pytest.raises(ValueError, match="format 1; .* Build the dataset again"):
        open_manifest(out, out.parent / "key", key_needed=False)


def test_a_held_dataset_is_held_by_one(out):
    with hold(out, "append a"), pytest.raises(ValueError, match="Another command is writing"), hold(out, "append a"):
        pass


def test_stages_of_the_same_task_are_found_again_and_of_another_are_not_lost(out):
    with hold(out, "append a") as stages:
        (stages / "ingest").mkdir()
    with hold(out, "append a") as stages:
        assert (stages / "ingest").is_dir()
    with pytest.raises(ValueError, match="unfinished append of other input"), hold(out, "append b"):
        pass
    with hold(out, "remove x", discard=("append",)) as stages:
        assert not (stages / "ingest").exists()


@pytest.mark.parametrize("stored", ["append a", "append a\n1"])
def test_stages_of_another_version_are_named_and_stay(out, stored):
    with hold(out, "append a") as stages:
        (stages / "ingest").mkdir()
    (stages / "lock").write_text(stored, encoding="utf-8")
    with pytest.raises(ValueError, match="stages of another version .* Delete that folder"), hold(out, "append a"):
        pass
    assert (stages / "ingest").is_dir()
    shutil.rmtree(stages)
    with hold(out, "append a") as stages:
        assert not (stages / "ingest").exists()


def test_a_prepared_change_is_carried_out_by_whoever_comes_next(out):
    write_text(out / "old", "goes")
    with hold(out, "append a") as stages:
        write_text(stages / "commit" / "files" / "refrad2d" / "new", "comes")
        write_text(stages / "commit" / "files" / "manifest.json", json.dumps({"inputs": "i"}))
        write_json(stages / "commit" / "plan.json", {"delete": ["old"]})
        assert is_half_changed(out)
    with hold(out, "remove x"):
        assert not is_half_changed(out) and (out / "refrad2d" / "new").read_text() == "comes"
        assert not (out / "old").exists()


def test_a_change_leaves_its_plan_until_the_task_is_retired(out):
    with hold(out, "append a") as stages:
        (stages / "commit" / "files").mkdir(parents=True)
        write_json(stages / "commit" / "plan.json", {"counts": 3})
        assert carry_out(out) == {"counts": 3} and (stages / "done" / "plan.json").is_file()
        retire(out)
    assert not (out / ".stages").exists()


def test_leftovers_of_a_finished_command_are_cleaned_up_and_unfinished_ones_are_not(out):
    for task, left in (("build i", False), ("build other", True)):
        with hold(out, task):
            pass
        clean_up(out)
        assert (out / ".stages").exists() == left


def test_the_changelog_gets_one_row_a_change(out):
    manifest = {"fingerprint": "f" * 64}
    text = with_change(out, manifest, "append", "+1", "+2", "+3", "shards b001")
    assert text.splitlines()[-1] == "| 1. append | ffffffffffff | +1 | +2 | +3 | shards b001 |"
    write_text(out / "CHANGELOG.md", text)
    assert with_change(out, manifest, "remove", 0).splitlines()[-1].startswith("| 2. remove |")


def test_a_missing_or_cut_file_is_named(out):
    write_text(out / "a", "12")
    check_present(out, {"files": {"a": {"bytes": 2}}})
    with pytest.raises(ValueError, match="a is missing or has another size"):
        check_present(out, {"files": {"a": {"bytes": 3}}})
