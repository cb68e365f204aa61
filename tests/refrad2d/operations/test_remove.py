"""remove: a patient goes, every other file stays byte for byte, and absence is proven in what the files decode to."""

import io
import json
import shutil
import tarfile

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from datasets import get_dataset_config_names, load_dataset

import refrad2d
from refrad2d.cli import main
from refrad2d.dataset.writers import TarShards
from refrad2d.operations.traces import find_traces
from refrad2d.operations.transaction import hold, tombstone
from refrad2d.operations.verify import verify
from refrad2d.schema import CONFIGS
from refrad2d.system.files import read_json, write_json
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
    write_key,
    write_study,
)

GONE = patient_name(TRAIN[0])  # in the train shards of both months
STRIDE = 7  # 1 tries to die before every rename and deletion


@pytest.fixture
def place(tmp_path, two_months):
    """Two months, to be spoilt."""
    return shutil.copytree(two_months, tmp_path / "place")


def remove(place, patient=GONE, *options) -> int:
    return main(["remove", str(place / "dataset"), "--patient", patient, "--key-file", str(place / "key"), *options])


@pytest.fixture(scope="module")
def removed(tmp_path_factory, two_months):
    """Two months without GONE."""
    root = shutil.copytree(two_months, tmp_path_factory.mktemp("removed") / "place")
    assert remove(root) == 0
    return root


def test_only_the_files_that_hold_the_patient_change(two_months, removed):
    before, after = digest(two_months / "dataset"), digest(removed / "dataset")
    changed = {name for name in before | after if before.get(name) != after.get(name)}
    both = {f"train{batch}-00000-of-00001" for batch in ("", "-b001")}
    assert changed == {
        *(f"refrad2d-wds/{name}.tar" for name in both),
        *(f"refrad2d/data/slices-{name}.parquet" for name in both),
        *(f"refrad2d/grounded/grounded-{name}.parquet" for name in both),
        *(f"refrad2d/sft/sft-{name}.parquet" for name in both),
        *(f"refrad2d/volumes/volumes-{name}.parquet" for name in both),
        "refrad2d/README.md", "manifest.json", "stats.json", "CHANGELOG.md",
    }  # fmt: skip


def test_all_other_rows_stay_as_they_were(two_months, removed):
    before = rows_of(two_months / "dataset")
    assert rows_of(removed / "dataset") == {key: row for key, row in before.items() if row["patient"] != GONE}


def test_a_rewritten_shard_is_what_a_build_without_the_patient_gives(tmp_path, first_month):
    root = shutil.copytree(first_month, tmp_path / "place")
    assert remove(root) == 0
    for patient in (TRAIN[1], VALIDATION[0], TEST[0]):
        write_study(tmp_path / "less" / "month", patient, "first")
    write_key(tmp_path / "less")
    assert run("build", root=tmp_path / "less", month=tmp_path / "less" / "month", out=tmp_path / "less" / "out") == 0
    mine, theirs = digest(root / "dataset"), digest(tmp_path / "less" / "out")
    shards = {name for name in theirs if name.endswith((".tar", ".parquet"))}
    assert len(shards) == 14 and {name: mine[name] for name in shards} == {name: theirs[name] for name in shards}
    assert mine["refrad2d/README.md"] != theirs["refrad2d/README.md"]  # which tells of all files that were read


def decoded(out):
    """Everything that a reader can decode, as text."""
    for path in sorted(out.rglob("*")):
        yield str(path.relative_to(out))
        if path.suffix == ".parquet":
            yield str(pq.read_table(path).to_pylist())
            yield str(pq.read_metadata(path).to_dict())
        elif path.suffix == ".tar":
            with tarfile.open(path) as tar:
                for member in tar:
                    yield member.name
                    yield tar.extractfile(member).read().decode("latin-1")
        elif path.is_file():
            yield path.read_text(encoding="utf-8")


def test_no_decoded_file_holds_a_pseudonym_of_the_patient(two_months, removed):
    rows = [row for row in rows_of(two_months / "dataset").values() if row["patient"] == GONE]
    names = {row[column] for row in rows for column in ("id", "patient", "study", "series")}
    assert len(names) == 6 + 1 + 2 + 2
    names |= {
        row["id"]
        for row in refrad2d.load("volumes", root=two_months / "dataset", split="train")
        if row["patient"] == GONE
    }
    assert len(names) == 6 + 1 + 2 + 2 + 2
    text = "\n".join(decoded(two_months / "dataset"))
    assert all(name in text for name in names)
    text = "\n".join(decoded(removed / "dataset"))
    assert [name for name in names if name in text] == []


