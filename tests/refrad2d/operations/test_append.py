"""append: a new month beside the old ones, by the user's command; what comes again does not come in again."""

import json
import os
import shutil
from collections import Counter

import pytest
from datasets import load_dataset

import refrad2d
from refrad2d.cli import main
from refrad2d.operations.transaction import hold
from refrad2d.operations.verify import verify
from refrad2d.schema import CONFIGS
from refrad2d.system.files import read_json, read_jsonl
from tests.fixtures.tiny_exports import (
    TEST,
    TRAIN,
    VALIDATION,
    die_at,
    digest,
    error_of,
    patient_name,
    rows_of,
    run,
    uid,
    write_study,
)  # fmt: skip

SHARDS = (".parquet", ".tar")
STRIDE = 4  # 1 tries to die before every rename and deletion


@pytest.fixture
def place(tmp_path, first_month):
    """month1, key and dataset, to be spoilt."""
    return shutil.copytree(first_month, tmp_path / "place")


@pytest.fixture
def grown(tmp_path, two_months):
    """The same with month2 appended."""
    return shutil.copytree(two_months, tmp_path / "grown")


def test_old_shards_keep_names_and_bytes(first_month, two_months):
    before, after = digest(first_month / "dataset"), digest(two_months / "dataset")
    shards = {name for name in before if name.endswith(SHARDS)}
    assert shards and all(after[name] == before[name] for name in shards)
    new = {name.rpartition("/")[2] for name in after.keys() - before.keys() if name.endswith(SHARDS)}
    assert "train-b001-00000-of-00001.tar" in new and "slices-test-b001-00000-of-00001.parquet" in new


def test_the_grown_dataset_verifies_and_nothing_else_is_left(two_months):
    assert list(verify(two_months / "dataset")) == []
    assert not list(two_months.rglob(".stages*"))


def test_stats_card_manifest_and_rows_agree(two_months):
    rows, stats = rows_of(two_months / "dataset"), read_json(two_months / "dataset" / "stats.json")
    manifest = read_json(two_months / "dataset" / "manifest.json")
    assert len(rows) == 7 * 3 == sum(stats["rows"]["slices"].values()) == stats["texts"]["de"]
    assert stats["patients"] == {"train": 3, "validation": 1, "test": 2}
    assert stats["files"]["export"]["kept"] == 7 * 3 and manifest["rows"] == stats["rows"]
    assert set(manifest["files"]) == digest(two_months / "dataset").keys() - {"manifest.json"}


@pytest.mark.parametrize("config", CONFIGS)
def test_both_readers_see_old_and_new_rows_in_the_same_order(two_months, config):
    parquet = load_dataset(str(two_months / "dataset" / "refrad2d"), config)
    archive = refrad2d.load(config, root=two_months / "dataset")
    assert {split: len(rows) for split, rows in parquet.items()} == {split: len(r) for split, r in archive.items()}
    rows = read_json(two_months / "dataset" / "manifest.json")["rows"]
    assert {split: len(r) for split, r in parquet.items()} == rows[config if config in rows else "slices"]
    column = "messages" if config == "sft" else "id"
    assert all(parquet[split][column] == archive[split][column] for split in parquet)


def test_a_patient_who_comes_again_keeps_pseudonym_and_split(two_months):
    train = load_dataset(str(two_months / "dataset" / "refrad2d"), "report", split="train")
    studies = {study for study, patient in zip(train["study"], train["patient"], strict=True)
               if patient == patient_name(TRAIN[0])}  # fmt: skip
    assert len(studies) == 2


def test_every_input_has_one_line_and_old_lines_stay(first_month, two_months, capsys):
    old = (first_month / "dataset" / "accounting.jsonl").read_bytes()
    assert (two_months / "dataset" / "accounting.jsonl").read_bytes().startswith(old)
    lines = list(read_jsonl(two_months / "dataset" / "accounting.jsonl"))
    assert Counter(line["root"] for line in lines) == {
        "export": 12, "masks": 4, "reports": 1, "export-b001": 9, "masks-b001": 3, "reports-b001": 1,
    }  # fmt: skip
    assert len({(line["root"], line["n"]) for line in lines}) == len(lines)
    capsys.readouterr()
    assert main(["explain", str(two_months / "month2" / "dicom"), "8", "--root", "export-b001"]) == 0
    assert capsys.readouterr().out.strip() == max(
        p.relative_to(two_months / "month2" / "dicom").as_posix() for p in (two_months / "month2").rglob("IM*")
    )
    assert main(["explain", str(two_months / "month2" / "dicom"), "8", "--root", "images"]) == 2


def test_the_changelog_has_a_row_that_names_the_copy_it_changes(first_month, two_months):
    (row,) = [line for line in (two_months / "dataset" / "CHANGELOG.md").read_text().splitlines() if "append" in line]
    old = read_json(first_month / "dataset" / "manifest.json")["fingerprint"]
    assert row == f"| 1. append | {old[:12]} | +2 | +3 | +9 | shards b001 |"


