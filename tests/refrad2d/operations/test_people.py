"""One person through the life of a dataset: build, append, remove; what stands beside the key, and after a kill."""

import shutil
from pathlib import Path

import pytest

from refrad2d.cli import main
from refrad2d.dataset.splits import split_of
from refrad2d.operations.transaction import tombstone
from refrad2d.operations.verify import verify
from refrad2d.system.files import read_json
from tests.fixtures.tiny_exports import (
    KEY,
    TEST,
    TRAIN,
    VALIDATION,
    die_at,
    digest,
    error_of,
    patient_name,
    rows_of,
    run,
    work_here,
    write_key,
    write_study,
)  # fmt: skip

ANNA = {
    "PatientName": "Weidmüller^Anna",
    "PatientBirthDate": "19580917",
    "PatientSex": "F",
    "SpecificCharacterSet": "ISO_IR 192",
}
LENA = ANNA | {"PatientName": "Weidmueller^Lena"}
KARL = {
    "PatientName": "Ährenfeld^Karl",
    "PatientBirthDate": "19400203",
    "PatientSex": "M",
    "SpecificCharacterSet": "ISO_IR 192",
}
IDENTITIES = (
    b"eidm",
    b"EIDM",
    b"hrenfeld",
    b"19580917",
    b"19400203",
    *(name.encode() for name in (*TRAIN, *TEST, *VALIDATION)),
)
STRIDE = 5  # 1 tries to die before every rename and deletion


@pytest.fixture(autouse=True)
def in_one_process(monkeypatch):
    work_here(monkeypatch)


@pytest.fixture(scope="module")
def first(tmp_path_factory):
    """Anna in the test split, Karl under two PatientIDs, and somebody else."""
    with pytest.MonkeyPatch.context() as patch:
        work_here(patch)
        root = tmp_path_factory.mktemp("people")
        write_key(root)
        write_study(root / "month1", TEST[0], "first", **ANNA)
        write_study(root / "month1", VALIDATION[0], "first", **KARL)
        write_study(root / "month1", TRAIN[0], "first", **KARL)
        write_study(root / "month1", TRAIN[1], "first")
        assert run("build", root=root, month=root / "month1", out=root / "dataset") == 0
    return root


@pytest.fixture
def place(tmp_path, first):
    return shutil.copytree(first, tmp_path / "place")


def append(place: Path, month: str = "month2") -> int:
    return run("append", root=place, month=place / month, out=place / "dataset")


def people(place: Path) -> dict[str, dict]:
    (section,) = read_json(place / "key.people").values()
    return section


def patients(place: Path) -> set[str]:
    return {row["patient"] for row in rows_of(place / "dataset").values()}


def karl() -> str:
    return patient_name(min(VALIDATION[0], TRAIN[0]))


def test_the_build_merges_and_says_so(first):
    assert patients(first) == {karl(), patient_name(TEST[0]), patient_name(TRAIN[1])}
    assert read_json(first / "dataset" / "stats.json")["identities_merged"] == 1
    assert len({row["study"] for row in rows_of(first / "dataset").values()}) == 4
    assert list(verify(first / "dataset")) == []


def test_the_end_of_a_build_prints_the_count(place, capsys):
    assert run("build", root=place, month=place / "month1", out=place / "again") == 0
    assert "identities    merged                                       1" in capsys.readouterr().out


def test_keyed_hashes_stand_beside_the_key_for_the_user_alone(first):
    assert sorted(path.name for path in first.iterdir()) == ["dataset", "key", "key.people", "month1"]
    assert (first / "key.people").stat().st_mode & 0o777 == 0o600
    assert set(people(first)) == patients(first)
    written = [first / "key.people", *(path for path in (first / "dataset").rglob("*") if path.is_file())]
    assert not [path for path in written if any(name in path.read_bytes() for name in IDENTITIES)]
    assert not list((first / "dataset").rglob("*people*"))


def test_append_finds_the_person_under_a_new_id(place):
    write_study(place / "month2", TRAIN[2], "new", **ANNA | {"PatientName": "WEIDMUELLER, ANNA"})
    assert append(place) == 0
    assert patient_name(TRAIN[2]) not in patients(place)
    theirs = {row["study"] for row in rows_of(place / "dataset").values() if row["patient"] == patient_name(TEST[0])}
    assert len(theirs) == 2 and split_of(patient_name(TEST[0]), KEY) == "test"
    stats = read_json(place / "dataset" / "stats.json")
    assert stats["identities_merged"] == 2 and stats["patients"]["test"] == 1
    assert list(verify(place / "dataset")) == [] and not list(place.glob("key.people.*"))


def test_the_new_id_is_known_from_then_on(place):
    """Its third study comes without a name."""
    write_study(place / "month2", TRAIN[2], "new", **ANNA)
    write_study(place / "month3", TRAIN[2], "newer", PatientName="")
    assert append(place) == append(place, "month3") == 0
    assert (
        len({row["study"] for row in rows_of(place / "dataset").values() if row["patient"] == patient_name(TEST[0])})
        == 3
    )
    assert read_json(place / "dataset" / "stats.json")["identities_merged"] == 2


