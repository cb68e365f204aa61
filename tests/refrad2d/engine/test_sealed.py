"""Sealed parts: the same results whoever does them, nothing of them in the clear, and no other key opens them."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from refrad2d.engine.parts import Unfinished, run_part
from refrad2d.engine.processes import Processes
from refrad2d.engine.sealed import Given, Sealing, divide
from refrad2d.system.pseudonyms import key_id
from tests.fixtures.paths import ROOT

KEY, OTHER = bytes(range(32)), bytes(32)
NAMES = [["Quitzow", "Rabenau"], ["Trotha"], [], ["Ütterodt"]]


def greet(names: Sequence[str], given: Given) -> Iterator[bytes]:
    """Two results a name, and a file; the part of Trotha is killed when it is done first."""
    for name in names:
        (given.files / f"{len(name)}.u16").write_bytes(bytes([len(name)]))
        yield f"Guten Tag, {name}".encode()
        if name == "Trotha" and not (mark := given.files.parent.parent / "killed").exists():
            mark.touch()
            os.kill(os.getpid(), signal.SIGKILL)
        yield name.upper().encode()


def refuse(names: Sequence[str], given: Given) -> Iterator[bytes]:
    raise KeyError(names[0])


def greet_all(folder: Path, execute, *, key=KEY, key_file=None, function="greet"):
    return Sealing(folder, execute, key, key_file).run(f"{__name__}:{function}", lambda: NAMES, "names")


def elsewhere(folder, ranks):
    """Another machine: a command a part, which may be killed and then is not done."""
    for rank in ranks:
        subprocess.run(
            [sys.executable, "-m", "refrad2d.engine.parts", str(folder), str(rank)], cwd=ROOT, capture_output=True
        )


def write_key(path: Path, key: bytes = KEY) -> Path:
    path.write_text(key.hex())
    return path


def test_any_executor_gives_the_same_results_and_files(tmp_path):
    expected = [word.encode() for names in NAMES for name in names for word in (f"Guten Tag, {name}", name.upper())]
    for name, workers in (("two", 2), ("one", 1)):
        (tmp_path / name).mkdir()
        if workers == 1:
            (tmp_path / name / "killed").touch()
        parts = greet_all(tmp_path / name, Processes(workers, KEY))
        assert [value for _, value in parts] == expected
        assert [parts[place] for place, _ in parts] == expected
        assert parts[parts.add(b"more")] == b"more"
        parts.close(tmp_path / f"{name}-files")
        assert sorted(path.name for path in (tmp_path / f"{name}-files").iterdir()) == ["6.u16", "7.u16", "8.u16"]
        assert not (tmp_path / name / "names").exists() and (tmp_path / name / "killed").exists()


def test_a_part_that_was_killed_elsewhere_is_done_again_and_no_other(tmp_path):
    asked, key_file = [], write_key(tmp_path / "key")

    def noted(folder, ranks):
        asked.append(list(ranks))
        elsewhere(folder, ranks)

    with pytest.raises(RuntimeError, match="1 of 4 parts were not written"):
        greet_all(tmp_path, noted, key_file=key_file)
    assert [len(value) for _, value in greet_all(tmp_path, noted, key_file=key_file)] == [18, 7, 18, 7, 17, 6, 20, 9]
    assert asked == [[0, 1, 2, 3], [1]]


def test_no_name_stands_in_a_file(tmp_path):
    (tmp_path / "killed").touch()
    greet_all(
        tmp_path, lambda folder, ranks: [run_part(folder, rank) for rank in ranks], key_file=write_key(tmp_path / "key")
    )
    for path in filter(Path.is_file, tmp_path.rglob("*")):
        found = path.read_bytes().upper() + path.name.upper().encode()
        assert not any(word.upper().encode() in found for words in NAMES for word in words)


def test_another_key_where_a_part_is_done_is_an_error_that_says_what_to_do(tmp_path):
    key_file = write_key(tmp_path / "key")

    def with_another(folder, ranks):
        write_key(key_file, OTHER)
        elsewhere(folder, ranks[:1])

    with pytest.raises(
        Unfinished, match=f"Key {key_id(OTHER)} opens no part of a build with key {key_id(KEY)}. Put the"
    ):
        greet_all(tmp_path, with_another, key_file=key_file)
    key_file.unlink()
    with pytest.raises(Unfinished, match="is not there on the machine of a part. Put it where all nodes see it"):
        greet_all(tmp_path, elsewhere, key_file=key_file)
    assert not key_file.exists()


def test_another_key_of_the_build_begins_anew(tmp_path):
    (tmp_path / "killed").touch()
    asked = []

    def noted(folder, ranks, key):
        asked.append(len(ranks))
        Processes(1, key)(folder, ranks)

    for key in (KEY, KEY, OTHER):
        greet_all(tmp_path, lambda folder, ranks, key=key: noted(folder, ranks, key), key=key)
    assert asked == [4, 4]


def test_an_error_ends_the_run_without_its_text(tmp_path):
    with pytest.raises(RuntimeError, match="Part 0 ended by error_KeyError. Run the command again"):
        greet_all(tmp_path, Processes(2, KEY), function="refuse")


@pytest.mark.parametrize(
    ("series", "size", "parts"),
    [
        ([2, 1, 1], 100, [[2], [1], [1]]),  # few files: a part each
        ([100] * 300, 10, [[100, 100]] * 150),  # 256 files at most
        ([600, 3, 3], 10, [[600], [3, 3]]),  # a series is never divided
        ([1] * 130, 300 << 20, [[1]] * 130),  # 256 MB at most
        ([1] * 6400, 1 << 20, [[1] * 100] * 64),  # as many parts as there may be workers
        ([], 1, []),
    ],
)
def test_parts_follow_from_the_input(series, size, parts):
    assert list(divide(series, series, [size * count for count in series])) == parts