@pytest.mark.parametrize("month", ["month1", "month2"])
def test_the_same_export_again_changes_nothing(grown, month, capsys):
    before = digest(grown / "dataset")
    assert run("append", root=grown, month=grown / month, out=grown / "dataset") == 0
    assert "added before" in capsys.readouterr().out and digest(grown / "dataset") == before


def test_building_the_first_month_again_changes_nothing(grown):
    before = digest(grown / "dataset")
    assert run("build", root=grown, month=grown / "month1", out=grown / "dataset") == 0
    assert digest(grown / "dataset") == before


def test_what_comes_again_is_left_out_and_counted(grown):
    month3, before = grown / "month3", rows_of(grown / "dataset")
    write_study(month3, TRAIN[1], "first")
    write_study(month3, VALIDATION[1], "copied", pixels_of=VALIDATION[0] + "first")
    write_study(month3, TEST[1], "first", pixels_of="something else")
    write_study(month3, VALIDATION[2], "new")
    assert run("append", root=grown, month=month3, out=grown / "dataset") == 0
    after = rows_of(grown / "dataset")
    assert {key: after[key] for key in before} == before
    assert {after[key]["patient"] for key in after.keys() - before.keys()} == {patient_name(VALIDATION[2])}
    counts = {"already_published": 3, "picture_already_published": 3, "id_of_another_picture": 3}
    assert read_json(grown / "dataset" / "stats.json")["not_appended"] == counts
    assert (grown / "dataset" / "refrad2d-wds" / "validation-b002-00000-of-00001.tar").exists()
    assert list(verify(grown / "dataset")) == []


def test_an_export_with_nothing_new_is_an_error_and_changes_nothing(place, capsys):
    before = digest(place)
    assert run("append", "--site", "B", root=place, month=place / "month1", out=place / "dataset") == 1
    assert "12 already_published" in error_of(capsys) and digest(place) == before


def test_the_number_of_workers_changes_no_byte(place, two_months):
    shutil.copytree(two_months / "month2", place / "month2")
    assert run("append", "--workers", "2", root=place, month=place / "month2", out=place / "dataset") == 0
    assert digest(place / "dataset") == digest(two_months / "dataset")


def test_another_key_is_refused_and_none_is_made(place, two_months, capsys):
    before = digest(place / "dataset")
    (place / "key").write_text("ff" * 32)
    assert run("append", root=place, month=two_months / "month2", out=place / "dataset") == 2
    assert "the dataset was made with" in error_of(capsys)
    (place / "key").unlink()
    assert run("append", root=place, month=two_months / "month2", out=place / "dataset") == 2
    assert "does not exist" in error_of(capsys)
    assert not (place / "key").exists() and digest(place / "dataset") == before


def test_new_rows_are_made_as_private_as_the_old(place, two_months, capsys):
    before = digest(place / "dataset")
    assert run("append", "--head", "thin", root=place, month=two_months / "month2", out=place / "dataset") == 2
    assert "Give --head keep" in error_of(capsys) and digest(place / "dataset") == before
    manifest = read_json(place / "dataset" / "manifest.json")
    assert manifest["privacy"] == {"burnt_in_text": "keep", "head": "keep"}
    del manifest["privacy"]  # as made by an older version
    (place / "dataset" / "manifest.json").write_text(json.dumps(manifest))
    assert run("append", "--head", "thin", root=place, month=two_months / "month2", out=place / "dataset") == 0


def test_only_a_finished_and_whole_dataset_grows(place, two_months, tmp_path, capsys):
    assert run("append", root=place, month=two_months / "month2", out=tmp_path / "nowhere") == 2
    assert "does not exist" in error_of(capsys) and not (tmp_path / "nowhere").exists()
    next((place / "dataset" / "refrad2d-wds").glob("train*")).unlink()
    assert run("append", root=place, month=two_months / "month2", out=place / "dataset") == 2
    assert "another size" in error_of(capsys)
    (place / "dataset" / "manifest.json").unlink()
    assert run("append", root=place, month=two_months / "month2", out=place / "dataset") == 2
    assert "no finished dataset" in error_of(capsys)


def test_an_older_dataset_is_refused_with_the_remedy(place, two_months, capsys):
    """Its rows lack what new ones have."""
    manifest = read_json(place / "dataset" / "manifest.json")
    (place / "dataset" / "manifest.json").write_text(json.dumps({**manifest, "format": 1}))
    before = digest(place / "dataset")
    assert run("append", root=place, month=two_months / "month2", out=place / "dataset") == 2
    assert "has format 1; this version makes and reads format 4 only. Build the dataset again" in error_of(capsys)
    assert main(["remove", str(place / "dataset"), "--patient", patient_name(TRAIN[0])]) == 2
    assert "has format 1" in error_of(capsys)
    assert main(["verify", str(place / "dataset")]) == 2
    assert "has format 1" in error_of(capsys) and digest(place / "dataset") == before


