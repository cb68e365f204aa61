"""Series become volumes, and volumes masks: the queue that a segmenter works off, whichever it is.

A segmenter is a class with `require`, `describe` and `open` (`Segmenter`) and a line of `SEGMENTERS`; no stage knows
more of it. Its masks are NIfTI that say in their header what their values mean, and are read back like any mask.
"""

from __future__ import annotations

import queue
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from refrad2d.images.geometry import Placement, even_step
from refrad2d.images.segmentation.tasks import Asked
from refrad2d.images.slices import read_frame
from refrad2d.system.accounting import Progress, no_progress
from refrad2d.system.later import later
from refrad2d.windows import rescale

if TYPE_CHECKING:
    import nibabel
else:
    nibabel = later("nibabel")

SEGMENTERS = {"totalsegmentator": "refrad2d.images.segmentation.totalsegmentator:TotalSegmentator"}
FOLDER_OF_FINDINGS = "findings"
# volume, mask to write, modality, name of a finding or "" → whether there is such a task; raises `Failed`
Segment = Callable[..., bool]


class Failed(Exception):
    """A volume has no mask; the message is the reason, one of system/data/reasons.csv."""


class Segmenter(Protocol):
    """What segments volumes on site, in processes of its own."""

    def require(self, modalities: frozenset[str] = frozenset()) -> None:
        """ValueError, saying what to do, if it cannot segment series of these modalities; without any, if of none."""

    def describe(self) -> dict[str, Any]:
        """What the manifest says of it after `require`: its name, its version, and its weights by task."""
        ...

    def open(self, worker: int, workers: int) -> AbstractContextManager[Segment]:
        """One of several workers, which keeps its models while it is open."""
        ...


def find_segmenter(name: str, asked: Asked) -> Segmenter:
    """The segmenter of this name. ValueError names those there are."""
    if name not in SEGMENTERS:
        raise ValueError(f"Unknown segmenter {name!r}. Choose from {', '.join(SEGMENTERS)}.")
    module, _, kind = SEGMENTERS[name].partition(":")
    return getattr(import_module(module), kind)(asked)


def segment_series(
    segmenter: Segmenter,
    series: Sequence[Mapping],
    frames: Path,
    places: Mapping[str, Sequence[Placement]],
    dst: Path,
    *,
    findings: Sequence[str] = (),
    workers: int = 1,
    progress: Progress = no_progress,
) -> list[str]:
    """Segment every series into `dst`/<series>.nii.gz, and its findings into `dst`/findings/<name>/<series>.nii.gz.

    `frames` holds the slices of ingest, `places` the placements of each series. Volumes wait in a queue for `workers`
    processes, and are deleted when read. Returns a reason for each mask that could not be made.
    """
    dst.mkdir(parents=True, exist_ok=True)
    waiting: queue.SimpleQueue[Mapping] = queue.SimpleQueue()
    done: queue.SimpleQueue[list[str] | None] = queue.SimpleQueue()  # None: a worker has ended
    for row in series:
        waiting.put(row)

    def work(worker: int) -> None:
        try:
            with segmenter.open(worker, workers) as segment:
                while True:
                    row = waiting.get_nowait()
                    done.put(_segment_one(segment, row, frames, places[row["series"]], dst, findings))
        except queue.Empty:
            pass
        finally:
            done.put(None)

    with ThreadPoolExecutor(workers) as pool:
        working = [pool.submit(work, worker) for worker in range(min(workers, len(series)))]
        results = _until_all_ended(done, len(working))
        reasons = [reason for found in progress(results, len(series), "segment") for reason in found]
        for worker in working:
            worker.result()  # raises what a worker ended by
    return reasons


def _until_all_ended(done: queue.SimpleQueue[list[str] | None], workers: int) -> Iterator[list[str]]:
    while workers:
        found = done.get()
        if found is None:
            workers -= 1
        else:
            yield found


def _segment_one(
    segment: Segment, row: Mapping, frames: Path, places: Sequence[Placement], dst: Path, findings: Sequence[str]
) -> list[str]:
    """The masks of one series; reasons for those that are not there. Findings need the mask of the organs."""
    if even_step(places) is None:
        return ["uneven_slices"]
    name, reasons = row["series"], []
    volume = dst / f"{name}-volume.nii.gz"
    nibabel.save(to_nifti(row, frames, places), volume)
    try:
        segment(volume, dst / f"{name}.nii.gz", row["modality"])
        for finding in findings:
            mask = dst / FOLDER_OF_FINDINGS / finding / f"{name}.nii.gz"
            mask.parent.mkdir(parents=True, exist_ok=True)
            try:
                segment(volume, mask, row["modality"], finding)
            except (Failed, ValueError):
                mask.unlink(missing_ok=True)
                reasons.append("finding_not_segmented")
    except Failed as error:
        (dst / f"{name}.nii.gz").unlink(missing_ok=True)
        reasons.append(str(error))
    finally:
        volume.unlink()
    return reasons


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
