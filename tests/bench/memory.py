"""How memory and time of a build grow with its slices: `python -m tests.bench.memory [--slices 500 1500] [--side 32]`.

A generated export of CT slices, 50 a patient, each named by its report, is built by one worker; peak RSS of the command
and of its largest child, CPU seconds of both, and what a slice adds. Pictures are small unless --side says otherwise,
so that pixels count little and rows, frames and records a lot; those of two patients are not alike.
"""

import argparse
import json
import shutil
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import nibabel
import numpy as np
from PIL import Image

from refrad2d.system.markdown import table
from tests.fixtures.dicom_files import write_slice
from tests.fixtures.tiny_exports import uid

A_PATIENT, SIDE = 50, 32
STAGES = "stages.jsonl"  # what each stage took, a line as it ends, so that a killed build keeps what it measured
_BUILD = """
import json, resource, sys, time
from pathlib import Path

import psutil
from refrad2d.operations import build as building
from refrad2d.stages import pipeline
from refrad2d.stages.pipeline import Options

def used():
    mine, theirs = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    seconds = sum(one.ru_utime + one.ru_stime for one in (mine, theirs))
    alive = [(sum(child.cpu_times()[:4]), child.memory_info().rss) for child in psutil.Process().children(recursive=True)]
    child_mb = max(theirs.ru_maxrss / 1024, *(rss / 2**20 for _, rss in alive), 0)  # of one that ended: its peak
    return {"cpu": seconds + sum(cpu for cpu, _ in alive), "command_mb": mine.ru_maxrss / 1024, "child_mb": child_mb}

root, work = Path(sys.argv[1]), int(sys.argv[2])
began, plain = time.monotonic(), pipeline.run_stage

def run_stage(folder, made):
    if folder.exists():
        return
    before = used()
    plain(folder, made)
    after = used()
    with (root / "stages.jsonl").open("a") as log:
        log.write(json.dumps({**after, "stage": folder.name, "so far": after["cpu"],
                              "cpu": after["cpu"] - before["cpu"]}) + "\\n")

pipeline.run_stage = building.run_stage = run_stage
options = Options(masks=root / "masks", burnt_in_text="keep", head="keep", workers=work)
rows = building.build(root / "dicom", root / "reports.csv", root / "out", root / "key", options)["rows"]
print(json.dumps({**used(), "rows": sum(rows["slices"].values()), "wall": time.monotonic() - began}))
"""


def write_export(root: Path, slices: int, *, side: int = SIDE) -> None:
    """Patients of one study and series each, with a mask and a report that names all images; what stands is kept."""
    (root / "masks").mkdir(parents=True, exist_ok=True)
    (root / "key").write_text("00" * 32)
    lines = ["StudyInstanceUID,language,report"]
    for patient in range(-(-slices // A_PATIENT)):
        name, count = f"PID{patient}", min(A_PATIENT, slices - patient * A_PATIENT)
        study, series = uid("study", name), uid("series", name)
        path = root / "masks" / f"{series}.nii.gz"
        if not path.exists():
            for k, pixels in enumerate(draw_body(patient, count, side)):
                write_slice(root / "dicom" / name / f"IM{k:03d}", k, pixels=pixels, PatientID=name,
                            StudyInstanceUID=study, SeriesInstanceUID=series, SOPInstanceUID=uid(name, str(k)),
                            PatientAge=None, PatientName=f"Test^{name}")  # fmt: skip
            mask = np.zeros((side, side, count), np.uint8)
            mask[side // 8 : side * 5 // 8, side // 5 : side * 3 // 4] = 5  # liver
            affine = np.array([[-1, 0, 0, 8], [0, -1, 0, 8], [0, 0, 5, 0], [0, 0, 0, 1]], float)
            nibabel.save(nibabel.Nifti1Image(mask, affine), path)
        lines.append(f'{study},de,"Die Leber ist glatt (Bild 1-{count})."')
    (root / "reports.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")


def draw_body(patient: int, count: int, side: int) -> np.ndarray:
    """(count, side, side) uint16: blobs that each patient has others of, with noise that moves from slice to slice."""
    draw = np.random.default_rng(patient)
    coarse = Image.fromarray(draw.normal(1050, 250, (9, 9)).astype(np.float32))
    body = np.asarray(coarse.resize((side, side), Image.Resampling.BICUBIC))
    noise = draw.normal(0, 12, (side, side))
    return np.stack([body + np.roll(noise, 7 * k, axis=1) + 3 * k % 40 for k in range(count)]).clip(0).astype("uint16")


def measure(slices: int, *, side: int = SIDE, workers: int = 1) -> dict[str, Any]:
    """`build_once` of an export of so many slices."""
    with tempfile.TemporaryDirectory() as folder:
        write_export(Path(folder), slices, side=side)
        return build_once(Path(folder), workers=workers)


def build_once(root: Path, *, workers: int = 1, patience_s: float | None = None) -> dict[str, Any]:
    """Build an export of `write_export`, or go on with it: rows, MB of the command and of its largest child, CPU
    seconds, seconds, CPU seconds by stage, its living children counted. TimeoutExpired after `patience_s`; the next
    call goes on."""
    command = [sys.executable, "-c", _BUILD, str(root), str(workers)]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True, timeout=patience_s)
    found = json.loads(done.stdout.splitlines()[-1])
    stages = Counter[str]()
    for line in (root / STAGES).read_text().splitlines():
        one = json.loads(line)
        stages[one["stage"]] += one["cpu"]
        found["command_mb"] = max(found["command_mb"], one["command_mb"])
        found["child_mb"] = max(found["child_mb"], one["child_mb"])
        found["cpu"] = max(found["cpu"], one["so far"])  # what the children of a killed child used is lost afterwards
    return {**found, "cpu": max(found["cpu"], stages.total()), "stages": dict(stages)}


def forget_build(root: Path) -> None:
    """Remove what `build_once` left, so that it builds the export once more."""
    shutil.rmtree(root / "out")
    for path in (*root.glob("key.*"), root / STAGES):
        path.unlink()


def added(sizes: Sequence[int], found: Sequence[Mapping[str, Any]], name: str) -> float:
    """What a slice adds of something, between the first size and the last."""
    return (found[-1][name] - found[0][name]) / (sizes[-1] - sizes[0])


def main() -> int:
    """Print a row a size, and what a slice adds between the first and the last."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--slices", type=int, nargs="+", default=[500, 1500])
    parser.add_argument("--side", type=int, default=SIDE)
    given = parser.parse_args()
    found = []
    for size in given.slices:
        found.append(one := measure(size, side=given.side))
        print(json.dumps({"slices": size, **one}), flush=True)
    rows = [
        [size, one["rows"], *(round(one[name], 1) for name in ("command_mb", "child_mb", "cpu"))]
        for size, one in zip(given.slices, found, strict=True)
    ]
    print(table(["slices", "rows", "peak MB, command", "peak MB, child", "CPU seconds"], rows))
    if len(found) > 1:
        print(f"\na slice adds {1024 * added(given.slices, found, 'command_mb'):.1f} KB to the command, ", end="")
        print(f"{1000 * added(given.slices, found, 'cpu'):.1f} CPU ms")
    return 0


if __name__ == "__main__":
    sys.exit(main())
