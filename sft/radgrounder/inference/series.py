"""A folder of slices as one series: what the model sees of each slice, and where the slices lie to each other.

    >>> series = open_series(Path("hospital/dicom/p1/s1"))
    >>> series.plane, series.grid
    ('axial', Grid(shape=(36, 256, 256), spacing=(4.15, 1.828, 1.828)))

Files are read, turned and told apart as a build does it. Slices that are no even stack have no box in 3D, and are
refused.
"""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from PIL import Image

from radgrounder.inference.picture import Picture
from refrad2d.images.evidence.suitable import suitable_stacks
from refrad2d.images.geometry import Grid, voxel_grid
from refrad2d.images.headings import read_heading
from refrad2d.images.held import HELD
from refrad2d.images.records import Record, open_file, read_file
from refrad2d.images.sources import Source, Unreadable, list_sources
from refrad2d.images.stacks import Stack, build_stacks
from refrad2d.system.reasons import advice
from refrad2d.windows import windows

_KEY = b"series"  # names that never leave the process


@dataclass(frozen=True)
class SeriesSlice:
    """A slice of a series: its picture, its `number` from 0 in order of depth, and its InstanceNumber if it has one."""

    number: int
    instance: int | None
    picture: Picture


@dataclass(frozen=True)
class Series:
    """All slices of one series in order of depth, in display orientation; `plane` and `modality` as in a dataset.

    `left_out` are the files of its folder that are none of its slices, by reason.
    """

    modality: str
    plane: str
    grid: Grid
    slices: tuple[SeriesSlice, ...]
    left_out: Mapping[str, int] = field(default_factory=dict)


def open_series(folder: Path, *, modality: str = "") -> Series:
    """The one series that lies in a folder of DICOM files, or as a NIfTI volume, of which no file says the `modality`.

    ValueError, saying what to give instead, if there is none, more than one, or one that is no even stack of slices.
    """
    reasons = Counter[str]()
    found = list(read_stacks(folder, reasons, modality=modality))
    if not found:
        why = "; ".join(f"{n} {reason}: {advice(reason)}" for reason, n in reasons.most_common(2))
        raise ValueError(f"{folder} holds no series of CT or MR slices ({why or 'it is empty'}).")
    if len(found) > 1:
        sizes = ", ".join(str(len(stack.slices)) for stack, _ in found)
        raise ValueError(f"{folder} holds {len(found)} series (of {sizes} slices). Give the folder of one.")
    [(stack, pictures)] = found
    grid = voxel_grid([shown.placement for shown in stack.slices])
    if isinstance(grid, str):
        raise ValueError(f"The slices in {folder} make no volume ({grid}). {advice(grid)}")
    pairs = enumerate(zip(stack.slices, pictures, strict=True))
    slices = tuple(SeriesSlice(n, shown.instance, picture) for n, (shown, picture) in pairs)
    return Series(stack.modality, stack.slices[0].placement.plane, grid, slices, dict(reasons))


def read_stacks(folder: Path, reasons: Counter, *, modality: str = "") -> Iterator[tuple[Stack, list[Picture]]]:
    """The suitable stacks below a folder with the pictures of their slices, one series of files after the other.

    Files and stacks that are left out are counted in `reasons`, as a build says it.
    """
    sources = [replace(source, modality=modality) for source in list_sources(folder)]
    groups: dict[object, list[int]] = defaultdict(list)
    for n, source in enumerate(sources):
        groups[read_heading(source) or n].append(n)
    for positions in groups.values():
        with HELD.series(f"{folder} {positions[0]}"):  # a file is decoded once
            records = _read(sources, positions, reasons)
            suited = suitable_stacks(build_stacks(sources, records), {})
            reasons.update(suited.reasons.values())
            yield from ((stack, _pictures(stack, sources)) for stack in suited.stacks)


def _read(sources: Sequence[Source], positions: Sequence[int], reasons: Counter) -> dict[int, Record]:
    records = {}
    for n in positions:
        record = read_file((sources[n], _KEY))
        if isinstance(record, Record):
            records[n] = record
        else:
            reasons[record] += 1
    return records


def _pictures(stack: Stack, sources: Sequence[Source]) -> list[Picture]:
    """What the model sees of each slice of a stack. ValueError if a file cannot be read any more."""
    wanted: dict[int, set[int]] = defaultdict(set)
    for known in stack.slices:
        wanted[known.position].add(known.number)
    seen: dict[tuple[int, int], Picture] = {}
    for position, numbers in wanted.items():
        try:
            for shown in open_file(sources[position], numbers)[1]:
                rows, columns = shown.picture.shape
                image = Image.fromarray(windows(shown.values(), stack.modality))
                seen[position, shown.number] = Picture(image, columns, rows)
        except Unreadable as unreadable:
            raise ValueError(f"A slice changed while it was read ({unreadable}). Give a folder that stays.") from None
    return [seen[known.position, known.number] for known in stack.slices]
