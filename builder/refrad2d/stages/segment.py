"""Masks of a series, from a folder of NIfTI or DICOM SEG files or from TotalSegmentator, on the slices of ingest.

Writes below `dst`: masks/<series>.masks (of each slice a PNG of 8-bit unified class ids, native size; see
`masks/pictures`) and masks/<series>.objects.json (of each slice the classes in it), findings.jsonl (boxes of segments
outside the 121 classes), segmented.jsonl (which series has a mask), hidden.jsonl (which classes burnt-in text took from
a slice), accounting.jsonl.

Files of masks are read in parts and the masks of series painted in parts, by whatever executor; between them stands
which series a mask is of. What masks state of patients passes through sealed files alone.
"""

import io
import json
import shutil
from collections import Counter, defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, cast

from PIL import Image

from refrad2d.boxes import objects
from refrad2d.engine.parts import discard
from refrad2d.engine.processes import Processes
from refrad2d.engine.sealed import Given, Place, SealedParts, Sealing, divide
from refrad2d.images.masks.classes import SCHEME_OF_MODALITY, Classes, Evidence, classes_of
from refrad2d.images.masks.joins import align, asked_uids, find_series, index_series, placement_of, uids_of
from refrad2d.images.masks.painting import AlignedMask, cut_blanked, organs_under, paint_slices
from refrad2d.images.masks.pictures import OBJECTS, SUFFIX, write_pictures
from refrad2d.images.masks.reading import read_mask
from refrad2d.images.masks.records import MaskRecord
from refrad2d.images.masks.tables import Table, load_scheme, may_be_table, nearest_table, read_table
from refrad2d.images.segmentation.segmenter import find_segmenter, segment_series
from refrad2d.images.segmentation.tasks import Asked
from refrad2d.images.sources import FILE_MEMORY_MB, FILE_TIMEOUT_S, Source, keyed_paths, list_sources
from refrad2d.labels import label_by_id
from refrad2d.rows import ObjectRow
from refrad2d.system.accounting import Progress, account, count_results, no_progress
from refrad2d.system.files import read_jsonl, write_json, write_jsonl, write_text
from refrad2d.system.packed import pack, unpack
from refrad2d.system.processes import run_isolated

Chosen = tuple[Place, Mapping, Classes]  # where a `MaskRecord` stands, its series and what its values mean


@dataclass(frozen=True)
class Reading:
    """Files of masks to read, and the planes that volumes are cut in."""

    sources: tuple[Source, ...]
    planes: tuple[str, ...]


@dataclass(frozen=True)
class Painting:
    """The masks of a series, as the folder of their layers, what their values mean and packed records, and its row."""

    series: str
    raw: str
    classes: tuple[Classes, ...]
    records: tuple[bytes, ...] = field(repr=False)  # the job tells which they are
    row: Mapping = field(repr=False)  # its plane and frames