def test_readers_stats_and_card_know_the_rest_only(removed):
    assert list(verify(removed / "dataset")) == []
    stats = read_json(removed / "dataset" / "stats.json")
    assert stats["rows"]["slices"] == {"train": 6, "validation": 3, "test": 6}
    assert stats["patients"] == {"train": 2, "validation": 1, "test": 2} and stats["texts"] == {"de": 15}
    assert stats["files"]["export"]["kept"] == 21  # what was read stays on record
    for config in CONFIGS:
        parquet = load_dataset(str(removed / "dataset" / "refrad2d"), config)
        archive = refrad2d.load(config, root=removed / "dataset")
        assert {s: len(rows) for s, rows in parquet.items()} == {s: len(rows) for s, rows in archive.items()}


def test_the_changelog_says_how_many_went_and_not_who(removed):
    row = (removed / "dataset" / "CHANGELOG.md").read_text().splitlines()[-1]
    assert row.startswith("| 2. remove |") and row.endswith("| -1 | -2 | -6 | 10 shards rewritten, 0 deleted |")


def test_removing_again_only_proves_it_again(removed, tmp_path, capsys):
    place = shutil.copytree(removed, tmp_path / "place")
    assert remove(place) == 0
    assert "removed before; no trace in any file" in capsys.readouterr().err and digest(place) == digest(removed)


def test_a_removed_patient_does_not_come_back_with_the_next_month(removed, tmp_path):
    place = shutil.copytree(removed, tmp_path / "place")
    write_study(place / "month3", TRAIN[0], "third")
    write_study(place / "month3", VALIDATION[1], "first")
    assert run("append", root=place, month=place / "month3", out=place / "dataset") == 0
    assert read_json(place / "dataset" / "stats.json")["not_appended"] == {"patient_was_removed": 3}
    assert not list(find_traces(place, {GONE}))


def test_verify_finds_a_removed_patient_who_is_back(two_months, tmp_path):
    place = shutil.copytree(two_months, tmp_path / "place")
    manifest = read_json(place / "dataset" / "manifest.json")
    write_json(place / "dataset" / "manifest.json", {**manifest, "removed": [tombstone(GONE)]})
    assert [(f.key, f.kind) for f in verify(place / "dataset")] == [(GONE, "patient_was_removed")]


def test_a_split_without_patients_goes_and_the_rest_loads(tmp_path, first_month):
    place = shutil.copytree(first_month, tmp_path / "place")
    assert remove(place, patient_name(TEST[0])) == 0
    assert set(load_dataset(str(place / "dataset" / "refrad2d"), "report")) == {"train", "validation"}
    assert not list((place / "dataset").rglob("*test-*")) and list(verify(place / "dataset")) == []
    write_study(place / "month2", TEST[1], "first")
    assert run("append", root=place, month=place / "month2", out=place / "dataset") == 0
    assert len(load_dataset(str(place / "dataset" / "refrad2d"), "grounded", split="test")) == 3
    assert len(refrad2d.load("grounded", root=place / "dataset", split="test")) == 3
    assert list(verify(place / "dataset")) == []


def test_a_config_without_rows_goes(tmp_path):
    root = tmp_path / "place"
    write_key(root)
    for patient in (TRAIN[0], TEST[0]):
        write_study(root / "month", patient, "first")
    assert run("build", root=root, month=root / "month", out=root / "dataset") == 0
    assert remove(root) == 0
    assert not (root / "dataset" / "refrad2d" / "sft").exists()
    assert sorted(get_dataset_config_names(str(root / "dataset" / "refrad2d"))) == [
        "grounded", "report", "volumes", "vqa",
    ]  # fmt: skip
    assert remove(root, patient_name(TEST[0])) == 2 and rows_of(root / "dataset")


@pytest.mark.parametrize(
    "patient, words",
    [("PID4711", "is no pseudonym"), ("a" * 20, "names nobody"), (patient_name("PID4711"), "names nobody")],
)
def test_an_unknown_patient_is_an_error_that_does_not_repeat_it(two_months, capsys, patient, words):
    before = digest(two_months)
    assert remove(two_months, patient) == 2
    error = error_of(capsys)
    assert words in error and patient not in error and digest(two_months) == before


