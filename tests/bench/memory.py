"""How memory and time of a build grow with its slices: `python -m tests.bench.memory [--slices 500 1500]`.

A generated export of small CT slices, 50 a patient, each named by its report, is built by one worker; peak RSS of the
command and of its largest child, CPU seconds of both, and what a slice adds. Pictures are small, so that pixels count
little and rows, frames and records a lot.
"""

import argparse
import json
import subprocess
import sys
import tempfile
from pathlib import Path

import nibabel
import numpy as np

from refrad2d.system.markdown import table
from tests.fixtures.dicom_files import write_slice
from tests.fixtures.tiny_exports import uid

A_PATIENT, SIDE = 50, 32
_BUILD = """
import json, resource, sys
from pathlib import Path
from refrad2d.operations.build import build
from refrad2d.stages.pipeline import Options
root = Path(sys.argv[1])
options = Options(masks=root / "masks", burnt_in_text="keep", head="keep", workers=1)
rows = build(root / "dicom", root / "reports.csv", root / "out", root / "key", options)["rows"]
mine, theirs = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
seconds = sum(used.ru_utime + used.ru_stime for used in (mine, theirs))
print(json.dumps([sum(rows["slices"].values()), mine.ru_maxrss / 1024, theirs.ru_maxrss / 1024, seconds]))
"""


def write_export(root: Path, slices: int) -> None:
    """Patients of one study and series each, with a mask and a report that names all images."""
    (root / "masks").mkdir(parents=True)
    (root / "key").write_text("00" * 32)
    lines = ["StudyInstanceUID,language,report"]
    for patient in range(slices // A_PATIENT):
        draw, name = np.random.default_rng(patient), f"PID{patient}"
        study, series = uid("study", name), uid("series", name)
        body = draw.integers(0, 1500, (A_PATIENT, SIDE, SIDE), dtype=np.uint16)
        for k, pixels in enumerate(body):
            write_slice(root / "dicom" / name / f"IM{k:03d}", k, pixels=pixels, PatientID=name, StudyInstanceUID=study,
                        SeriesInstanceUID=series, SOPInstanceUID=uid(name, str(k)), PatientAge=None,
                        PatientName=f"Test^{name}")  # fmt: skip
        mask = np.zeros((SIDE, SIDE, A_PATIENT), np.uint8)
        mask[4:20, 6:24] = 5  # liver
        affine = np.array([[-1, 0, 0, 8], [0, -1, 0, 8], [0, 0, 5, 0], [0, 0, 0, 1]], float)
        nibabel.save(nibabel.Nifti1Image(mask, affine), root / "masks" / f"{series}.nii.gz")
        lines.append(f'{study},de,"Die Leber ist glatt (Bild 1-{A_PATIENT})."')
    (root / "reports.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")


def measure(slices: int) -> list[float]:
    """Rows, MB of the command, MB of its largest child, CPU seconds."""
    with tempfile.TemporaryDirectory() as folder:
        write_export(Path(folder), slices)
        done = subprocess.run([sys.executable, "-c", _BUILD, folder], capture_output=True, text=True, check=True)
        return json.loads(done.stdout.splitlines()[-1])


def main() -> int:
    """Print a row a size, and what a slice adds between the first and the last."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--slices", type=int, nargs="+", default=[500, 1500])
    sizes = parser.parse_args().slices
    found = [measure(size) for size in sizes]
    rows = [[size, *(round(value, 1) for value in values)] for size, values in zip(sizes, found, strict=True)]
    print(table(["slices", "rows", "peak MB, command", "peak MB, child", "CPU seconds"], rows))
    if len(sizes) > 1:
        more = sizes[-1] - sizes[0]
        print(f"\na slice adds {1024 * (found[-1][1] - found[0][1]) / more:.1f} KB to the command, ", end="")
        print(f"{1000 * (found[-1][3] - found[0][3]) / more:.1f} CPU ms")
    return 0


if __name__ == "__main__":
    sys.exit(main())
