"""The checks of tests/trust in small: what they count, and that a full disk stops a run instead of losing files."""

import errno
import json
from pathlib import Path

import pytest

from refrad2d.cli import main
from refrad2d.system.processes import run_isolated
from tests.trust.kill_restart import leaks, tree
from tests.trust.outcome import Outcome, finish, table
from tests.trust.planted import CHUNK, find_words


def write_to_full_disk(number):
    """The kernel's own full disk."""
    Path("/dev/full").write_bytes(bytes(number))


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no /dev/full")
def test_a_full_disk_ends_the_run_and_drops_no_item():
    with pytest.raises(OSError) as raised:
        list(run_isolated(write_to_full_disk, [9000, 9000], workers=1, timeout_s=60, memory_mb=2000))
    assert raised.value.errno == errno.ENOSPC


def test_the_command_says_in_one_line_that_the_disk_is_full(monkeypatch, capsys, tmp_path):
    def fail(*_):
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("refrad2d.phantom.run", lambda *_, **__: fail())
    assert main(["phantom", str(tmp_path / "new")]) == 1
    said = capsys.readouterr().err
    assert said.count("\n") == 1 and "The disk is full. Free some space" in said


def test_a_missed_bound_is_an_error(tmp_path, capsys):
    good, bad = Outcome("a", 2, 2, "all", True), Outcome("b", 2, 1, "all", False)
    assert (finish([good]), finish([good, bad], tmp_path / "x.json")) == (0, 1)
    assert "| b | 2 | 1 | all | MISSED | 0 |" in capsys.readouterr().out
    assert [row["ok"] for row in json.loads((tmp_path / "x.json").read_text())] == [True, False]
    assert table([good]).count("\n") == 2


def test_only_what_is_published_is_compared(tmp_path):
    (tmp_path / ".stages").mkdir()
    (tmp_path / ".stages" / "a").write_text("x")
    (tmp_path / "b").write_text("x")
    assert list(tree(tmp_path)) == ["b"]


def test_an_identifier_is_found_in_content_and_in_names(tmp_path):
    (tmp_path / "PAT00123").write_bytes(b"x")
    (tmp_path / "y").write_bytes(b"\0Quitzow\0")
    assert leaks([tmp_path, tmp_path / "absent"], [b"PAT00123", b"Quitzow", b"Nobody"]) == 2


def test_planted_words_are_found_across_the_borders_of_what_is_read_at_once():
    text = "ä" * 10 + "QWXKZJVB7" + "b" * (CHUNK - 33) + "Mustermann" + "c" * 9 + "1.2.840.77"
    words = ["QWXKZJVB7", "mustermann", "1.2.840.77", "Musterfrau", "2.840.778"]
    assert find_words(words, {"empty": "", "card": text}) == dict.fromkeys(words[:3], "card")
