"""Masks of a series, from a folder of NIfTI or DICOM SEG files or from TotalSegmentator, on the slices of ingest.

Writes below `dst`: masks/<slice>.png (8-bit unified class ids, native size), findings.jsonl (boxes of segments outside
the 121 classes), segmented.jsonl (which series has a mask), accounting.jsonl.
"""

import shutil
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path

from PIL import Image

from refrad2d.images.masks.classes import SCHEME_OF_MODALITY, Classes, Evidence, classes_of
from refrad2d.images.masks.joins import align, find_series, placement_of
from refrad2d.images.masks.painting import AlignedMask, paint_slices
from refrad2d.images.masks.reading import read_mask
from refrad2d.images.masks.records import MaskRecord
from refrad2d.images.masks.tables import Table, load_scheme, may_be_table, nearest_table, read_table
from refrad2d.images.segmenter import segment_series
from refrad2d.images.sources import FILE_MEMORY_MB, FILE_TIMEOUT_S, Source, list_sources
from refrad2d.system.accounting import Progress, account, count_results, no_progress
from refrad2d.system.files import read_jsonl, write_jsonl
from refrad2d.system.processes import run_isolated


def run(
    ingested: Path, masks: Path | None, dst: Path, *,
    key: bytes, scheme: str | None = None, workers: int = 1, segmenter: str | None = None,
    progress: Progress = no_progress,
) -> Counter:  # fmt: skip
    """Give the slices of an ingested export their masks. Returns the number of kept masks and of each drop reason.

    `scheme` names the classes of masks without a label table (see `masks.load_scheme`); by default `total` for CT,
    `total_mr` for MR. ValueError if it is unknown or the folder of masks holds no file.
    """
    series = list(read_jsonl(ingested / "series.jsonl"))
    (dst / "masks").mkdir(parents=True)
    (dst / "raw").mkdir()
    missing: dict[str, str] = {}
    if segmenter:
        places = {row["series"]: [placement_of(frame) for frame in row["frames"]] for row in series}
        masks = dst / "segmented"
        missing = segment_series(series, ingested / "frames", places, masks, progress=progress)
        sources = list_sources(masks)
    else:
        sources = list_sources(masks) if masks is not None else []
        if masks is not None and not sources:
            raise ValueError(f"Mask folder {masks} holds no files. Give the folder of NIfTI or DICOM SEG files.")
    if scheme:
        load_scheme(scheme)
    tables, unread = _read_tables(sources, workers)
    shared = {row["n"] for row in read_jsonl(ingested / "shared.jsonl")} if masks and not segmenter else set()
    reasons = {position: reason for position, reason in unread.items() if position not in shared}
    volumes = [n for n in range(len(sources)) if n not in tables.keys() | unread.keys() | shared]
    chosen: list[tuple[MaskRecord, Mapping, Classes]] = []
    found: Counter = Counter()
    tasks = [(sources[n], key, str(dst / "raw"), frozenset(row["plane"] for row in series)) for n in volumes]
    results = run_isolated(read_mask, tasks, workers=workers, timeout_s=FILE_TIMEOUT_S, memory_mb=FILE_MEMORY_MB)
    named = [(sources[n], table) for n, table in tables.items()]
    masks_found = [sources[n] for n in volumes]
    elsewhere = frozenset(row["path"] for row in read_jsonl(ingested / "paths.jsonl"))
    for number, result in progress(results, len(volumes), "masks"):
        position, source, record = volumes[number], sources[volumes[number]], result.value
        if not isinstance(record, MaskRecord):
            reasons[position] = record or result.reason or "unreadable"
            continue
        if segmenter:
            candidates = [row for row in series if row["series"] == source.stem]
            owner, reason = find_series(record, source, candidates, key)
        else:
            owner, reason = find_series(record, source, series, key, elsewhere)
        if owner is None:
            reasons[position] = reason
            continue
        ours = segmenter and SCHEME_OF_MODALITY[owner["modality"]]
        evidence = Evidence(nearest_table(source, named, masks_found), ours or scheme, bool(ours))
        classes = classes_of(record, source, owner["modality"], evidence)
        if isinstance(classes, str):
            reasons[position] = classes
            continue
        if classes.unknown:
            found["unknown_structures"] += classes.unknown
        chosen.append((record, owner, classes))
    findings, segmented = _paint(chosen, dst, found)
    for folder in ("raw", "segmented"):
        shutil.rmtree(dst / folder, ignore_errors=True)
    write_jsonl(dst / "findings.jsonl", findings)
    write_jsonl(
        dst / "segmented.jsonl", [{"series": name, "segmenter": segmenter or "masks"} for name in sorted(segmented)]
    )
    lines = [line for line in account("masks", len(sources), reasons) if line["n"] not in shared]
    write_jsonl(dst / "accounting.jsonl", [] if segmenter else lines)
    counts = count_results(len(sources) - len(shared), reasons)
    counts.update(found)
    counts.update(f"dropped_{reason}" for reason in missing.values())
    return counts


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


def _paint(
    chosen: Sequence[tuple[MaskRecord, Mapping, Classes]], dst: Path, counts: Counter
) -> tuple[list[dict], set[str]]:
    """Write the unified masks of each series; see `painting` for what overlaps."""
    findings: list[dict] = []
    painted: dict[str, list[AlignedMask]] = defaultdict(list)
    rows = {row["series"]: row for _, row, _ in chosen}
    for record, row, classes in chosen:
        painted[row["series"]].append(AlignedMask(classes, align(record, row)[1]))
    for name, masks in painted.items():
        frames = rows[name]["frames"]
        shapes = [tuple(frame["placement"]["shape"]) for frame in frames]
        pictures = paint_slices(masks, shapes, dst / "raw", counts)
        for frame, (unified, found) in zip(frames, pictures, strict=True):
            Image.fromarray(unified).save(dst / "masks" / f"{frame['id']}.png")
            findings += [{"slice": frame["id"], "label": label, "box": box, "source": "mask"} for label, box in found]
    return sorted(findings, key=lambda f: (f["slice"], f["label"], f["box"])), set(painted)
