"""A real SLURM on this machine, slurmctld and slurmd: the bytes of processes, though tasks are killed.

    apt-get install slurmctld slurmd slurm-client munge        # Debian's; nothing of it is configured or left running
    python -m tests.trust.slurm_cluster                        # as root, which the two need

The task that is killed leaves its part missing; the same call again does that part alone. Of a whole build a task is
killed while it reads the export, and none of the hospital's identifiers may stand in what it leaves.
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
from tests.trust.kill_restart import identifiers, leaks, tree
from tests.trust.outcome import PLAIN, Clock, Outcome, arguments, build_command, finish, phantom
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


def check_texts(work: Path) -> Outcome:
    """Texts are curated as by processes, though a task is killed."""
    clock, src, out = Clock(), write_texts(work / "in.jsonl"), work / "out.jsonl"
    calm = run_parts("refrad2d.stages.curate:run", src, work / "calm.jsonl", work / "calm.parts", Processes(1), world=3)
    function, said = "tests.trust.slurm_cluster:curate_or_die", ""
    try:
        run_parts(function, src, out, work / "parts", Slurm(), world=WORLD)
    except RuntimeError as error:
        said = str(error)
    counts = run_parts(function, src, out, work / "parts", Slurm(), world=WORLD)
    passed = said.startswith(f"1 of {WORLD} parts") and counts == calm
    passed = passed and out.read_bytes() == (work / "calm.jsonl").read_bytes()
    return Outcome("SLURM: the bytes of processes, a task killed", WORLD, WORLD * passed, "all", passed, clock.read())


def kill_reader(out: Path, build: subprocess.Popen) -> bool:
    """Kill a task of SLURM that reads the export; False if there was none."""
    while build.poll() is None:
        if any((out / ".stages" / "ingest.parts" / "ingest").glob("files-*")):
            running = subprocess.run(["squeue", "-h", "-r", "-t", "R", "-o", "%i"], capture_output=True, text=True)
            if tasks := running.stdout.split():
                subprocess.run(["scancel", "--signal=KILL", tasks[0]])
                return True
        sleep(0.05)
    return False


def check_build(work: Path) -> list[Outcome]:
    """A whole build, whose export, masks and texts SLURM reads; the same command ends it after a task was killed."""
    clock, hospital = Clock(), phantom(work / "hospital", patients=2, seed=9, keep_every=9)
    options, words = ("--workers", "2", "--offline", *PLAIN), identifiers(hospital)
    subprocess.run(build_command(hospital, work / "calm", work / "key", *options), check=True, capture_output=True)
    out = work / "build"
    command = build_command(hospital, out, work / "key", *options, "--executor", "slurm")
    first = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    killed = kill_reader(out, first)
    said = first.communicate()[1]
    leaked = leaks([out], words)
    second = subprocess.run(command, capture_output=True)
    same = second.returncode == 0 and tree(out) == tree(work / "calm")
    passed = killed and first.returncode != 0 and "parts were not written. Run the command again" in said and same
    name = "SLURM: a build with the bytes of processes, a task killed that reads the export"
    return [
        Outcome(name, 1, int(passed), "all", passed, clock.read(), {"killed": killed, "said": said[-300:]}),
        Outcome("SLURM: identifiers on disk after that kill", len(words), len(words) - leaked, "none", not leaked),
    ]


def check(work: Path) -> list[Outcome]:
    """All outcomes; `work` must be empty."""
    with cluster(work / "slurm"):
        return [check_texts(work), *check_build(work)]


def main() -> int:
    args = arguments(__doc__).parse_args()
    if missing := [name for name in NEEDED if shutil.which(name) is None]:
        raise SystemExit(f"{', '.join(missing)} not found. Install slurmctld, slurmd, slurm-client and munge.")
    with tempfile.TemporaryDirectory() as folder:
        return finish(check(args.work or Path(folder)), args.json)


if __name__ == "__main__":
    sys.exit(main())