def run(
    ingested: Path, masks: Path | None, dst: Path, *,
    key: bytes, scheme: str | None = None, workers: int = 1, segmenter: str | None = None, asked: Asked | None = None,
    orientation: str = "", work: Sealing | None = None, progress: Progress = no_progress,
) -> Counter:  # fmt: skip
    """Give the slices of an ingested export their masks. Returns the number of kept masks and of each drop reason.

    `scheme` names the classes of masks without a label table (see `masks.load_scheme`); by default `total` for CT,
    `total_mr` for MR. `segmenter` makes the masks, as it is `asked`. `work` says who does the parts and where they lie
    meanwhile, by default processes and a folder beside `dst`. ValueError if the scheme is unknown, the folder of masks
    holds no file, or the segmenter cannot work.
    """
    dst.mkdir(parents=True, exist_ok=True)
    work = work or Sealing(dst.with_name(f"{dst.name}.parts"), Processes(workers, key, progress), key)
    missing: list[str] = []
    if segmenter:
        series: list[Mapping] = list(read_jsonl(ingested / "series.jsonl"))
        places = {row["series"]: [placement_of(frame) for frame in row["frames"]] for row in series}
        masks = dst / "segmented"
        asked = asked or Asked()
        made_by = find_segmenter(segmenter, asked)
        made_by.require(frozenset(row["modality"] for row in series))
        write_json(dst / "segmenter.json", made_by.describe())
        missing = segment_series(
            made_by, series, ingested / "frames", places, masks,
            findings=asked.findings, workers=workers if asked.device == "cpu" else 1, progress=progress,
        )  # fmt: skip
        sources = list_sources(masks)
    else:
        sources = list_sources(masks) if masks is not None else []
        if masks is not None and not sources:
            raise ValueError(f"Mask folder {masks} holds no files. Give the folder of NIfTI or DICOM SEG files.")
        named_by_masks = asked_uids(sources, key), set[str]().union(*(keyed_paths(source, key) for source in sources))
        series = [_small(row, *named_by_masks) for row in read_jsonl(ingested / "series.jsonl")]
    if scheme:
        load_scheme(scheme)
    shared = {row["n"] for row in read_jsonl(ingested / "shared.jsonl")} if masks and not segmenter else set()
    tables, unread = _read_tables(sources, workers)
    reasons = {position: reason for position, reason in unread.items() if position not in shared}
    volumes = [n for n in range(len(sources)) if n not in tables.keys() | unread.keys() | shared]
    named, every = [(sources[n], table) for n, table in tables.items()], [sources[n] for n in volumes]
    elsewhere = frozenset(row["path"] for row in read_jsonl(ingested / "paths.jsonl"))
    index, chosen = index_series(series), list[Chosen]()
    parts = _read_masks([replace(source, orientation=orientation) for source in every], series, work)
    for number, (place, packed) in enumerate(progress(parts, len(volumes), "owners")):
        source, record = every[number], unpack(packed)
        if not isinstance(record, MaskRecord):
            reasons[volumes[number]] = record
            continue
        if segmenter:
            owner, reason = find_series(record, source, [row for row in series if row["series"] == source.stem], key)
        else:
            owner, reason = find_series(record, source, index, key, elsewhere)
        if owner is None:
            reasons[volumes[number]] = reason
            continue
        made = SCHEME_OF_MODALITY[owner["modality"]] if segmenter else None
        evidence = Evidence(nearest_table(source, named, every), made or scheme, trusted=bool(made))
        classes = classes_of(record, source, owner["modality"], evidence)
        if isinstance(classes, str):
            reasons[volumes[number]] = classes
        else:
            chosen.append((place, owner, classes))
    counts = count_results(len(sources) - len(shared), reasons)
    counts.update(f"dropped_{reason}" for reason in missing)
    _paint_masks(chosen, parts, work, dst, counts, segmenter or "masks")
    lines = [line for line in account("masks", len(sources), reasons) if line["n"] not in shared]
    write_jsonl(dst / "accounting.jsonl", [] if segmenter else lines)
    return counts


def _read_masks(sources: Sequence[Source], series: Sequence[Mapping], work: Sealing) -> SealedParts:
    """Read all files of masks: of each a `MaskRecord` or the reason for which it is none, packed."""
    planes = tuple(sorted({row["plane"] for row in series}))
    versions = [source.version() for source in sources]
    divided = list(divide(sources, [1] * len(sources), [size for size, _ in versions]))

    def tasks() -> Iterator[list[Reading]]:
        for some in divided:
            yield [Reading(tuple(some), planes)]

    return work.run(f"{__name__}:read_part", tasks, "masks", map(repr, versions))


def read_part(tasks: Sequence[Reading], given: Given) -> Iterator[bytes]:
    """A part: of each file of masks a `MaskRecord` or a reason, packed."""
    for task in tasks:
        asked = ((source, given.key, str(given.files), frozenset(task.planes)) for source in task.sources)
        limits: dict[str, Any] = {"timeout_s": FILE_TIMEOUT_S, "memory_mb": FILE_MEMORY_MB}
        for _, result in run_isolated(read_mask, asked, workers=given.workers, **limits):
            yield pack(result.value or result.reason or "unreadable")


def _small(row: Mapping, uids: Collection[str], paths: Collection[str]) -> Mapping:
    """A series with what masks of these UIDs and paths, keyed, need to know of its slices, in little memory."""
    frames = [{name: frame.get(name) for name in ("id", "sop", "blanked", "placement")} for frame in row["frames"]]
    shared = [path for path in row["paths"] if path in paths]
    return {**row, "frames": _Frames(frames), "uids": uids_of(row, uids), "paths": shared}


class _Frames(Sequence[Mapping]):
    """The slices of a series, packed but for the first: for most masks that tells already that they are another's."""

    def __init__(self, frames: Sequence[Mapping]) -> None:
        self._first, self._size, self._packed = frames[0], len(frames), pack(frames)

    def __len__(self) -> int:
        return self._size

    def __getitem__(self, n: Any) -> Any:
        return self._first if n == 0 else unpack(self._packed)[n]

    def __iter__(self) -> Iterator[Mapping]:
        return iter(unpack(self._packed))


