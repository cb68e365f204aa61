"""Which series a mask belongs to: what it states must hold, its grid must be the series', its path must not deny it."""

import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple

import numpy as np

from refrad2d.images.geometry import TOLERANCE_MM, Placement, even_step, mean_step
from refrad2d.images.masks.cases import named_cases
from refrad2d.images.masks.records import MaskRecord, MaskSlice, Statement
from refrad2d.images.masks.rows import Said, SeriesIndex, placement_of
from refrad2d.images.sources import Source, keyed_paths
from refrad2d.system.pseudonyms import normal_identifier, pseudonym

FEW = 32  # series that are compared with the grid of a mask one by one
_UID = re.compile(r"(?<![\d.])[0-2](?:\.\d+){3,}(?!\d)")
_SHORTEST_UID = 16  # shorter ones may be versions and dates


class Check(NamedTuple):
    """What must be said of a series: one of some values, in one respect (`say`); and the reason where none says so."""

    reason: str
    kind: str
    wanted: frozenset[str]


def find_series(
    mask: MaskRecord, source: Source, series: Sequence[Mapping], key: bytes, elsewhere: frozenset[str] = frozenset()
) -> tuple[Mapping | None, str]:
    """The series that a mask belongs to and "", or None and the reason.

    What a SEG states of patient, study, series, frame of reference and instances must hold; so must a UID in a path.
    A NIfTI that is called after an image belongs to that one. Of the series that are left it is one whose grid it has;
    several are told apart by the instances that the mask names, then by the deepest folder that the paths share.
    `elsewhere` are the keyed paths and names of all images: a mask whose path shares more with another part of it than
    with its series is not the series'.
    """
    index = series if isinstance(series, SeriesIndex) else SeriesIndex(series, say)
    cases = frozenset() if mask.sparse else named_cases(source, elsewhere, key)
    named = [Check("mask_of_another_path", "case", cases)] if cases else []
    numbers = _holding([*_statements(mask.statement, key), *_uids_in_path(source, index, key), *named], index)
    if isinstance(numbers, str):
        return None, numbers
    rows = [index[n] for n in _near(mask, index, numbers)]
    fits = {row["series"]: align(mask, row)[0] for row in rows}
    best = max(fits.values(), default=0)
    candidates = [row for row in rows if fits[row["series"]] == best > 0]
    if not candidates:
        return None, "mask_on_another_grid"
    if len(candidates) > 1:
        candidates = _with_all_instances(candidates, mask.statement, key) or candidates
    if len(candidates) > 1 and (words := named_cases(source, elsewhere, key, numbered=False)):
        candidates = [row for row in candidates if words.intersection(row.get("cases", ()))] or candidates
    paths = keyed_paths(source, key)
    if len(candidates) > 1:
        shared = [len(paths.intersection(row["paths"])) for row in candidates]
        candidates = [row for row, count in zip(candidates, shared, strict=True) if count == max(shared) > 0]
    if len(candidates) != 1:
        return None, "ambiguous_mask"
    if not mask.sparse and len(paths & elsewhere) > len(paths.intersection(candidates[0]["paths"])):
        return None, "mask_of_another_path"
    return candidates[0], ""


def index_series(series: Iterable[Mapping]) -> SeriesIndex:
    """Series for `find_series`, which finds those of a mask among them without asking all."""
    return SeriesIndex(series, say)


class _Silent(NamedTuple):
    """All series that say nothing of these kinds."""

    kinds: tuple[str, ...]


def _holding(checks: Iterable[Check], index: SeriesIndex) -> list[int] | _Silent | str:
    """The numbers of the series that pass all checks, or the reason why none does. One that says nothing in some
    respect passes where no other holds."""
    rows: list[int] | _Silent = _Silent(())
    for reason, kind, wanted in checks:
        if isinstance(rows, _Silent):
            if held := [n for n in index.find(kind, wanted) if index.is_silent(n, rows.kinds)]:
                rows = held
            elif index.any_silent(silent := (*rows.kinds, kind)):
                rows = _Silent(silent)
            else:
                return reason
            continue
        said = [(n, say(index[n], kind)) for n in rows]
        rows = [n for n, about in said if about.known and wanted.intersection(about.values)] or [
            n for n, about in said if not about.known
        ]
        if not rows:
            return reason
    return rows


def _near(mask: MaskRecord, index: SeriesIndex, numbers: list[int] | _Silent) -> list[int]:
    """Those of the series that the mask may fit, all of them if they are few."""
    if isinstance(numbers, _Silent):
        return [n for n in index.near(mask) if index.is_silent(n, numbers.kinds)]
    return numbers if len(numbers) <= FEW else sorted(set(numbers).intersection(index.near(mask)))


