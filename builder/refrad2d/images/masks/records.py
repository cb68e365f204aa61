"""What is known of one mask once its file is read: the meaning of its values, its slices, and what it states."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from refrad2d.images.geometry import Placement
from refrad2d.images.sources import Source
from refrad2d.system.files import save_array
from refrad2d.system.pseudonyms import pseudonym


@dataclass(frozen=True)
class MaskSlice:
    """A display slice of a mask: `<folder>/<file>.npy` holds (layers, rows, columns) values, keys of
    `MaskRecord.names`; segments that overlap lie in different layers. Without any value there is no file."""

    file: str
    placement: Placement


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


def write_slice(
    layers: np.ndarray, placement: Placement, source: Source, key: bytes, folder: Path, number: str
) -> MaskSlice:
    """Write the layers of a slice, (layers, rows, columns), unless they are empty."""
    if not layers.any():
        return MaskSlice("", placement)
    name = pseudonym(key, "mask", source.name, number)
    save_array(folder / f"{name}.npy", layers)
    return MaskSlice(name, placement)