def _read_tables(sources: Sequence[Source], workers: int) -> tuple[dict[int, Table], dict[int, str]]:
    """The tables of labels among the files of masks by position, and why files that are called so are none."""
    places = [position for position, source in enumerate(sources) if may_be_table(source)]
    tasks = [sources[position] for position in places]
    tables: dict[int, Table] = {}
    reasons: dict[int, str] = {}
    results = run_isolated(read_table, tasks, workers=workers, timeout_s=FILE_TIMEOUT_S, memory_mb=FILE_MEMORY_MB)
    for number, result in results if tasks else ():
        if isinstance(result.value, Table):
            tables[places[number]] = result.value
        else:
            reasons[places[number]] = result.value or result.reason or "unreadable"
    return tables, reasons


def _paint_masks(
    chosen: Sequence[Chosen], parts: SealedParts, work: Sealing, dst: Path, counts: Counter, segmenter: str
) -> None:
    """Paint the masks of each series, and write what is known of them; `counts` gets what was resolved or unknown."""
    if unknown := sum(classes.unknown for *_, classes in chosen):
        counts["unknown_structures"] = unknown
    rows = {row["series"]: row for _, row, _ in chosen}
    masks: dict[str, list[tuple[Place, Classes]]] = defaultdict(list)
    for place, row, classes in chosen:
        masks[row["series"]].append((place, classes))
    names = list(masks)
    divided = list(divide(names, [len(rows[name]["frames"]) for name in names], [0] * len(names)))

    def tasks() -> Iterator[list[Painting]]:
        for some in divided:
            yield [
                Painting(name, str(parts.files.resolve()), tuple(classes for _, classes in masks[name]),
                         tuple(parts[place] for place, _ in masks[name]),
                         {field: rows[name][field] for field in ("plane", "frames")})
                for name in some
            ]  # fmt: skip

    versions = (parts.told, repr([place for name in names for place, _ in masks[name]]))
    painted = work.run(f"{__name__}:paint_part", tasks, "painting", versions)
    findings, hidden = list[dict](), list[dict]()
    for _, packed in painted:
        found, under, resolved = unpack(packed)
        findings += found
        hidden += under
        counts.update(resolved)
    findings.sort(key=lambda f: (f["slice"], f["label"], f["box"]))
    write_jsonl(dst / "findings.jsonl", findings)
    write_jsonl(dst / "hidden.jsonl", sorted(hidden, key=lambda row: row["slice"]))
    write_jsonl(dst / "segmented.jsonl", [{"series": name, "segmenter": segmenter} for name in sorted(masks)])
    painted.close(dst / "masks")
    discard(work.folder)
    shutil.rmtree(dst / "segmented", ignore_errors=True)


def paint_part(tasks: Sequence[Painting], given: Given) -> Iterator[bytes]:
    """A part: of each series what `_paint` finds, packed."""
    return (pack(_paint(task, given.files)) for task in tasks)


def _paint(task: Painting, folder: Path) -> tuple[list[dict], list[dict], Counter]:
    """Write the unified masks of a series; see `painting` for what overlaps. Returns the findings, the labels that
    burnt-in text hides on slices, and counts of what was resolved."""
    findings, hidden, counts = list[dict](), list[dict](), Counter[str]()
    seen: list[list[ObjectRow]] = []
    frames = list(task.row["frames"])
    aligned = [
        AlignedMask(classes, align(cast(MaskRecord, unpack(record)), task.row)[1])
        for classes, record in zip(task.classes, task.records, strict=True)
    ]
    shapes = [tuple(frame["placement"]["shape"]) for frame in frames]
    painted = paint_slices(aligned, shapes, Path(task.raw), counts)

    def pictures() -> Iterator[bytes]:
        for frame, (unified, found) in zip(frames, painted, strict=True):
            if under := organs_under(unified, frame["blanked"]):
                labels = sorted(filter(None, map(label_by_id, under)))
                hidden.append({"slice": frame["id"], "labels": labels})
            found = cut_blanked(unified, found, frame["blanked"], counts)
            findings.extend(
                {"slice": frame["id"], "label": label, "box": box, "source": "mask"} for label, box in found
            )
            seen.append(objects(unified))
            encoded = io.BytesIO()
            Image.fromarray(unified).save(encoded, "png")
            yield encoded.getvalue()

    write_pictures(folder / f"{task.series}{SUFFIX}", pictures())
    write_text(folder / f"{task.series}{OBJECTS}", json.dumps(seen))
    return findings, hidden, counts
