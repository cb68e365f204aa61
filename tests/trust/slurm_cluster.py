"""A real SLURM on this machine, slurmctld and slurmd: the bytes of processes, though a task is killed.

    apt-get install slurmctld slurmd slurm-client munge        # Debian's; nothing of it is configured or left running
    python -m tests.trust.slurm_cluster                        # as root, which the two need

The task that is killed leaves its part missing; the same call again does that part alone.
"""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from socket import gethostname
from time import monotonic, sleep

from refrad2d.engine.parts import run_parts
from refrad2d.engine.processes import Processes
from refrad2d.engine.slurm import Slurm
from refrad2d.stages import curate
from tests.trust.outcome import Clock, Outcome, arguments, finish
from tests.trust.ray_cluster import write_texts

WORLD, KILLED, PATIENCE_S = 4, 2, 300.0
NEEDED = ("munged", "slurmctld", "slurmd", "sbatch", "sinfo")
CONFIG = """ClusterName=local
SlurmctldHost={host}(127.0.0.1)
AuthType=auth/munge
AuthInfo=socket={folder}/munge.socket
SlurmUser=root
SlurmdUser=root
StateSaveLocation={folder}/state
SlurmdSpoolDir={folder}/spool
SlurmctldPidFile={folder}/slurmctld.pid
SlurmdPidFile={folder}/slurmd.pid
ProctrackType=proctrack/pgid
TaskPlugin=task/none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
ReturnToService=2
MpiDefault=none
NodeName={host} NodeAddr=127.0.0.1 CPUs=2 RealMemory=6000
PartitionName=main Nodes={host} Default=YES State=UP
"""


def curate_or_die(src: Path, dst: Path) -> Counter:
    """Curate the rows of a part; the first time that the part of `KILLED` is done, its task is killed."""
    mark = src.parent.parent / "killed"
    if src.stem.endswith(f"{KILLED:05d}") and not mark.exists():
        mark.touch()
        os.kill(os.getpid(), signal.SIGKILL)
    return curate.run(src, dst)


@contextmanager
def cluster(folder: Path) -> Iterator[None]:
    """SLURM with this machine as its only node, until the end."""
    for name in ("state", "spool"):
        (folder / name).mkdir(parents=True)
    (folder / "slurm.conf").write_text(CONFIG.format(host=gethostname(), folder=folder))
    (folder / "munge.key").write_bytes(os.urandom(128))
    (folder / "munge.key").chmod(0o600)
    munge = ["munged", "--foreground", "--force", f"--key-file={folder}/munge.key", f"--socket={folder}/munge.socket",
             f"--pid-file={folder}/munged.pid", f"--log-file={folder}/munged.log", f"--seed-file={folder}/seed"]  # fmt: skip
    os.environ["SLURM_CONF"] = str(folder / "slurm.conf")
    daemons = (munge, ["slurmctld", "-D"], ["slurmd", "-D"])
    with ExitStack() as stack, (folder / "log").open("w") as log:
        for command in daemons:
            daemon = subprocess.Popen(command, stdout=log, stderr=log)
            stack.callback(daemon.wait)
            stack.callback(daemon.terminate)
            sleep(2)
        end = monotonic() + PATIENCE_S
        while "idle" not in subprocess.run(["sinfo", "-h", "-o", "%T"], capture_output=True, text=True).stdout:
            if monotonic() > end:
                raise SystemExit(f"SLURM does not start:\n{(folder / 'log').read_text()[-2000:]}")
            sleep(1)
        yield


def check(work: Path) -> list[Outcome]:
    """All outcomes; `work` must be empty."""
    clock, src, out = Clock(), write_texts(work / "in.jsonl"), work / "out.jsonl"
    calm = run_parts("refrad2d.stages.curate:run", src, work / "calm.jsonl", work / "calm.parts", Processes(1), world=3)
    function, said, counts = "tests.trust.slurm_cluster:curate_or_die", "", Counter()
    with cluster(work / "slurm"):
        try:
            run_parts(function, src, out, work / "parts", Slurm(), world=WORLD)
        except RuntimeError as error:
            said = str(error)
        counts = run_parts(function, src, out, work / "parts", Slurm(), world=WORLD)
    passed = said.startswith(f"1 of {WORLD} parts") and counts == calm
    passed = passed and out.read_bytes() == (work / "calm.jsonl").read_bytes()
    name = "SLURM: the bytes of processes, a task killed"
    return [Outcome(name, WORLD, WORLD * passed, "all", passed, clock.read())]


def main() -> int:
    args = arguments(__doc__).parse_args()
    if missing := [name for name in NEEDED if shutil.which(name) is None]:
        raise SystemExit(f"{', '.join(missing)} not found. Install slurmctld, slurmd, slurm-client and munge.")
    with tempfile.TemporaryDirectory() as folder:
        return finish(check(args.work or Path(folder)), args.json)


if __name__ == "__main__":
    sys.exit(main())