def test_a_link_to_or_from_a_published_id(place):
    write_study(place / "month2", TRAIN[2], "names", PatientName="X", OtherPatientIDs=TEST[0])
    write_study(place / "month2", TEST[1], "own")
    write_study(place / "month3", TEST[2], "own", OtherPatientIDs=["LATER7"])
    write_study(place / "month4", "later-7", "own", PatientName="")
    assert append(place) == append(place, "month3") == append(place, "month4") == 0
    assert not patients(place) & {patient_name(TRAIN[2]), patient_name("LATER7")}


def test_a_twin_or_another_birth_date_is_another_person(place):
    write_study(place / "month2", TRAIN[2], "twin", **LENA, OtherPatientIDs=TEST[0])
    write_study(place / "month2", TEST[1], "other", **ANNA | {"PatientBirthDate": "19580918"}, OtherPatientIDs=TEST[0])
    assert append(place) == 0
    assert patients(place) >= {patient_name(TRAIN[2]), patient_name(TEST[1])}
    assert read_json(place / "dataset" / "stats.json")["identities_contradicting"] == 2


def test_two_who_are_published_are_reported_and_not_rewritten(place, capsys):
    before = rows_of(place / "dataset")
    write_study(place / "month2", TRAIN[1], "link", OtherPatientIDs=TEST[0])
    assert append(place) == 0
    named = sorted([patient_name(TRAIN[1]), patient_name(TEST[0])])
    assert f"one person    published as {named[0]}, {named[1]}\n" in capsys.readouterr().out
    after = rows_of(place / "dataset")
    assert {key: after[key] for key in before} == before
    assert {after[key]["patient"] for key in after.keys() - before.keys()} == {patient_name(TRAIN[1])}
    assert read_json(place / "dataset" / "stats.json")["identities_published_twice"] == 1
    assert list(verify(place / "dataset")) == []


def test_they_are_reported_where_nothing_else_is_new(place, capsys):
    """The old study again, after somebody has linked the two."""
    before = digest(place)
    write_study(place / "month2", TRAIN[1], "first", OtherPatientIDs=TEST[0])
    assert append(place) == 1
    named = sorted([patient_name(TRAIN[1]), patient_name(TEST[0])])
    assert f"By this export {named[0]} and {named[1]} are one person." in error_of(capsys)
    shutil.rmtree(place / "month2")
    assert digest(place) == before


def test_remove_forgets_all_ids_of_the_person_and_keeps_them_out(place):
    assert main(["remove", str(place / "dataset"), "--patient", karl(), "--key-file", str(place / "key")]) == 0
    assert set(people(place)) == {patient_name(TEST[0]), patient_name(TRAIN[1])}
    for patient in (VALIDATION[0], TRAIN[0]):
        assert patient_name(patient).encode() not in (place / "key.people").read_bytes()
        assert tombstone(patient_name(patient)) in read_json(place / "dataset" / "manifest.json")["removed"]
    write_study(place / "month2", max(VALIDATION[0], TRAIN[0]), "back", **KARL | {"PatientName": ""})
    write_study(place / "month2", TRAIN[2], "back", **KARL, OtherPatientIDs=max(VALIDATION[0], TRAIN[0]))
    write_study(place / "month2", TEST[2], "link", PatientName="", OtherPatientIDs=TRAIN[0])
    write_study(place / "month2", TEST[1], "new", PatientName="")
    assert append(place) == 0
    assert read_json(place / "dataset" / "stats.json")["not_appended"] == {"patient_was_removed": 9}
    assert patients(place) == {patient_name(TEST[0]), patient_name(TRAIN[1]), patient_name(TEST[1])}
    assert karl() not in people(place) and list(verify(place / "dataset")) == []


def test_remove_without_the_key_forgets_too(place):
    (place / "key").unlink()
    assert main(["remove", str(place / "dataset"), "--patient", karl(), "--key-file", str(place / "key")]) == 0
    assert karl() not in people(place)


def test_another_dataset_of_the_same_key_is_left_alone(place):
    write_study(place / "month2", VALIDATION[0], "first", **KARL)
    write_study(place / "month2", TRAIN[2], "first", PatientName="")
    assert run("build", root=place, month=place / "month2", out=place / "second") == 0
    assert len(read_json(place / "key.people")) == 2
    assert main(["remove", str(place / "dataset"), "--patient", karl(), "--key-file", str(place / "key")]) == 0
    assert sum(patient_name(VALIDATION[0]) in section for section in read_json(place / "key.people").values()) == 1


