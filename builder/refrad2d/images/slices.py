"""One slice on its way from a foreign file to a dataset: its pixels while it is read, what is known of them after.

>>> from refrad2d.images.dicom import parse_dicom, shown_slices
>>> next(shown_slices(parse_dicom(data))).values()      # HU for CT
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from refrad2d.images.evidence.units import Extremes
from refrad2d.images.geometry import AS_STORED, Placement, Reorientation
from refrad2d.windows import rescale


@dataclass(frozen=True, slots=True)
class Slice:
    """A slice in display orientation, and what it is known by.

    - `placement`: where it lies in the patient, LPS mm
    - `slope`, `intercept`: value = pixels * slope + intercept, in HU for CT, in the scanner's own unit for MR
    - `pixels`: (rows, columns) in the type of the file, uint16 once `records` has stored them; None when the slice has
      left the process that read it
    - `reoriented`: how the display differs from the picture in the file
    - `number`: its place within the file, from 0; `instance`: InstanceNumber, or the place from 1 in a file of several
    - `sop_uid`: SOPInstanceUID of its file; an identifier, stays in memory
    - `file`: a pseudonym
    - `store`, `offset`: where its pixels lie once they are written, see `read_frame`
    - `digest`: the same for equal pixels; stays in memory
    - `position`: of its file in the export, -1 until stacks are built
    - `blanked`: boxes of text that were filled (x_min, y_min, x_max, y_max), in pixels, ends exclusive
    - `phase`: what tells phases and reconstructions of a series apart, see `evidence.phases`; stays in memory
    - `extremes`: the lowest and highest value, see `evidence.units`; stays in memory
    """

    placement: Placement
    slope: float = 1.0
    intercept: float = 0.0
    pixels: np.ndarray | None = field(default=None, compare=False, repr=False)
    reoriented: Reorientation = AS_STORED
    number: int = 0
    instance: int | None = None
    sop_uid: str = ""
    file: str = ""
    store: str = ""
    offset: int = 0
    digest: str = ""
    position: int = -1
    blanked: tuple[tuple[int, int, int, int], ...] = ()
    phase: tuple[str, ...] = ()
    extremes: Extremes | None = None

    @property
    def picture(self) -> np.ndarray:
        """The pixels. ValueError if the slice has left the process that read it."""
        if self.pixels is None:
            raise ValueError("This slice has no pixels any more. Read its file again.")
        return self.pixels

    def values(self) -> np.ndarray:
        """What the pixels mean, (rows, columns) of the type that `rescale` gives: HU for CT, the scanner's for MR."""
        return rescale(self.picture, self.slope, self.intercept)


def read_frame(folder: Path, frame: Mapping) -> np.ndarray:
    """The pixels (rows, columns) of uint16 of a slice that `ingest` wrote below `folder`, where the slices of a series
    lie one after the other in one file. `frame` is its row of series.jsonl: file, offset in bytes, placement."""
    rows, columns = frame["placement"]["shape"]
    pixels = np.fromfile(folder / frame["file"], "<u2", rows * columns, offset=frame["offset"])
    return pixels.reshape(rows, columns)
