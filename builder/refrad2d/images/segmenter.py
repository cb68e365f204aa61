"""TotalSegmentator as a source of masks: each series is written as NIfTI, segmented whole, and read back like any mask.

It runs as its own command (extra `segment`, or any environment whose TotalSegmentator is on the PATH), so that nothing
of it is imported here. Its usage statistics are switched off; weights must have been downloaded on site.
"""

import json
import os
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

import nibabel
import numpy as np

from refrad2d.images.geometry import Placement, even_step
from refrad2d.images.slices import read_frame
from refrad2d.system.accounting import Progress, no_progress
from refrad2d.windows import rescale

COMMAND = "TotalSegmentator"
TASKS = {"CT": "total", "MR": "total_mr"}
TIMEOUT_S = 3600.0  # for one series, on a CPU


def require_command() -> str:
    """The path of the command. ValueError if it is not installed."""
    path = shutil.which(COMMAND)
    if path is None:
        raise ValueError(
            f"{COMMAND} is not on the PATH. Install it with pip install 'refrad2d[segment]', or give --masks."
        )
    return path


def segment_series(
    series: Sequence[Mapping],
    frames: Path,
    places: Mapping[str, Sequence[Placement]],
    dst: Path,
    *,
    progress: Progress = no_progress,
) -> dict[str, str]:
    """Segment every series into `dst`/<series>.nii.gz. Returns the reason for each series that has no mask.

    `frames` holds the slices of ingest, `places` the placements of each series. Volumes are deleted when read.
    """
    command = require_command()
    dst.mkdir(parents=True, exist_ok=True)
    environment = _quiet_environment(dst / "home")
    failed = {}
    for row in progress(series, len(series), "segment"):
        if even_step(places[row["series"]]) is None:
            failed[row["series"]] = "uneven_slices"
            continue
        volume, mask = dst / f"{row['series']}-volume.nii.gz", dst / f"{row['series']}.nii.gz"
        nibabel.save(to_nifti(row, frames, places[row["series"]]), volume)
        arguments = [command, "-i", str(volume), "-o", str(mask), "--ml", "--task", TASKS[row["modality"]], "--quiet"]
        try:
            done = subprocess.run(
                arguments, env=environment, stdin=subprocess.DEVNULL, capture_output=True, timeout=TIMEOUT_S
            )
            if done.returncode != 0 or not mask.is_file():
                failed[row["series"]] = "segmenter_failed"
        except subprocess.TimeoutExpired:
            failed[row["series"]] = "segmenter_timeout"
        volume.unlink()
    shutil.rmtree(dst / "home")
    return failed


def to_nifti(row: Mapping, frames: Path, places: Sequence[Placement]) -> nibabel.Nifti1Image:
    """A series as (column, row, slice) in RAS, values in Hounsfield units or the scanner's own."""
    pictures = [rescale(read_frame(frames, f), f["slope"], f["intercept"]) for f in row["frames"]]
    step = even_step(places)
    if step is None:
        raise ValueError("The slices do not lie at even distances, as a NIfTI needs it. Leave this series out.")
    lps = np.eye(4)
    across, down, origin = (np.array(vector) for vector in (places[0].across, places[0].down, places[0].origin))
    lps[:3] = np.stack([across, down, step, origin], axis=1)
    volume = np.stack(pictures).transpose(2, 1, 0)
    return nibabel.Nifti1Image(np.round(volume).astype(np.int16), np.diag([-1.0, -1.0, 1.0, 1.0]) @ lps)


def _quiet_environment(home: Path) -> dict[str, str]:
    """An environment in which TotalSegmentator sends nothing; its weights stay where they are."""
    home.mkdir()
    config = {
        "totalseg_id": "refrad2d",
        "send_usage_stats": False,
        "prediction_counter": 0,
        "statistics_disclaimer_shown": True,
    }
    (home / "config.json").write_text(json.dumps(config))
    weights = os.environ.get("TOTALSEG_WEIGHTS_PATH") or str(Path.home() / ".totalsegmentator" / "nnunet" / "results")
    return {**os.environ, "TOTALSEG_HOME_DIR": str(home), "TOTALSEG_WEIGHTS_PATH": weights}
