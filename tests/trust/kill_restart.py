"""Builds that are killed at random moments end with the same bytes as one that was left alone.

python tests/trust/kill_restart.py [--kills 50] [--patients 2] [--work DIR]
"""

import argparse
import hashlib
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path


def tree(root: Path) -> dict[str, str]:
    """Relative path → SHA-256 of every file."""
    return {
        p.relative_to(root).as_posix(): hashlib.sha256(p.read_bytes()).hexdigest()
        for p in sorted(root.rglob("*"))
        if p.is_file()
    }


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--kills", type=int, default=50)
    parser.add_argument("--patients", type=int, default=2)
    parser.add_argument("--a-build", type=int, default=8, help="kills before a build is left to finish")
    parser.add_argument("--work", type=Path)
    args = parser.parse_args()
    work, draw = args.work or Path(tempfile.mkdtemp()), random.Random(0)
    run = [sys.executable, "-m", "refrad2d.cli"]
    hospital = work / "hospital"
    subprocess.run([*run, "phantom", str(hospital), "--patients", str(args.patients), "--seed", "9"], check=True)
    (work / "key").write_text("00" * 32)

    def command(out: Path) -> list[str]:
        return [
            *run,
            "build",
            str(hospital / "dicom"),
            "--reports",
            str(hospital / "reports.csv"),
            "--masks",
            str(hospital / "masks"),
            "--out",
            str(out),
            "--key-file",
            str(work / "key"),
            "--workers",
            "2",
        ]

    start = time.monotonic()
    subprocess.run(command(work / "calm"), check=True, capture_output=True)
    whole, calm = time.monotonic() - start, tree(work / "calm")
    kills, different, partial = 0, 0, 0
    while kills < args.kills:
        out = work / f"killed{kills}"
        for _ in range(args.a_build):
            build = subprocess.Popen(
                command(out), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True
            )
            try:
                build.wait(timeout=draw.uniform(0.2, whole))
            except subprocess.TimeoutExpired:
                os.killpg(build.pid, signal.SIGKILL)
                build.wait()
                kills += 1
            partial += (
                (out / "refrad2d").exists() and not (out / "manifest.json").exists() and not (out / ".stages").exists()
            )
        subprocess.run(command(out), check=True, capture_output=True)
        different += tree(out) != calm
    print(
        f"| kills | outputs that differ | partial outputs under final names |\n|---|---|---|\n| {kills} | "
        f"{different} | {partial} |"
    )
    return int(bool(different or partial))


if __name__ == "__main__":
    sys.exit(main())
