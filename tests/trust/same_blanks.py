"""The same pixels whether every slice is read for text or those that the detector suspects: two builds are compared.

    nice python -m tests.trust.same_blanks [--work DIR] [--patients 4] [--keep-every 4]

Text is burnt into one slice of a series that is neither the first, nor the middle, nor the last (which are read whatever the
detector says), and into every slice of each fourth series; each other fourth one stays clean.
"""

import argparse
import hashlib
import json
import random
import subprocess
import sys
import tempfile
from collections import Counter, defaultdict
from pathlib import Path

import numpy as np
import pydicom

from tests.trust.outcome import Clock, Outcome, arguments, build_command, finish, phantom
from tests.trust.planted import burn, pixels_of


def series_of(hospital: Path) -> list[list[Path]]:
    """The files of each series, in the order of their instance numbers."""
    found = defaultdict[str, list[tuple[int, Path]]](list)
    for path in sorted(p for p in (hospital / "dicom").rglob("*") if p.is_file()):
        if path.read_bytes()[128:132] == b"DICM":
            header = pydicom.dcmread(path, stop_before_pixels=True)
            if "Rows" in header:
                found[header.SeriesInstanceUID].append((int(header.get("InstanceNumber") or 0), path))
    return [[path for _, path in sorted(files)] for _, files in sorted(found.items())]


def write_on(hospital: Path) -> Counter:
    """Burn text into slices. Returns how many of each manner."""
    draw, planted, counts = random.Random(5), Counter(), Counter()
    for n, files in enumerate(series_of(hospital)):
        if n % 4 == 3:
            burn(files, draw, planted)
            counts["slices of whole series"] += len(files)
            continue
        ends = {files[0], files[len(files) // 2], files[(len(files) - 1) // 2], files[-1]}
        between = [path for path in files if path not in ends]
        if n % 4 != 1 and between:
            burn([draw.choice(between)], draw, planted)
            counts["single slices"] += 1
    return counts


def digests(out: Path) -> dict[str, str]:
    """Row id → SHA-256 of the pixels in the archive."""
    return {name: hashlib.sha256(np.ascontiguousarray(one)).hexdigest() for name, one in pixels_of(out).items()}


def build(hospital: Path, work: Path, policy: str) -> tuple[dict[str, str], dict]:
    """The digests of a build, and what it counts of burnt-in text."""
    command = build_command(
        hospital, work / policy, work / "key", "--workers", "1", "--offline", "--burnt-in-text", policy
    )
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return digests(work / policy), json.loads((work / policy / "stats.json").read_text("utf-8"))["burnt_in"]


def check(work: Path, given: argparse.Namespace) -> list[Outcome]:
    """All outcomes; `work` must be empty."""
    clock = Clock()
    hospital = phantom(work / "hospital", patients=given.patients, seed=9, keep_every=given.keep_every)
    written = write_on(hospital)
    (every, read_all), (fast, read_some) = (build(hospital, work, policy) for policy in ("blank", "blank_suspected"))
    same = sum(fast.get(name) == digest for name, digest in every.items())
    details = {"written on": dict(written), "blank": read_all, "blank_suspected": read_some}
    for policy, found in (("blank", every), ("blank_suspected", fast)):
        print(policy, hashlib.sha256(json.dumps(found, sort_keys=True).encode()).hexdigest())
    print(details)
    ok = every.keys() == fast.keys() and same == len(every) > 0
    name = "burnt-in text: the same pixels with the detector as without"
    return [Outcome(name, len(every), same, "all", ok, clock.read(), details)]


def main() -> int:
    """Build twice and compare."""
    parser = arguments(__doc__)
    parser.add_argument("--patients", type=int, default=4)
    parser.add_argument("--keep-every", type=int, default=4)
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        return finish(check(given.work or Path(folder), given), given.json)


if __name__ == "__main__":
    sys.exit(main())
