"""A local Ray cluster, a head and one more node: the bytes of processes, though a worker and then the node are killed.

    build/ray/bin/python -m tests.trust.ray_cluster        # the Makefile makes that environment

Under another Python it runs itself with the one of build/ray.
"""

import importlib.util
import json
import os
import subprocess
import sys
import tempfile
from collections import Counter
from pathlib import Path
from threading import Thread
from time import monotonic, sleep

from refrad2d.engine.parts import run_parts
from refrad2d.engine.processes import Processes
from refrad2d.engine.ray import Ray
from refrad2d.engine.sealed import Sealing
from refrad2d.images.sources import list_sources
from refrad2d.operations.build import build
from refrad2d.stages import curate
from refrad2d.stages.pipeline import Options
from refrad2d.stages.series import read_export
from tests.trust.kill_restart import tree
from tests.trust.outcome import Clock, Outcome, arguments, finish, phantom

PYTHON = Path(__file__).resolve().parents[2] / "build" / "ray" / "bin" / "python"
TEXTS = ("Erguss rechts, unverändert.", "Unverändert.", "Die Leber ist glatt.", "Kein Erguss.")
WORLD, KILLED, PATIENCE_S = 12, 4, 300.0


def curate_or_die(src: Path, dst: Path) -> Counter:
    """Curate the rows of a part, slowly; the first time that the part of `KILLED` is done, Ray's worker is killed."""
    marks = src.parent.parent
    (marks / f"{src.stem}.began").touch()
    if src.stem.endswith(f"{KILLED:05d}") and not (marks / "killed").exists():
        (marks / "killed").touch()
        os.kill(os.getppid(), 9)  # this process is a child of Ray's worker, and ends with it
    sleep(0.5)
    return curate.run(src, dst)


def write_texts(path: Path) -> Path:
    """Sixty short texts to curate."""
    rows = ({"id": f"a{n}", "text": TEXTS[n % 4], "language": "de", "modality": "CT"} for n in range(60))
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), "utf-8")
    return path


def run_on_cluster(work: Path, src: Path) -> tuple[Path, Counter, bool]:
    """What the parts on the cluster gave: a file, counts, and whether a node was removed in between."""
    from ray.cluster_utils import Cluster

    cluster = Cluster(initialize_head=True, head_node_args={"num_cpus": 1, "include_dashboard": False})
    node = cluster.add_node(num_cpus=1)
    removed = []

    def remove() -> None:
        end = monotonic() + PATIENCE_S
        while len(list(work.glob("*.began"))) < WORLD // 2 and monotonic() < end:
            sleep(0.05)
        cluster.remove_node(node)
        removed.append(not (work / "out.jsonl").exists())

    watcher = Thread(target=remove)
    watcher.start()
    try:
        function = "tests.trust.ray_cluster:curate_or_die"
        counts = run_parts(function, src, work / "out.jsonl", work / "parts", Ray(cluster.address), world=WORLD)
    finally:
        watcher.join()
        cluster.shutdown()
    return work / "out.jsonl", counts, removed == [True]


def check_export(work: Path) -> Outcome:
    """An export is read as by processes, headings and series; what it says of patients comes back sealed."""
    from ray.cluster_utils import Cluster

    clock, key = Clock(), bytes(32)
    sources = list_sources(phantom(work / "hospital", patients=2, seed=9, keep_every=9) / "dicom")
    (work / "key").write_text(key.hex())
    cluster = Cluster(initialize_head=True, head_node_args={"num_cpus": 2, "include_dashboard": False})
    found = []
    try:
        for name, execute in (("calm", Processes(1, key)), ("ray", Ray(cluster.address))):
            sealing = Sealing(work / f"{name}.parts", execute, key, work / "key")
            with read_export(sources, work / name, work=sealing, policy="keep") as export:
                found.append(list(export))
    finally:
        cluster.shutdown()
    files = [{path.name: path.read_bytes() for path in (work / name).iterdir()} for name in ("calm", "ray")]
    same = found[0] == found[1] and files[0] == files[1] and len(files[0]) > 1
    return Outcome(
        "Ray: an export is read as by processes", len(files[0]), len(files[0]) * same, "all", same, clock.read()
    )


def check_build(work: Path) -> Outcome:
    """A whole build, of which every part is done on the cluster, has the bytes of one by processes."""
    from ray.cluster_utils import Cluster

    clock, found = Clock(), []
    hospital = phantom(work / "small", patients=2, seed=9, keep_every=9)
    cluster = Cluster(initialize_head=True, head_node_args={"num_cpus": 2, "include_dashboard": False})
    try:
        for name, engine in (("alone", {}), ("shared", {"executor": "ray", "address": cluster.address})):
            (work / f"{name}.key").write_text("00" * 32)
            options = Options(masks=hospital / "masks", burnt_in_text="keep", workers=2, **engine)
            build(hospital / "dicom", hospital / "reports.csv", work / name, work / f"{name}.key", options)
            found.append(tree(work / name))
    finally:
        cluster.shutdown()
    same = found[0] == found[1] and len(found[0]) > 1
    return Outcome(
        "Ray: a build with the bytes of processes", len(found[0]), len(found[0]) * same, "all", same, clock.read()
    )


def check(work: Path) -> list[Outcome]:
    """All outcomes; `work` must be empty."""
    clock, src = Clock(), write_texts(work / "in.jsonl")
    calm = run_parts("refrad2d.stages.curate:run", src, work / "calm.jsonl", work / "calm.parts", Processes(1), world=3)
    out, counts, removed = run_on_cluster(work, src)
    same = out.read_bytes() == (work / "calm.jsonl").read_bytes() and counts == calm
    survived = removed and (work / "killed").exists()
    name = "Ray: the bytes of processes, a worker and a node killed"
    killed = Outcome(name, WORLD, WORLD * (same and survived), "all", same and survived, clock.read())
    return [killed, check_export(work), check_build(work)]


def main() -> int:
    args = arguments(__doc__).parse_args()
    if importlib.util.find_spec("ray") is None:
        if not PYTHON.exists():
            raise SystemExit("Ray is not installed. Make its environment with `make build/ray/.installed`.")
        return subprocess.run([PYTHON, "-m", "tests.trust.ray_cluster", *sys.argv[1:]]).returncode
    with tempfile.TemporaryDirectory() as folder:
        return finish(check(args.work or Path(folder)), args.json)


if __name__ == "__main__":
    sys.exit(main())