def say(row: Mapping, kind: str) -> Said:
    """What a row of series.jsonl says of itself: its own field of that name, "case", "sop" or any "uids"."""
    if kind == "uids":
        return Said(*_uids(row))
    if kind == "sop":
        values: Collection[str] = _instances(row)
    elif kind == "case":
        values = row.get("cases") or ()
    else:
        values = (row[kind],) if row.get(kind) else ()
    return Said(bool(values), values)


def _statements(stated: Statement, key: bytes) -> Iterator[Check]:
    """What a SEG states, each as a check; a row that does not know its own value neither holds nor fails."""
    if patient := normal_identifier(stated.patient_id):
        keyed = pseudonym(key, "patient_id", patient)
        yield Check("mask_of_another_patient", "patient_id", frozenset({keyed}))
    uids = (
        ("mask_of_another_study", "study_uid", {stated.study_uid} - {""}),
        ("mask_of_another_series", "uid", stated.series_uids),
        ("mask_of_another_frame_of_reference", "frame_of_reference", {stated.frame_of_reference} - {""}),
        ("mask_of_other_images", "sop", stated.sop_uids),
    )
    for reason, kind, wanted in uids:
        if wanted:
            yield Check(reason, kind, frozenset(pseudonym(key, "uid", uid) for uid in wanted))


def _instances(row: Mapping) -> set[str]:
    return {frame["sop"] for frame in row["frames"] if frame.get("sop")}


def _with_all_instances(rows: Sequence[Mapping], stated: Statement, key: bytes) -> list[Mapping]:
    """The rows that hold every named instance that any of them holds."""
    named = {pseudonym(key, "uid", uid) for uid in stated.sop_uids}
    present = named & set().union(*(_instances(row) for row in rows))
    return [row for row in rows if present and present <= _instances(row)]


def _uids_in_path(source: Source, series: SeriesIndex, key: bytes) -> Iterator[Check]:
    """A UID in a path as a check: it must be the row's series, study or instance. One that nobody in the export has
    denies every series that has UIDs; a short one, which may be no UID, counts only where somebody has it."""
    for uid in sorted(set(_UID.findall(source.name))):
        keyed = pseudonym(key, "uid", uid)
        if len(uid) >= _SHORTEST_UID or series.find("uids", {keyed}):
            yield Check("mask_of_another_series", "uids", frozenset({keyed}))


def asked_uids(sources: Iterable[Source], key: bytes) -> frozenset[str]:
    """All UIDs that the paths of masks name, keyed."""
    return frozenset(pseudonym(key, "uid", uid) for source in sources for uid in _UID.findall(source.name))


class Uids(NamedTuple):
    """The keyed UIDs of a series: whether it has any, and those that may be asked for."""

    known: bool
    asked: Collection[str]


def uids_of(row: Mapping, asked: Collection[str] | None = None) -> Uids:
    """The keyed UIDs of a series, its study and its instances, of which only some are `asked` for, None for all."""
    named = {uid for name in ("uid", "study_uid", "frame_of_reference") if (uid := row.get(name))} | _instances(row)
    return Uids(bool(named), named if asked is None else named.intersection(asked))


def _uids(row: Mapping) -> Uids:
    return row["uids"] if "uids" in row else uids_of(row)  # segment finds them once for all masks


def align(mask: MaskRecord, row: Mapping) -> tuple[int, list[MaskSlice | None]]:
    """How a mask fits a series, and its slice for each slice of the series.

    2 = the same grid: as many slices, and affines equal within 1e-3. 1 = the series lacks slices that the mask has
    (or, for a SEG, which leaves empty slices out, the other way round). 0 = not at all.
    """
    first = placement_of(row["frames"][0])
    cut = sorted((s for s in mask.slices if s.placement.plane == row["plane"]), key=lambda s: s.placement.depth)
    if not cut or not cut[0].placement.same_plane_grid(first):
        return 0, []
    places = [placement_of(frame) for frame in row["frames"]]
    step, mask_step = even_step(places), mean_step([s.placement for s in cut])
    if len(cut) == len(places) and step is not None:
        same = places[0].matches(cut[0].placement)
        if len(cut) > 1:  # a single slice has no step
            same = same and bool(np.allclose(step, mask_step, atol=TOLERANCE_MM))
        return (2, list(cut)) if same else (0, [])
    near = max(TOLERANCE_MM, 0.01 * float(np.linalg.norm(mask_step)))
    found = [_slice_at(cut, place, near) for place in places]
    if all(found):
        return 1, found
    whole = all(s in found for s in cut if s.file)
    return (1, found) if mask.sparse and any(found) and whole else (0, [])


def _slice_at(cut: Sequence[MaskSlice], place: Placement, near: float) -> MaskSlice | None:
    nearest = min(cut, key=lambda s: abs(s.placement.depth - place.depth))
    return nearest if np.linalg.norm(np.subtract(nearest.placement.origin, place.origin)) <= near else None
