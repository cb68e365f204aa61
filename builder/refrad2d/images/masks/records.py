"""What is known of one mask once its file is read: the meaning of its values, its slices, and what it states."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from refrad2d.images.geometry import Placement
from refrad2d.images.sources import Source
from refrad2d.system.pseudonyms import pseudonym


@dataclass(frozen=True)
class MaskSlice:
    """A display slice of a mask: `file` holds (layers, rows, columns) uint16 from `offset` in bytes, keys of
    `MaskRecord.names`; segments that overlap lie in different layers. Without any value there is no file."""

    file: str
    placement: Placement
    offset: int = 0
    layers: int = 0


@dataclass(frozen=True)
class Statement:
    """What a DICOM SEG states of its images, empty where it says nothing; identifiers, which stay in memory."""

    patient_id: str = ""
    study_uid: str = ""
    series_uids: frozenset[str] = frozenset()
    frame_of_reference: str = ""
    sop_uids: frozenset[str] = frozenset()


@dataclass(frozen=True)
class MaskRecord:
    """A mask: the meaning of its values (empty if the file does not say), the values that it has (0 left out), its
    slices cut in each plane that was asked for, and what it states. `findings` are the values that the file itself
    calls abnormal. `sparse` if it leaves empty slices out. `surrounding` are the values that lie in all corners, as no
    structure does: the mask is inverted, or its background has a number. `contradicts` if a segment says two classes.
    """

    names: Mapping[int, str]
    values: frozenset[int]
    slices: tuple[MaskSlice, ...]
    statement: Statement = field(default_factory=Statement)
    findings: frozenset[int] = frozenset()
    sparse: bool = False
    surrounding: frozenset[int] = frozenset()
    contradicts: bool = False


class SliceFile:
    """The file below a folder that the slices of a mask are written to, one after the other; none if all are empty."""

    def __init__(self, source: Source, key: bytes, folder: Path) -> None:
        self._path, self._end = folder / f"{pseudonym(key, 'mask', source.name)}.u16", 0

    def write(self, layers: np.ndarray, placement: Placement) -> MaskSlice:
        """Write the layers of a slice, (layers, rows, columns), unless they are empty. ValueError for another size
        than that of their placement, by which they are read again."""
        if layers.shape[1:] != tuple(placement.shape):
            raise ValueError(f"Layers of {layers.shape[1:]} pixels cannot lie on a slice of {placement.shape}.")
        if not layers.any():
            return MaskSlice("", placement)
        with self._path.open("ab" if self._end else "wb") as file:
            file.write(np.ascontiguousarray(layers, "<u2").data)
        offset, self._end = self._end, self._end + 2 * layers.size
        return MaskSlice(self._path.name, placement, offset, len(layers))


def read_layers(folder: Path, found: MaskSlice | None) -> np.ndarray:
    """The layers of a slice that was written to a file of a folder, (layers, rows, columns); none if it is empty."""
    if found is None or not found.file:
        return np.zeros((0, 1, 1), np.uint16)
    shape = (found.layers, *found.placement.shape)
    return np.fromfile(folder / found.file, "<u2", math.prod(shape), offset=found.offset).reshape(shape)
