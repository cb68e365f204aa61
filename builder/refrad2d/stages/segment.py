"""Masks of a series, from a folder of NIfTI or DICOM SEG files or from TotalSegmentator, on the slices of ingest.

Writes below `dst`: masks/<slice>.png (8-bit unified class ids, native size), findings.jsonl (boxes of segments outside
the 121 classes), segmented.jsonl (which series has a mask), hidden.jsonl (which classes burnt-in text took from a
slice), accounting.jsonl.
"""

import shutil
from collections import Counter, defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from PIL import Image

from refrad2d.images.masks.classes import SCHEME_OF_MODALITY, Classes, Evidence, classes_of
from refrad2d.images.masks.joins import align, asked_uids, find_series, index_series, placement_of, uids_of
from refrad2d.images.masks.painting import AlignedMask, cut_blanked, organs_under, paint_slices
from refrad2d.images.masks.reading import read_mask
from refrad2d.images.masks.records import MaskRecord
from refrad2d.images.masks.tables import Table, load_scheme, may_be_table, nearest_table, read_table
from refrad2d.images.segmentation.segmenter import find_segmenter, segment_series
from refrad2d.images.segmentation.tasks import Asked
from refrad2d.images.sources import FILE_MEMORY_MB, FILE_TIMEOUT_S, Source, keyed_paths, list_sources
from refrad2d.labels import label_by_id
from refrad2d.system.accounting import Progress, account, count_results, no_progress
from refrad2d.system.files import read_jsonl, write_json, write_jsonl
from refrad2d.system.packed import pack, unpack
from refrad2d.system.processes import run_isolated

Chosen = tuple[bytes, Mapping, Classes]  # a `MaskRecord`, packed, its series and what its values mean


def run(
    ingested: Path, masks: Path | None, dst: Path, *,
    key: bytes, scheme: str | None = None, workers: int = 1, segmenter: str | None = None, asked: Asked | None = None,
    orientation: str = "", progress: Progress = no_progress,
) -> Counter:  # fmt: skip
    """Give the slices of an ingested export their masks. Returns the number of kept masks and of each drop reason.

    `scheme` names the classes of masks without a label table (see `masks.load_scheme`); by default `total` for CT,
    `total_mr` for MR. `segmenter` makes the masks, as it is `asked`. ValueError if the scheme is unknown, the folder of
    masks holds no file, or the segmenter cannot work.
    """
    (dst / "masks").mkdir(parents=True)
    (dst / "raw").mkdir()
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
    planes = frozenset(row["plane"] for row in series)
    tasks = [(replace(source, orientation=orientation), key, str(dst / "raw"), planes) for source in every]
    results = run_isolated(read_mask, tasks, workers=workers, timeout_s=FILE_TIMEOUT_S, memory_mb=FILE_MEMORY_MB)
    for number, result in progress(results, len(volumes), "masks"):
        source, record = every[number], result.value
        if not isinstance(record, MaskRecord):
            reasons[volumes[number]] = record or result.reason or "unreadable"
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
            chosen.append((pack(record), owner, classes))
    counts = count_results(len(sources) - len(shared), reasons)
    counts.update(f"dropped_{reason}" for reason in missing)
    _write(chosen, dst, counts, segmenter or "masks")
    lines = [line for line in account("masks", len(sources), reasons) if line["n"] not in shared]
    write_jsonl(dst / "accounting.jsonl", [] if segmenter else lines)
    return counts


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


def _write(chosen: Sequence[Chosen], dst: Path, counts: Counter, segmenter: str) -> None:
    """Paint the masks of each series, and write what is known of them; `counts` gets what was resolved or unknown."""
    if unknown := sum(classes.unknown for *_, classes in chosen):
        counts["unknown_structures"] = unknown
    findings, segmented, hidden = _paint(chosen, dst, counts)
    for folder in ("raw", "segmented"):
        shutil.rmtree(dst / folder, ignore_errors=True)
    write_jsonl(dst / "findings.jsonl", findings)
    write_jsonl(dst / "hidden.jsonl", hidden)
    write_jsonl(dst / "segmented.jsonl", [{"series": name, "segmenter": segmenter} for name in sorted(segmented)])


def _paint(chosen: Sequence[Chosen], dst: Path, counts: Counter) -> tuple[list[dict], set[str], list[dict]]:
    """Write the unified masks of each series; see `painting` for what overlaps. Returns the findings, the series that
    have a mask, and the labels that burnt-in text hides on slices."""
    findings: list[dict] = []
    hidden: list[dict] = []
    painted: dict[str, list[tuple[bytes, Classes]]] = defaultdict(list)
    rows = {row["series"]: row for _, row, _ in chosen}
    for record, row, classes in chosen:
        painted[row["series"]].append((record, classes))
    for name, found_masks in painted.items():
        masks = [AlignedMask(classes, align(unpack(record), rows[name])[1]) for record, classes in found_masks]
        frames = list(rows[name]["frames"])
        shapes = [tuple(frame["placement"]["shape"]) for frame in frames]
        pictures = paint_slices(masks, shapes, dst / "raw", counts)
        for frame, (unified, found) in zip(frames, pictures, strict=True):
            if under := organs_under(unified, frame["blanked"]):
                labels = sorted(filter(None, map(label_by_id, under)))
                hidden.append({"slice": frame["id"], "labels": labels})
            found = cut_blanked(unified, found, frame["blanked"], counts)
            Image.fromarray(unified).save(dst / "masks" / f"{frame['id']}.png")
            findings += [{"slice": frame["id"], "label": label, "box": box, "source": "mask"} for label, box in found]
    findings.sort(key=lambda f: (f["slice"], f["label"], f["box"]))
    return findings, set(painted), sorted(hidden, key=lambda row: row["slice"])
