"""What `make results` collects and tells: each table from files of its own command."""

import json
import shutil

import pytest

from tests.bench import aims, stored
from tests.bench.stored import RESULTS
from tests.bench.write_results import MADE, recipes


def test_no_two_tables_take_their_changes_from_one_file():
    paths = [path for files in MADE.values() for name, path in files.items() if name.endswith("-changes.json")]
    assert len(paths) == len(set(paths)) and len(paths) > 2


@pytest.fixture
def results(tmp_path, monkeypatch):
    """A folder of results whose stock run is the demo's base and whose packed run is its model."""
    copies = {"stock": "before", "before": "before", "packed": "after", "changes": "changes"}
    for part, of in copies.items():
        shutil.copyfile(RESULTS / f"demo-{of}.json", tmp_path / f"recipes-{part}.json")
    shutil.copyfile(RESULTS / "base.json", tmp_path / "base.json")
    monkeypatch.setattr(stored, "RESULTS", tmp_path)
    return tmp_path


def test_recipes_that_were_not_run_have_no_section(results):
    assert recipes() == ""


def test_recipes_are_told_with_their_minutes_and_all_figures(results):
    training = {"stock": {"minutes": 2.5, "answers": 2560}, "packed": {"minutes": 2.8, "answers": 14309}}
    (results / "recipes-training.json").write_text(json.dumps(training), encoding="utf-8")
    section = recipes()
    assert "| 2.5 " in section and "| 14,309 " in section and "| packed − stock |" in section
    assert "| vqa f1 open " in section


def test_every_aim_is_told_whether_it_is_reached_or_not():
    told = aims.table()
    assert all(f"| {aim.what} | " in told for aim in aims.AIMS) and "| no |" in told