def test_two_at_once_are_locked_out(place, two_months, capsys):
    with hold(place / "dataset", "append other"):
        assert run("append", root=place, month=two_months / "month2", out=place / "dataset") == 2
        assert main(["remove", str(place / "dataset"), "--patient", patient_name(TRAIN[0])]) == 2
        errors = capsys.readouterr().err.splitlines()
    assert len(errors) == 2 and all("Another command is writing" in line for line in errors)


def test_an_unfinished_append_of_other_input_is_not_lost_in_silence(place, two_months, capsys):
    with hold(place / "dataset", "append other") as stages:
        (stages / "ingest").mkdir()
    assert run("append", root=place, month=two_months / "month2", out=place / "dataset") == 2
    assert "unfinished append of other input" in error_of(capsys) and (stages / "ingest").exists()


def test_leftovers_of_a_killed_deletion_are_not_taken_for_stages(place):
    with hold(place / "dataset", "append one") as stages:
        (stages / "ingest").mkdir()
    (stages / "lock").unlink()
    with hold(place / "dataset", "append other") as stages:
        assert [path.name for path in stages.iterdir()] == ["lock"]


@pytest.fixture(scope="module")
def decided(tmp_path_factory, first_month, two_months):
    """A dataset whose append died between its decision and the first file in place."""
    root = shutil.copytree(first_month, tmp_path_factory.mktemp("decided") / "place")
    shutil.copytree(two_months / "month2", root / "month2")
    out, step = root / "dataset", 0

    def work():
        import refrad2d.operations.append

        refrad2d.operations.append.carry_out = lambda out: os._exit(9)
        run("append", root=root, month=root / "month2", out=out)

    assert die_at(step, work) and (out / ".stages" / "commit" / "plan.json").exists()
    return root


def test_killed_anywhere_while_files_move_it_ends_with_the_same_bytes(tmp_path, decided, two_months, capsys):
    whole, old, new = digest(two_months / "dataset"), 12, 21
    for step in range(1, 200, STRIDE):
        root = shutil.copytree(decided, tmp_path / f"step{step}")
        out = root / "dataset"
        died = die_at(step, lambda: run("append", root=root, month=root / "month2", out=out))  # noqa: B023
        if died and (out / ".stages" / "commit").exists():
            capsys.readouterr()
            assert main(["verify", str(out)]) == 1
            fault = json.loads(capsys.readouterr().out)
            assert fault == {"file": "manifest.json", "key": None, "kind": "unfinished_change"}
            if step in (1, 1 + 2 * STRIDE):
                rows = load_dataset(str(out / "refrad2d"), "report").num_rows
                assert sum(rows.values()) in (old, new)
                archive = refrad2d.load("report", root=out)
                assert sum(len(split) for split in archive.values()) in (old, new)
        assert run("append", root=root, month=root / "month2", out=out) == 0
        assert digest(out) == whole, step
        if not died:
            break
        shutil.rmtree(root)
    assert step > 20 and not died


def test_another_command_carries_out_a_decided_append_first(tmp_path, decided):
    root = shutil.copytree(decided, tmp_path / "root")
    assert main(["remove", str(root / "dataset"), "--patient", patient_name(TRAIN[2])]) == 0
    patients = {row["patient"] for row in rows_of(root / "dataset").values()}
    assert patient_name(TEST[1]) in patients and patient_name(TRAIN[2]) not in patients


def test_a_report_of_another_study_is_not_given_to_the_patients_new_images(place):
    month2 = place / "month2"
    write_study(month2, TRAIN[0], "second")
    with (month2 / "reports.csv").open("a", encoding="utf-8") as file:
        file.write(f'{uid("study", TRAIN[0], "first")},{TRAIN[0]},de,"Die Leber ist verkalkt."\n')
    assert run("append", root=place, month=month2, out=place / "dataset") == 0
    texts = {row["report"]["de"]["findings"] for row in rows_of(place / "dataset").values()}
    assert texts == {"Die Leber ist glatt."}


def test_a_new_picture_that_another_split_has_stays_out_and_the_old_one_stays(place):
    month2, before = place / "month2", rows_of(place / "dataset")
    write_study(month2, TEST[1], "copied", pixels_of=TRAIN[0] + "first", add=1)
    write_study(month2, TRAIN[2], "copied", pixels_of=TEST[0] + "first", add=1)
    write_study(month2, VALIDATION[1], "new")
    assert run("append", root=place, month=month2, out=place / "dataset") == 0
    after, stats = rows_of(place / "dataset"), read_json(place / "dataset" / "stats.json")
    assert {after[key]["patient"] for key in after.keys() - before.keys()} == {patient_name(VALIDATION[1])}
    assert stats["ready"] == {"dropped_duplicate_across_splits": 6} and not stats["not_appended"]
    assert "left out: 6 duplicate_across_splits" in (place / "dataset" / "CHANGELOG.md").read_text()
    assert list(verify(place / "dataset")) == []
