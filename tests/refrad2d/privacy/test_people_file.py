"""The file of keyed hashes beside the key; what commands do with it is tested in tests/refrad2d/operations/test_people.py."""

import json
import os

import pytest

from refrad2d.privacy.people import Merged, evidence
from refrad2d.privacy.people_file import PeopleFile
from refrad2d.privacy.persons import Person
from refrad2d.system.pseudonyms import pseudonym

KEY = b"k" * 32
ANNA = Person(("Weidmüller^Anna",), (), "19580917", "F", "Klinik Nord", (("MPI9", ""),))


def name(patient: str) -> str:
    return pseudonym(KEY, "patient", patient)


def merged(*patients: str) -> Merged:
    return Merged(
        {}, {name(patient): evidence(patient, [ANNA], KEY) for patient in patients}, published_twice=[("a", "b")]
    )


@pytest.fixture
def file(tmp_path):
    return PeopleFile(tmp_path / "k.key", "dataset1", frozenset({name("A"), name("B")}))


def test_evidence_comes_back_as_it_was(file):
    file.note(merged("A", "B", "C"))
    assert file.published_twice() == [["a", "b"]]
    file.adopt(file.published)
    file.settle()
    assert file.known().people == {name(p): evidence(p, [ANNA], KEY) | evidence(p, [], KEY) for p in "AB"}
    assert name("C") not in file.path.read_text() and [path.name for path in file.path.parent.iterdir()] == [
        "k.key.people"
    ]


def test_it_is_for_the_user_alone_from_its_first_moment(file, monkeypatch):
    modes = []
    replace = os.replace

    def watched(source, target):
        modes.append(os.stat(source).st_mode & 0o777)
        replace(source, target)

    monkeypatch.setattr(os, "replace", watched)
    umask = os.umask(0)
    try:
        file.note(merged("A"))
        file.adopt({name("A")})
    finally:
        os.umask(umask)
    assert modes == [0o600, 0o600]


def test_who_is_published_is_known_without_a_line(file):
    assert file.is_missing
    assert set(file.known().people) == file.published
    file.adopt(file.published)
    assert not file.is_missing and json.loads(file.path.read_text()) == {"dataset1": {}}


def test_sections_of_other_datasets_stay(file):
    other = PeopleFile(file.key_file, "dataset2")
    for one in (file, other):
        one.note(merged("A"))
        one.adopt({name("A")})
    file.forget(file.names_of(name("A")))
    assert json.loads(file.path.read_text()).keys() == {"dataset1", "dataset2"}
    assert not file.known().people[name("A")].full and name("A") in json.loads(file.path.read_text())["dataset2"]


def test_a_forgotten_id_stands_in_nobodys_line(file):
    linked = Person(others=(("A", ""),))
    file.note(Merged({}, {name("A"): evidence("A", [ANNA], KEY), name("B"): evidence("B", [linked], KEY)}))
    file.adopt(file.published)
    file.forget({name("A")})
    assert name("A") not in file.path.read_text() and name("B") in file.path.read_text()


def test_an_unchanged_file_is_not_written(file):
    file.note(merged("A"))
    file.adopt({name("A")})
    before = file.path.stat().st_mtime_ns
    file.adopt({name("A")})
    file.forget({"nobody"})
    assert file.path.stat().st_mtime_ns == before


@pytest.mark.parametrize("text", ["", "{", "[]", "3", '{"a": []}', '{"a": {"b": 1}}', '{"a": {"b": {"own": 1}}}', '{"a": {"b": {"else": []}}}', "\udcff"])  # fmt: skip
def test_what_is_no_such_file_is_refused(file, text):
    file.path.write_bytes(text.encode("utf-8", "surrogateescape"))
    with pytest.raises(ValueError, match="cannot be read. Restore it from a copy"):
        file.check()


def test_a_folder_that_takes_no_file_is_refused(file, monkeypatch):
    monkeypatch.setattr(os, "access", lambda path, mode: False)
    file.check()
    file.key_file.touch()
    with pytest.raises(ValueError, match="cannot be written. Put the key file into a folder of your own"):
        file.check()
