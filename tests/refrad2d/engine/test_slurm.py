"""The script that SLURM is given, and a run under a stand-in for sbatch that runs it as SLURM would."""

import os
import subprocess
from pathlib import Path

import pytest

from refrad2d.engine import slurm
from refrad2d.engine.parts import run_parts
from refrad2d.engine.slurm import Slurm, render
from refrad2d.stages import curate
from tests.refrad2d.engine.test_parts import CURATE, write_rows

SBATCH = """#!/bin/bash
last=$(sed -n 's/^#SBATCH --array=0-//p' "$2")
for n in $(seq 0 "$last"); do SLURM_ARRAY_TASK_ID=$n bash "$2" || exit 1; done
"""


def test_the_script_says_what_is_asked_and_is_valid(tmp_path):
    script = render(tmp_path / "a folder", [3, 5, 9])
    assert "#SBATCH --array=0-2\n" in script and "ranks=(3 5 9)\n" in script
    assert f"-m refrad2d.engine.parts '{tmp_path}/a folder' \"${{ranks[$SLURM_ARRAY_TASK_ID]}}\"" in script
    assert subprocess.run(["bash", "-n"], input=script, text=True).returncode == 0


def test_an_array_gives_the_bytes_of_one_process(tmp_path, monkeypatch):
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "sbatch").write_text(SBATCH)
    (tmp_path / "bin" / "sbatch").chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}/bin:{os.environ['PATH']}")
    monkeypatch.setenv(
        "PYTHONPATH", os.pathsep.join([str(Path(slurm.__file__).parents[2]), os.environ.get("PYTHONPATH", "")])
    )
    monkeypatch.setattr(slurm, "ARRAY", 2)
    src = write_rows(tmp_path / "in.jsonl")
    counts = curate.run(src, tmp_path / "whole.jsonl")
    assert run_parts(CURATE, src, tmp_path / "out.jsonl", tmp_path / "parts", Slurm(), world=3) == counts
    assert (tmp_path / "out.jsonl").read_bytes() == (tmp_path / "whole.jsonl").read_bytes()


def test_without_slurm_the_error_says_what_to_do(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(ValueError, match="needs sbatch on the PATH. Run the command on a node"):
        Slurm()(tmp_path, [0])
