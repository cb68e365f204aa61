"""New patients to judge on: a benchmark that loads, of seeds that pretraining never draws."""

import pytest
from datasets import load_dataset

from radgrounder.benchmarks.base import load_benchmark
from radgrounder.pretraining.heldout import CONFIGS, FIRST_SEED, SLICES_OF_PATIENT, write_heldout

PATIENTS = 2


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    out = tmp_path_factory.mktemp("heldout") / "heldout"
    assert write_heldout(out, sites=("A",), regions=("abdomen_ct",), patients=PATIENTS) == SLICES_OF_PATIENT * PATIENTS
    return out


def test_new_patients_can_be_judged(folder):
    benchmark = load_benchmark("refrad2d", str(folder))
    assert {item.cluster for item in benchmark.items} == {f"phantom-{FIRST_SEED['test'] // 8 + n}" for n in (0, 1)}
    assert {item.task for item in benchmark.items} == {"locate", "report", "vqa"}
    assert {item.control for item in benchmark.items} == {
        *("", "prior", "shuffled", "majority", "blank_image", "absent", "german", "german_absent", "other_patient")
    }


def test_no_patient_is_in_two_splits(folder):
    patients = {split: set(load_dataset(str(folder), "report", split=split)["patient"]) for split in FIRST_SEED}
    assert all(len(found) == PATIENTS for found in patients.values())
    assert len(set.union(*patients.values())) == PATIENTS * len(FIRST_SEED)


def test_every_row_of_the_grounded_config_has_a_grounded_report(folder):
    reports = load_dataset(str(folder), "grounded", split="test")["report"]
    assert all(any(report and report["spans"] for report in row.values()) for row in reports)


def test_every_config_has_every_split(folder):
    names = [path.stem.rpartition("-") for path in folder.glob("*.parquet")]
    assert sorted(name for name, *_ in names) == sorted(f"{c}-{s}" for c in CONFIGS for s in FIRST_SEED)


def test_other_patients_in_a_folder_of_the_same_name_are_not_taken_for_them(folder, tmp_path, monkeypatch):
    monkeypatch.setattr("datasets.config.HF_DATASETS_CACHE", tmp_path / "cache")
    found = []
    for place, region in (("a", "abdomen_ct"), ("b", "head_ct")):
        write_heldout(tmp_path / place / "heldout", sites=("A",), regions=(region,), patients=1)
        monkeypatch.chdir(tmp_path / place)
        found.append(load_dataset("heldout", "report", split="test")["body_part"][0])
    assert found == ["abdomen", "head"]


def test_a_folder_that_exists_is_refused(folder):
    with pytest.raises(ValueError, match="exists already"):
        write_heldout(folder, sites=("A",), regions=("abdomen_ct",), patients=1)


def test_so_many_slices_of_a_patient_by_split_with_other_questions(tmp_path):
    asked = []

    def none(questions):
        asked.append(len(questions))
        return []

    slices = {"test": 1, "train": 2}
    region = {"sites": ("A",), "regions": ("abdomen_ct",)}
    assert write_heldout(tmp_path / "held", **region, patients=1, slices=slices, asked=none) == 1
    found = {split: load_dataset(str(tmp_path / "held"), "vqa", split=split) for split in slices}
    assert [len(found[split]) for split in slices] == [1, 2] and len(asked) == 3 and max(asked) > 0
    assert not any(questions for rows in found.values() for questions in rows["vqa"])
    assert not list((tmp_path / "held").glob("*-validation-*"))
