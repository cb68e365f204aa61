"""What a check found, as one row of the table that `make trust` prints; every script here ends with `finish`."""

import argparse
import json
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path

CLI = [sys.executable, "-m", "refrad2d.cli"]
PLAIN = ("--burnt-in-text", "keep")  # builds whose pixels are not the point need no reading
HEADER = ("check", "made", "passed", "bound", "verdict", "seconds")


@dataclass(frozen=True)
class Outcome:
    """`passed` of `made` cases were as they should be; `bound` says in words what is asked, `ok` whether it was met."""

    check: str
    made: int
    passed: int
    bound: str
    ok: bool
    seconds: float = 0.0
    details: dict = field(default_factory=dict)


def arguments(doc: str) -> argparse.ArgumentParser:
    """A parser with what all checks share."""
    parser = argparse.ArgumentParser(description=doc.splitlines()[0])
    parser.add_argument("--work", type=Path, help="a folder for what the check makes (default: a temporary one)")
    parser.add_argument("--json", type=Path, help="write the outcomes there as well")
    return parser


def table(outcomes: Sequence[Outcome]) -> str:
    """The outcomes in Markdown."""
    rows = [HEADER, ["---"] * len(HEADER)]
    rows += [
        (o.check, f"{o.made:,}", f"{o.passed:,}", o.bound, "ok" if o.ok else "MISSED", f"{o.seconds:.0f}")
        for o in outcomes
    ]
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)


def finish(outcomes: Sequence[Outcome], path: Path | None = None) -> int:
    """Print the table, write it as JSON, and return the exit code."""
    print(table(outcomes))
    if path:
        path.write_text(json.dumps([asdict(o) for o in outcomes], indent=1, ensure_ascii=False) + "\n", "utf-8")
    return int(not all(o.ok for o in outcomes))


class Clock:
    """Seconds since it was made or last read."""

    def __init__(self) -> None:
        self.start = time.monotonic()

    def read(self) -> float:
        """The seconds, and start again."""
        now, before = time.monotonic(), self.start
        self.start = now
        return now - before


def phantom(out: Path, *, patients: int, seed: int, keep_every: int = 1) -> Path:
    """A synthetic hospital; of each folder of slices only every n-th stays."""
    command = [*CLI, "phantom", str(out), "--patients", str(patients), "--seed", str(seed)]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    folders = {path.parent for path in (out / "dicom").rglob("*") if path.is_file()}
    for folder in folders:
        for number, path in enumerate(sorted(p for p in folder.iterdir() if p.is_file())):
            if number % keep_every:
                path.unlink()
    return out


def build_command(hospital: Path, out: Path, key: Path, *more: str, masks: bool = True) -> list[str]:
    """`refrad2d build` of a hospital."""
    key.write_text("00" * 32)
    paths = ["--reports", str(hospital / "reports.csv"), "--out", str(out), "--key-file", str(key)]
    paths += ["--masks", str(hospital / "masks")] if masks else []
    return [*CLI, "build", str(hospital / "dicom"), *paths, *more]
