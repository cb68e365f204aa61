"""One slice on its way from a foreign file to a dataset: its pixels while it is read, what is known of them after.

>>> from refrad2d.images.dicom import parse_dicom, shown_slices
>>> next(shown_slices(parse_dicom(data))).values()      # HU for CT
"""

from dataclasses import dataclass, field, replace

import numpy as np

from refrad2d.images.geometry import Placement, Turn
from refrad2d.windows import rescale


@dataclass(frozen=True)
class Slice:
    """A slice in display orientation, and what it is known by.

    `pixels` are (rows, columns) as the file stores them, value = pixels * slope + intercept (HU for CT); `records`
    makes them uint16. They are None once the slice has left the process that read it. `placement` is LPS mm, `turned`
    how the display differs from the picture in the file. `instance` is InstanceNumber, `number` the position within the
    file, from 0. `file` is a pseudonym: `<frames>/<file>.npy` will hold the pixels. `digest` tells equal pixels,
    `blanked` counts the boxes of text that were filled. `sop_uid` and `digest` stay in memory.
    """

    placement: Placement
    slope: float = 1.0
    intercept: float = 0.0
    pixels: np.ndarray | None = field(default=None, compare=False, repr=False)
    turned: Turn = (False, False, False)
    instance: int | None = None
    sop_uid: str = ""
    number: int = 0
    file: str = ""
    digest: str = ""
    blanked: int = 0

    @property
    def picture(self) -> np.ndarray:
        """The pixels. ValueError if the slice has left the process that read it."""
        if self.pixels is None:
            raise ValueError("This slice has no pixels any more. Read its file again.")
        return self.pixels

    def values(self) -> np.ndarray:
        """What the pixels mean, (rows, columns) float32: HU for CT, the stored values for MR."""
        return rescale(self.picture, self.slope, self.intercept)

    def without_pixels(self) -> "Slice":
        """The slice as it may leave the process that read it."""
        return replace(self, pixels=None)
