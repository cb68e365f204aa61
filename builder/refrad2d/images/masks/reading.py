"""One foreign mask file → the values in it on display slices. Runs in an isolated child process.

A NIfTI says what its values mean by the label table in its header, or not at all; a DICOM SEG by its segments.
"""

from __future__ import annotations

import xml.etree.ElementTree as ElementTree
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from refrad2d.images.geometry import axis_across, display_frames, ras_to_lps, widest_axis
from refrad2d.images.masks.records import MaskRecord, SliceFile
from refrad2d.images.masks.seg import read_seg
from refrad2d.images.nifti import NiftiVolume, is_nifti, open_nifti
from refrad2d.images.sources import Source, Unreadable, is_dicom

if TYPE_CHECKING:
    import nibabel

MAX_VALUE = 65535


def read_mask(task: tuple[Source, bytes, str, frozenset[str]]) -> MaskRecord | str:
    """Parse one mask file and write its slices. Returns a record, or the reason for which it is dropped.

    `task` is (source, key, folder for the slices, planes to cut a volume in).
    """
    source, key, folder, planes = task
    try:
        data = source.read()
        if is_dicom(data):
            return read_seg(data, source, key, Path(folder))
        if is_nifti(data):
            return _read_nifti(data, source, key, Path(folder), planes)
    except Unreadable as unreadable:
        return str(unreadable)
    return "not_a_mask"


def _read_nifti(data: bytes, source: Source, key: bytes, folder: Path, planes: frozenset[str]) -> MaskRecord | str:
    opened = open_nifti(data, source.orientation)
    try:
        affine = ras_to_lps(opened.affine)
        axes = {axis_across(plane, affine) for plane in planes} or {widest_axis(affine)}
    except ValueError as error:
        raise Unreadable("unreadable_nifti") from error
    volume = label_volume(opened)
    if volume is None:
        return "not_a_label_map"
    written = SliceFile(source, key, folder)
    slices = tuple(
        written.write(picture[None], placement)
        for axis in sorted(axes)
        for picture, placement in display_frames(volume, affine, slice_axis=axis)
    )
    seen = np.zeros(MAX_VALUE + 1, bool)
    for part in volume.T:
        seen[part] = True
    present = np.flatnonzero(seen)
    corners = frozenset(map(int, volume[np.ix_((0, -1), (0, -1), (0, -1))].flat))
    surrounding = corners if len(corners) == 1 else frozenset[int]()
    values = frozenset(map(int, present)) - {0}
    return MaskRecord(label_table(opened.header), values, slices, surrounding=surrounding & values)


def label_volume(opened: NiftiVolume) -> np.ndarray | None:
    """The voxels as uint16 label numbers; None if any is no whole number from 0 to `MAX_VALUE`."""
    volume = np.empty(opened.voxels.shape, np.uint16, order="F")  # in which the file has them: slices lie together
    plain = opened.voxels.dtype.kind in "iu" and (opened.slope, opened.intercept) == (1, 0)
    for k, part in enumerate(opened.voxels.T):  # part by part: copies of the whole would not fit
        values = part if plain else part * opened.slope + opened.intercept
        if plain:
            if not 0 <= values.min() <= values.max() <= MAX_VALUE:
                return None
        elif (
            not np.isfinite(values).all()
            or (values != np.round(values)).any()
            or not 0 <= values.min() <= values.max() <= MAX_VALUE
        ):
            return None
        volume[..., k] = values.T
    return volume


def label_table(header: nibabel.Nifti1Header) -> dict[int, str]:
    """Value → name of the label table that TotalSegmentator and Connectome Workbench write into NIfTI extensions."""
    for extension in getattr(header, "extensions", ()):
        content = extension.get_content()
        text = content if isinstance(content, bytes) else str(content).encode()
        start, end = text.find(b"<LabelTable"), text.find(b"</LabelTable>")
        if start < 0 or end < 0 or b"<!DOCTYPE" in text or b"<!ENTITY" in text:
            continue
        try:
            table = ElementTree.fromstring(text[start : end + len(b"</LabelTable>")])
        except ElementTree.ParseError:
            continue
        found = {
            int(e.get("Key", "0")): (e.text or "").strip()
            for e in table.iter("Label")
            if (e.get("Key") or "").isdigit()
        }
        return {value: name for value, name in found.items() if value > 0 and name}
    return {}
