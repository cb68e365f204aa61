"""A part whose process is killed is done again; what fails for another reason says so."""

import os
import shutil
import signal
from collections import Counter
from pathlib import Path

import pytest

from refrad2d.engine.parts import run_parts
from refrad2d.engine.processes import Processes


def die_once(src: Path, dst: Path) -> Counter:
    """Copy the rows; the first process that has the row "b" is killed before it is done."""
    mark = src.parent.parent / "died"
    if src.read_text() == "b\n" and not mark.exists():
        mark.touch()
        os.kill(os.getpid(), signal.SIGKILL)
    shutil.copy(src, dst)
    return Counter(rows=1)


def fail(src: Path, dst: Path) -> Counter:
    raise KeyError(src.read_text())


@pytest.mark.parametrize("workers", [2])
def test_a_killed_part_is_done_again(tmp_path, workers):
    (tmp_path / "in").write_text("a\nb\nc\n")
    function = f"{__name__}:die_once"
    found = run_parts(function, tmp_path / "in", tmp_path / "out", tmp_path / "parts", Processes(workers), world=3)
    assert (tmp_path / "out").read_text() == "a\nb\nc\n" and found == {"rows": 3} and (tmp_path / "died").exists()


def test_an_error_ends_the_run_without_its_text(tmp_path):
    (tmp_path / "in").write_text("a\nb\n")
    with pytest.raises(RuntimeError, match="Part 0 ended by error_KeyError. Run the command again"):
        run_parts(f"{__name__}:fail", tmp_path / "in", tmp_path / "out", tmp_path / "parts", Processes(2), world=2)
