"""How fast the data side is: `python -m tests.bench.builder`. CPU seconds of one process; nothing here is asserted."""

import io
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
from PIL import Image

from refrad2d.boxes import objects
from refrad2d.operations.build import build
from refrad2d.phantom import run as phantom
from refrad2d.phantom import sample_slice
from refrad2d.samples import png
from refrad2d.stages.pipeline import Options
from refrad2d.system.markdown import table
from refrad2d.windows import windows


def rate(function, *arguments, seconds: float = 1.5) -> str:
    """Calls of a function per CPU second."""
    count, began = 0, time.process_time()
    while time.process_time() - began < seconds:
        function(*arguments)
        count += 1
    return f"{count / (time.process_time() - began):,.0f}"


def reference_boxes(mask: np.ndarray) -> list:
    """The plain way to union boxes, for comparison: one pass over the mask for each class."""
    return [(i, *(f(axis) for axis in np.nonzero(mask == i) for f in (np.min, np.max))) for i in np.unique(mask) if i]


def main() -> None:
    """Print one table of steps and one of a whole build."""
    sample = sample_slice(3, size=512)
    hu, mask = sample["pixels"], sample["mask"]
    stored = (hu - hu.min()).astype(np.uint16)
    packed = png(stored)
    print(table(["step, 512 × 512", "slices per CPU second"], [
        ["windows + resize to 224", rate(windows, hu, "CT")],
        ["boxes of all classes (find_objects)", rate(objects, mask)],
        ["boxes of all classes (numpy, a class at a time)", rate(reference_boxes, mask)],
        ["encode 16-bit PNG", rate(png, stored)],
        ["decode 16-bit PNG", rate(lambda: np.asarray(Image.open(io.BytesIO(packed))))],
        ["encode 224 px PNG", rate(png, windows(hu, "CT"))],
        ["draw a phantom slice at 224 px", rate(lambda: sample_slice(3, size=224))],
    ]))  # fmt: skip
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        began = time.monotonic()
        counts = phantom(root / "hospital", patients=6, seed=1, site="A")
        drawn = time.monotonic() - began
        (root / "key").write_text("00" * 32)
        hospital, began = root / "hospital", time.monotonic()
        build(
            hospital / "dicom",
            hospital / "reports.csv",
            root / "out",
            root / "key",
            Options(masks=hospital / "masks", workers=2),
        )
        built = time.monotonic() - began
        slices = counts["slices"]
        print()
        print(table(["whole walk, wall clock, 2 workers", "seconds", "slices/s"], [
            ["phantom export", f"{drawn:.1f}", f"{slices / drawn:.1f}"],
            ["refrad2d build", f"{built:.1f}", f"{slices / built:.1f}"],
        ]))  # fmt: skip


if __name__ == "__main__":
    sys.exit(main())
