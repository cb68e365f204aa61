"""The parts of a stage as an array of SLURM jobs; the command waits for them and joins what they wrote.

The folder must lie where all nodes see it. docs/cluster.md shows a run.
"""

import shlex
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from refrad2d.engine.parts import JOB
from refrad2d.system.files import read_json

ARRAY = 1000  # tasks of one array: SLURM's own limit (MaxArraySize) is 1001
MEMORY = "2G"  # of a task, where its job asks for no other


class Slurm:
    """Submits arrays and waits until they have ended; a task that failed is missed by `run_parts`."""

    def __call__(self, folder: Path, ranks: Sequence[int]) -> None:
        """Do the parts. ValueError if there is no sbatch here."""
        submit = shutil.which("sbatch")
        if submit is None:
            raise ValueError("--executor slurm needs sbatch on the PATH. Run the command on a node that submits jobs.")
        memory = read_json(folder / JOB).get("memory", MEMORY)
        waiting = []
        for start in range(0, len(ranks), ARRAY):
            script = folder / f"array-{start:06d}.sh"
            script.write_text(render(folder, ranks[start : start + ARRAY], memory), encoding="utf-8")
            waiting.append(subprocess.Popen([submit, "--wait", str(script)], stdout=subprocess.DEVNULL))
        for job in waiting:
            job.wait()


def render(folder: Path, ranks: Sequence[int], memory: str = MEMORY) -> str:
    """The script of one array: a task a rank."""
    place, python = shlex.quote(str(folder.resolve())), shlex.quote(sys.executable)
    return f"""#!/bin/bash
#SBATCH --job-name=refrad2d
#SBATCH --array=0-{len(ranks) - 1}
#SBATCH --ntasks=1
#SBATCH --cpus-per-task=1
#SBATCH --mem={memory}
#SBATCH --output=/dev/null
set -euo pipefail
ranks=({" ".join(map(str, ranks))})
export OMP_NUM_THREADS=1
exec {python} -m refrad2d.engine.parts {place} "${{ranks[$SLURM_ARRAY_TASK_ID]}}"
"""
