"""What is sealed opens with its key, where it was written, and nowhere else."""

import sys

import pytest

from refrad2d.system.sealed import CannotOpen, Seal

KEY, VALUES = b"k" * 32, [b"Quitzow", b"", b"x" * 70_000]


def write(path, seal=None):
    seal = seal or Seal(KEY, "a build")
    with path.open("wb") as file:
        return [seal.write(file, path.name, value) for value in VALUES]


def test_values_come_back_in_order_and_by_their_place(tmp_path):
    places, seal = write(tmp_path / "part"), Seal(KEY, "a build")
    assert list(seal.read(tmp_path / "part")) == list(zip(places, VALUES, strict=True))
    assert seal.read_at(tmp_path / "part", places[2]) == VALUES[2]


def test_nothing_stands_there_in_the_clear_and_no_two_sealings_are_equal(tmp_path):
    for name in ("part", "again"):
        write(tmp_path / name)
    first, second = (tmp_path / "part").read_bytes(), (tmp_path / "again").read_bytes()
    assert b"Quitzow" not in first and b"xxxx" not in first and first != second


@pytest.mark.parametrize("seal", [Seal(b"l" * 32, "a build"), Seal(KEY, "another build")])
def test_another_key_or_purpose_opens_nothing(tmp_path, seal):
    write(tmp_path / "part")
    with pytest.raises(CannotOpen, match="Give the key file of the build with --key-file"):
        list(seal.read(tmp_path / "part"))


@pytest.mark.parametrize("damage", ["flip", "cut", "swap", "rename"])
def test_what_was_changed_or_moved_does_not_open(tmp_path, damage):
    path, seal = tmp_path / "part", Seal(KEY, "a build")
    places = write(path)
    data = path.read_bytes()
    changed = {
        "flip": data[:30] + bytes([data[30] ^ 1]) + data[31:],
        "cut": data[:-1],
        "swap": data[places[1] : places[2]] + data[: places[1]] + data[places[2] :],
        "rename": data,
    }[damage]
    path = path if damage != "rename" else tmp_path / "other"
    path.write_bytes(changed)
    with pytest.raises(CannotOpen):
        list(seal.read(path))


def test_without_the_library_the_remedy_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "cryptography.exceptions", None)
    with pytest.raises(ValueError, match=r"Install refrad2d\[build\]"):
        Seal(KEY, "a build")
