"""Images and masks in one tree: no volume is both, and a file is accounted for once, under the root that used it."""

import os
from collections.abc import Mapping, Sequence

import numpy as np

from refrad2d.images.masks.names import meaning_of_path, names_mask
from refrad2d.images.masks.reading import MAX_VALUE, label_table
from refrad2d.images.masks.tables import Table, may_be_table, read_table
from refrad2d.images.nifti import NiftiVolume
from refrad2d.images.sources import Source

LABEL_MAP, SEGMENTATION = "label_map", "segmentation_object"
NO_IMAGES = (LABEL_MAP, SEGMENTATION, "not_an_image", "dicomdir")  # why a file says nothing of where images lie
FEWEST_GREYS = 32  # no CT or MR has fewer values
MOST_CLASSES = 130  # of a label map whose name says nothing; an atlas of more tells itself by its header or folder
FLAT = 0.9  # share of neighbours that are equal, from where a volume of few values is made of regions
_INTENT_LABEL = 1002
_MASK_FOLDERS = frozenset(
    "segmentation segmentations mask masks label labels labelstr labelsts labelmap labelmaps seg segs roi rois "
    "annotation annotations groundtruth gt".split()
)


def is_label_map(opened: NiftiVolume, source: Source) -> bool:
    """True if a volume is a mask and no image: whole numbers from 0, and few of them, in regions or named as a mask.

    Fewer values than `FEWEST_GREYS` are no image; a header may say that the volume holds labels.
    """
    found = _whole_numbers(opened)
    if found is None:
        return False
    values, flat = found
    if values < FEWEST_GREYS or label_table(opened.header) or int(opened.header["intent_code"]) == _INTENT_LABEL:
        return True
    return values <= MOST_CLASSES and (flat >= FLAT or _is_named_as_mask(source))


def _is_named_as_mask(source: Source) -> bool:
    said = meaning_of_path([source.stem])
    folders = any(part.casefold() in _MASK_FOLDERS for part in source.parts[:-1])
    return bool(said and said.known) or names_mask(source.stem) or folders


def _whole_numbers(opened: NiftiVolume) -> tuple[int, float] | None:
    """How many values a volume has and the share of equal neighbours where it is not 0; None if one is no label."""
    seen = np.zeros(MAX_VALUE + 1, bool)
    equal = pairs = 0
    for part in opened.voxels.T:  # part by part, until one denies it
        values = part * opened.slope + opened.intercept
        if not np.isfinite(values).all() or not 0 <= values.min() <= values.max() <= MAX_VALUE:
            return None
        whole = values.astype(np.uint16)
        if (values != whole).any():
            return None
        seen[np.unique(whole)] = True
        inside = whole[:, 1:] > 0
        pairs += int(inside.sum())
        equal += int((inside & (whole[:, 1:] == whole[:, :-1])).sum())
    return int(seen.sum()), equal / pairs if pairs else 0.0


def share_sources(
    export: Sequence[Source], masks: Sequence[Source], reasons: Mapping[int, str]
) -> tuple[set[int], set[int]]:
    """Of files that lie below both roots: positions in the export that masks account for, positions in the masks that
    the export does. `reasons` says why files of the export were not used."""
    places = {_place(source): position for position, source in enumerate(masks)}
    both = {n: places[place] for n, source in enumerate(export) if places and (place := _place(source)) in places}
    claimed = {n for n in both if reasons.get(n) in (LABEL_MAP, SEGMENTATION) or _is_table(export[n])}
    return claimed, {position for n, position in both.items() if n not in claimed}


def _place(source: Source) -> tuple[str, str]:
    return os.path.realpath(os.path.join(source.root, source.path)), source.member


def _is_table(source: Source) -> bool:
    return may_be_table(source) and isinstance(read_table(source), Table)