def test_a_lost_file_is_said_and_a_broken_one_refused(place, capsys):
    write_study(place / "month2", TRAIN[2], "new", **ANNA)
    before = digest(place / "dataset")
    (place / "key.people").write_text('{"a": {"b": ')
    assert append(place) == 2
    assert "key.people cannot be read" in error_of(capsys) and digest(place / "dataset") == before
    assert main(["remove", str(place / "dataset"), "--patient", karl(), "--key-file", str(place / "key")]) == 2
    assert "key.people cannot be read" in error_of(capsys) and digest(place / "dataset") == before
    (place / "key.people").unlink()
    assert append(place) == 0
    assert "identities    file_missing" in capsys.readouterr().out
    assert patient_name(TRAIN[2]) in patients(place)


def test_an_append_that_fails_leaves_the_file_as_it_was(place, capsys):
    before = digest(place)
    shutil.copytree(place / "month1", place / "month2")
    path = place / "month2" / "reports.csv"
    path.write_text(path.read_text(encoding="utf-8").replace("glatt", "verkalkt"), encoding="utf-8")
    assert append(place) == 1
    shutil.rmtree(place / "month2")
    assert digest(place) == before


def test_a_build_that_fails_leaves_no_file(tmp_path):
    write_key(tmp_path)
    write_study(tmp_path / "month1", TRAIN[0], "first", **ANNA)
    (tmp_path / "month1" / "reports.csv").write_text("StudyInstanceUID,language,report\n1.2.3,de,Leber glatt.\n")
    assert run("build", root=tmp_path, month=tmp_path / "month1", out=tmp_path / "dataset") == 1
    assert sorted(path.name for path in tmp_path.iterdir()) == ["key", "month1"]


@pytest.fixture(scope="module")
def grown(tmp_path_factory, first):
    root = shutil.copytree(first, tmp_path_factory.mktemp("grown") / "place")
    write_study(root / "month2", TRAIN[2], "new", **ANNA)
    write_study(root / "month2", TEST[1], "new", **LENA)
    start = shutil.copytree(root, root.with_name("start"))
    with pytest.MonkeyPatch.context() as patch:
        work_here(patch)
        assert append(root) == 0
    return start, root


def test_killed_anywhere_append_ends_with_the_same_bytes_and_hashes(tmp_path, grown):
    start, whole = grown
    for step in range(1, 600, 2 * STRIDE):
        root = shutil.copytree(start, tmp_path / f"step{step}")
        died = die_at(step, lambda: append(root))  # noqa: B023
        files = [path for path in root.glob("key.people*") if path.is_file()]
        assert all(path.stat().st_mode & 0o777 == 0o600 for path in files)
        assert not [path for path in files if any(name in path.read_bytes() for name in IDENTITIES)]
        assert append(root) == 0
        for name in ("dataset", "key.people"):
            assert digest(root / name) == digest(whole / name), step
        assert (root / "key.people").read_bytes() == (whole / "key.people").read_bytes(), step
        assert not list(root.glob("key.people.*"))
        shutil.rmtree(root)
        if not died:
            break
    assert step > 20 and not died


def test_killed_append_and_another_command_instead(tmp_path, grown):
    """Whatever was decided is carried out, and who came with it is known; whatever was not has left nobody."""
    start, whole = grown
    for step in range(2, 400, 4 * STRIDE):
        root = shutil.copytree(start, tmp_path / f"step{step}")
        died = die_at(step, lambda: append(root))  # noqa: B023
        assert main(["remove", str(root / "dataset"), "--patient", karl(), "--key-file", str(root / "key")]) == 0
        assert set(people(root)) & patients(root) == set(people(whole)) & patients(root)
        write_study(root / "month3", TRAIN[0] + "X", "new", **LENA)
        assert append(root, "month3") == 0
        assert set(people(root)) == {name for name in patients(root)}
        assert (patient_name(TRAIN[0] + "X") in patients(root)) == (patient_name(TEST[1]) not in patients(root))
        shutil.rmtree(root)
        if not died:
            break


def test_killed_anywhere_remove_forgets_when_run_again(tmp_path, first):
    for step in range(1, 400, STRIDE):
        root = shutil.copytree(first, tmp_path / f"step{step}")
        command = ["remove", str(root / "dataset"), "--patient", karl(), "--key-file", str(root / "key")]
        died = die_at(step, lambda: main(command))  # noqa: B023
        assert main(command) == 0 and set(people(root)) == patients(root)
        assert not any(
            patient_name(name).encode() in (root / "key.people").read_bytes() for name in (VALIDATION[0], TRAIN[0])
        )
        shutil.rmtree(root)
        if not died:
            break
    assert step > 20 and not died


def test_killed_anywhere_a_build_ends_with_the_same_bytes_and_hashes(tmp_path, first):
    for step in (*range(3, 300, 6 * STRIDE), *range(300, 600, STRIDE)):  # publishing comes at the end
        root = tmp_path / f"step{step}"
        shutil.copytree(first / "month1", root / "month1")
        write_key(root)
        died = die_at(step, lambda: run("build", root=root, month=root / "month1", out=root / "dataset"))  # noqa: B023
        assert run("build", root=root, month=root / "month1", out=root / "dataset") == 0
        assert digest(root) == digest(first), step
        shutil.rmtree(root)
        if not died:
            break
    assert step > 20 and not died
