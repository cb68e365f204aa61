"""Masks of a series, from a folder of NIfTI or DICOM SEG files or from TotalSegmentator, on the slices of ingest.

Writes below `dst`: masks/<slice>.png (8-bit unified class ids, native size), findings.jsonl (boxes of segments outside
the 121 classes), segmented.jsonl (which series has a mask), accounting.jsonl.
"""

import shutil
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
from PIL import Image

from refrad2d.boxes import union_box
from refrad2d.images.geometry import TOLERANCE_MM, Placement, even_step, mean_step
from refrad2d.images.masks import MaskRecord, MaskSlice, load_scheme, read_mask
from refrad2d.images.segmenter import segment_series
from refrad2d.images.sources import FILE_MEMORY_MB, FILE_TIMEOUT_S, Source, keyed_paths, keyed_uids, list_sources
from refrad2d.labels import find_label
from refrad2d.system.accounting import Progress, account, count_results, no_progress
from refrad2d.system.files import read_jsonl, write_jsonl
from refrad2d.system.processes import run_isolated
from refrad2d.system.pseudonyms import pseudonym
from refrad2d.text.findings import finding_label

_SCHEME_OF_MODALITY = {"CT": "total", "MR": "total_mr"}


def run(
    ingested: Path, masks: Path | None, dst: Path, *,
    key: bytes, scheme: str | None = None, workers: int = 1, segmenter: str | None = None,
    orientation: str = "", progress: Progress = no_progress,
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
    reasons: dict[int, str] = {}
    chosen: list[tuple[MaskRecord, Mapping]] = []
    tasks = [
        (replace(source, orientation=orientation), key, str(dst / "raw"), frozenset(row["plane"] for row in series))
        for source in sources
    ]
    results = run_isolated(read_mask, tasks, workers=workers, timeout_s=FILE_TIMEOUT_S, memory_mb=FILE_MEMORY_MB)
    for position, result in progress(results, len(sources), "masks"):
        record = result.value
        if not isinstance(record, MaskRecord):
            reasons[position] = record or result.reason
            continue
        candidates = [row for row in series if row["series"] == sources[position].stem] if segmenter else series
        owner, reason = find_series(record, sources[position], candidates, key)
        if owner is None:
            reasons[position] = reason
        else:
            chosen.append((record, owner))
    findings, segmented = _paint(chosen, dst, scheme)
    for folder in ("raw", "segmented"):
        shutil.rmtree(dst / folder, ignore_errors=True)
    write_jsonl(dst / "findings.jsonl", findings)
    write_jsonl(
        dst / "segmented.jsonl", [{"series": name, "segmenter": segmenter or "masks"} for name in sorted(segmented)]
    )
    write_jsonl(dst / "accounting.jsonl", [] if segmenter else account("masks", len(sources), reasons))
    counts = count_results(len(sources), reasons)
    counts.update(f"dropped_{reason}" for reason in missing.values())
    return counts


def find_series(mask: MaskRecord, source: Source, series: Sequence[Mapping], key: bytes) -> tuple[Mapping | None, str]:
    """The series that a mask belongs to and "", or None and the reason.

    A SEG belongs to the series it references; any mask to the one whose grid it has. Several candidates are told
    apart by a SeriesInstanceUID in the path, then by the deepest folder that the paths share.
    """
    named = keyed_uids(source, key) | ({pseudonym(key, "uid", mask.series_uid)} if mask.series_uid else set())
    by_uid = [row for row in series if row["uid"] in named]
    fits = {row["series"]: align(mask, row)[0] for row in by_uid or series}
    best = max(fits.values(), default=0)
    candidates = [row for row in by_uid or series if fits[row["series"]] == best > 0]
    if not candidates:
        return None, "mask_on_another_grid"
    if len(candidates) > 1:
        paths = keyed_paths(source, key)
        shared = [len(paths.intersection(row["paths"])) for row in candidates]
        candidates = [row for row, count in zip(candidates, shared, strict=True) if count == max(shared) > 0]
    return (candidates[0], "") if len(candidates) == 1 else (None, "ambiguous_mask")


def align(mask: MaskRecord, row: Mapping) -> tuple[int, list[MaskSlice | None]]:
    """How a mask fits a series, and its slice for each slice of the series.

    2 = the same grid: as many slices, and affines equal within 1e-3. 1 = the series lacks slices that the mask has
    (or, for a SEG, which leaves empty slices out, the other way round). 0 = not at all.
    """
    places = [placement_of(frame) for frame in row["frames"]]
    cut = sorted((s for s in mask.slices if s.placement.plane == row["plane"]), key=lambda s: s.placement.depth)
    if not cut or not cut[0].placement.same_plane_grid(places[0]):
        return 0, []
    step, mask_step = even_step(places), mean_step([s.placement for s in cut])
    if len(cut) == len(places) and step is not None:
        same = places[0].matches(cut[0].placement) and np.allclose(step, mask_step, atol=TOLERANCE_MM)
        return (2, list(cut)) if same else (0, [])
    near = max(TOLERANCE_MM, 0.01 * float(np.linalg.norm(mask_step)))
    found = [_slice_at(cut, place, near) for place in places]
    if all(found):
        return 1, found
    whole = all(s in found for s in cut if s.file)
    return (1, found) if mask.series_uid and any(found) and whole else (0, [])


def _slice_at(cut: Sequence[MaskSlice], place: Placement, near: float) -> MaskSlice | None:
    nearest = min(cut, key=lambda s: abs(s.placement.depth - place.depth))
    return nearest if np.linalg.norm(np.subtract(nearest.placement.origin, place.origin)) <= near else None


def placement_of(frame: Mapping) -> Placement:
    """The placement of a frame row of series.jsonl."""
    place = frame["placement"]
    return Placement(place["plane"], *(tuple(place[name]) for name in ("shape", "origin", "down", "across")))


def _paint(chosen: Sequence[tuple[MaskRecord, Mapping]], dst: Path, scheme: str | None) -> tuple[list[dict], set[str]]:
    """Write the unified masks; where masks of one series overlap, the first in byte order of their paths stays."""
    findings: list[dict] = []
    painted: dict[str, list[MaskRecord]] = defaultdict(list)
    rows = {row["series"]: row for _, row in chosen}
    for record, row in chosen:
        painted[row["series"]].append(record)
    for name, records in painted.items():
        row = rows[name]
        default = load_scheme(scheme or _SCHEME_OF_MODALITY[row["modality"]])
        tables = [_lookup(record.names or default) for record in records]
        aligned = [align(record, row)[1] for record in records]
        for number, frame in enumerate(row["frames"]):
            unified = np.zeros(frame["placement"]["shape"], np.uint8)
            for (ids, outside), slices in zip(tables, aligned, strict=True):
                found = slices[number]
                if found is None or not found.file:
                    continue
                values = np.load(dst / "raw" / f"{found.file}.npy")
                np.copyto(unified, ids[values], where=unified == 0)
                for value, label in outside.items():
                    if box := union_box(values == value):
                        findings.append({"slice": frame["id"], "label": label, "box": box, "source": "mask"})
            Image.fromarray(unified).save(dst / "masks" / f"{frame['id']}.png")
    return sorted(findings, key=lambda f: (f["slice"], f["label"], f["box"])), set(painted)


def _lookup(names: Mapping[int, str]) -> tuple[np.ndarray, dict[int, str]]:
    """A table from mask value to unified id, and the labels of the values that are findings."""
    ids = np.zeros(1 << 16, np.uint8)
    outside = {}
    for value, name in names.items():
        if label := find_label(name):
            ids[value] = label.id
        else:
            outside[value] = finding_label(name)
    return ids, outside
