"""Where a class lies in a whole series: the 3D box of its voxels, from the masks of all slices.

>>> find_volumes(scan, [objects(mask) for mask in masks], Counter())

Coordinates count from the series' first voxel: x along the columns, y down the rows, z from slice to slice, in display
orientation and order of depth (axial: to the patient's left, to posterior, to superior). Boxes are xyzxyz, ends
exclusive; millimetres are voxels times spacing, so 0 is the outer corner of the first voxel, and no coordinate of the
scanner or the patient enters a dataset.
"""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import cast

from refrad2d.images.geometry import Grid, voxel_grid
from refrad2d.images.masks.joins import placement_of
from refrad2d.rows import ObjectRow, SliceBox, Volume
from refrad2d.system.pseudonyms import pseudonym

VoxelBox = tuple[int, int, int, int, int, int]  # xyzxyz, ends exclusive
DIGITS = 3  # of mm: a thousandth


def find_volumes(
    scan: Mapping,
    found: Sequence[Sequence[ObjectRow]],
    counts: Counter,
    *,
    segmenter: str,
    hidden: Sequence[Collection[str]] = (),
    thinned: bool = False,
) -> Iterator[Volume]:
    """The volumes of a series, by label. `scan` is its row of series.jsonl, `found` the objects of each of its slices.

    `hidden` are the labels that burnt-in text took from each slice: where a structure is hidden nobody knows where it
    ends. `thinned` says that only some slices of the series are published, since it shows a head; boxes of the others
    would draw it. Volumes that are left out are counted by reason as "volumes_dropped_<reason>".
    """
    slices = _by_label(scan, found)
    grid = voxel_grid([placement_of(frame) for frame in scan["frames"]])
    unseen = set().union(*hidden)
    for label, boxes in slices.items():
        if thinned or isinstance(grid, str) or label in unseen:
            reason = "head_thinned" if thinned else grid if isinstance(grid, str) else "under_burnt_in_text"
            counts[f"volumes_dropped_{reason}"] += 1
        else:
            yield _volume(scan, grid, label, boxes, segmenter)


def _by_label(scan: Mapping, found: Sequence[Sequence[ObjectRow]]) -> dict[str, list[SliceBox]]:
    slices: dict[str, list[SliceBox]] = defaultdict(list)
    for number, (frame, objects) in enumerate(zip(scan["frames"], found, strict=True)):
        for seen in objects:
            about = {"box": seen["box"], "area": seen["area"], "pixels": seen["pixels"]}
            slices[seen["label"]].append(cast(SliceBox, {"number": number, "id": frame["id"], **about}))
    return dict(sorted(slices.items()))


def _volume(scan: Mapping, grid: Grid, label: str, slices: list[SliceBox], segmenter: str) -> Volume:
    box = union_of_slices(slices, grid.shape)
    return {
        "id": volume_id(scan["series"], label),
        "patient": scan["patient"],
        "study": scan["study"],
        "series": scan["series"],
        "modality": scan["modality"],
        "body_part": scan["body_part"],
        "plane": scan["plane"],
        "shape": list(grid.shape),
        "spacing": [round(mm, DIGITS) for mm in grid.spacing],
        "sex": scan["sex"],
        "age": scan["age"],
        "site": scan["site"],
        "label": label,
        "voxel_box": list(box),
        "mm_box": to_mm(box, [round(mm, DIGITS) for mm in grid.spacing]),
        "voxels": sum(shown["area"] for shown in slices),
        "slices": slices,
        "segmenter": segmenter,
    }


def volume_id(series: str, label: str) -> str:
    """The row id of a class in a series; it follows from the pseudonym of the series."""
    return pseudonym(series.encode(), "volume", label)


def union_of_slices(slices: Sequence[SliceBox], shape: Sequence[int]) -> VoxelBox:
    """The box around the boxes of some slices, in voxels; `shape` is (slices, rows, columns) of the series."""
    _, rows, columns = shape
    left, top, right, bottom = zip(*(shown["box"] for shown in slices), strict=True)
    numbers = [shown["number"] for shown in slices]
    return (
        round(min(left) * columns), round(min(top) * rows), min(numbers),
        round(max(right) * columns), round(max(bottom) * rows), max(numbers) + 1,
    )  # fmt: skip


def to_mm(box: Sequence[float], spacing: Sequence[float]) -> list[float]:
    """A box xyzxyz in voxels as mm from the outer corner of the first voxel; `spacing` is (slices, rows, columns)."""
    between_slices, between_rows, between_columns = spacing
    steps = (between_columns, between_rows, between_slices) * 2
    return [round(value * step, DIGITS) for value, step in zip(box, steps, strict=True)]