def test_another_key_is_refused_and_a_lost_one_is_no_hindrance(place, capsys):
    (place / "key").write_text("ff" * 32)
    assert remove(place) == 2 and "the dataset was made with" in error_of(capsys)
    (place / "key").unlink()
    assert remove(place) == 0 and not (place / "key").exists()


def test_caches_reports_and_unfinished_appends_go_too(place):
    with hold(place / "dataset", "append other") as stages:
        (stages / "ingest").mkdir()
        (stages / "ingest" / "series.jsonl").write_text(GONE)
    (place / "dataset" / "privacy-report.html").write_text(GONE)
    (place / "dataset.llm-cache").mkdir()
    (place / "dataset.llm-cache" / "answer.json").write_text("{}")
    assert remove(place) == 0
    assert not list(find_traces(place, {GONE})) and not list(place.rglob(".stages*"))
    assert not (place / "dataset.llm-cache").exists()


def test_a_typo_costs_no_unfinished_append(place, capsys):
    with hold(place / "dataset", "append other") as stages:
        (stages / "ingest").mkdir()
    assert remove(place, "a" * 20) == 2 and (stages / "ingest").exists()


def test_what_people_put_beside_is_searched_as_well(place, capsys):
    (place / "dataset" / "notes.md").write_text(f"look at {GONE}")
    assert remove(place) == 1
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    traces = [line for line in lines if line["kind"] != "extra_file"]  # what verify says of any foreign file
    assert traces == [{"file": "notes.md", "key": None, "kind": "trace_of_removed_patient"}] and len(lines) == 2


def test_a_damaged_shard_is_not_made_to_look_sound(place, capsys):
    shard = next((place / "dataset" / "refrad2d-wds").glob("train-0*"))
    data = bytearray(shard.read_bytes())
    data[-6000] ^= 1
    shard.write_bytes(data)
    before = digest(place / "dataset")
    assert remove(place) == 2 and "is not what manifest.json says" in error_of(capsys)
    assert digest(place / "dataset") == before


def test_traces_are_found_in_names_cells_footers_and_members(tmp_path):
    name, others = patient_name("x"), [patient_name(str(n)) for n in range(500)]
    for file, options in (("cell", {"compression": "gzip", "write_statistics": False}), ("footer", {})):
        table = pa.table({"a": [{"deep": [other]} for other in [*others, name]]})
        pq.write_table(table, tmp_path / f"{file}.parquet", use_dictionary=False, **options)
    assert name.encode() not in (tmp_path / "cell.parquet").read_bytes()
    tar = TarShards(tmp_path, "train")
    tar.write("k", {"json": json.dumps({"patient": name}).encode()})
    tar.close()
    (tmp_path / "none.json").write_text(json.dumps({"patient": others[0]}))
    (tmp_path / f"{name}.txt").write_text("")
    found = {"cell.parquet", "footer.parquet", "train-00000-of-00001.tar", f"{name}.txt"}
    assert set(find_traces(tmp_path, {name})) == found


def test_a_shard_beyond_the_limit_is_rewritten_as_one(tmp_path, monkeypatch):
    from refrad2d.operations.remove import write_without

    tar = TarShards(tmp_path, "train")
    for key in ("a", "b", "c"):
        tar.write(key, {"json": b"{}", "pixels.png": b"x" * 2000})
    (path,) = tar.close()
    monkeypatch.setitem(TarShards.__init__.__kwdefaults__, "limit", 1000)
    assert write_without(path, tmp_path / "new" / path.name, {"b"})
    with tarfile.open(fileobj=io.BytesIO((tmp_path / "new" / path.name).read_bytes())) as rewritten:
        assert rewritten.getnames() == ["a.json", "a.pixels.png", "c.json", "c.pixels.png"]


def test_killed_anywhere_it_ends_with_the_same_bytes(tmp_path, two_months, removed, capfd):
    whole = digest(removed / "dataset")
    for step in range(1, 400, STRIDE):
        root = shutil.copytree(two_months, tmp_path / f"step{step}")
        died = die_at(step, lambda: remove(root))  # noqa: B023
        if died and (root / "dataset" / ".stages" / "commit").exists():
            assert [fault.kind for fault in verify(root / "dataset")] == ["unfinished_change"]
        assert remove(root) == 0
        assert digest(root / "dataset") == whole, step
        shutil.rmtree(root)
        if not died:
            break
    assert step > 30 and not died
