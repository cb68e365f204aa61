"""Text burnt into the slices of an export: read in memory, and only then are pixels written, blanked where need be.

    published = publish_slices(stacks, sources, Path("frames"), policy="blank", workers=2)

Both ask isolated child processes, which read a file again where its pixels are not held any more (`held`): no
unblanked slice ever reaches a disk.
"""

import math
import os
import shutil
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import NamedTuple

import numpy as np

from refrad2d.images.geometry import AS_STORED, reorient, undo_reorient
from refrad2d.images.held import HELD
from refrad2d.images.records import digest_pixels, open_file
from refrad2d.images.slices import Slice
from refrad2d.images.sources import FILE_MEMORY_MB, FILE_TIMEOUT_S, Source, Unreadable
from refrad2d.images.stacks import Stack, keep_slices
from refrad2d.privacy.burnt_in import PixelBox, blank, find_text, load_reader
from refrad2d.privacy.text_detector import may_hold_text
from refrad2d.system.accounting import Progress, no_progress
from refrad2d.system.processes import run_isolated

SUSPECTED = "_suspected"  # behind a policy: within a series the reader is asked where the detector suspects text
POLICIES = ("blank", "drop", "keep", f"blank{SUSPECTED}", f"drop{SUSPECTED}")
FRAMES_A_TASK = 16  # of a multi-frame file, so that one task stays far below its time limit
READ_MEMORY_MB = 4096  # of address space; the reader's libraries reserve more than they use
READ_TIMEOUT_S = 600.0
MAX_BLANKED = 0.3  # of a slice; one that holds more text is a page, not a picture

Boxes = dict[str, list[PixelBox]]
Finds = dict[str, list[PixelBox] | None]  # None: the detector saw no text, and the reader was not asked


def require_reader(policy: str) -> None:
    """ValueError if the policy is unknown, or text is to be found and the reader is not installed."""
    if policy not in POLICIES:
        raise ValueError(f"Unknown --burnt-in-text {policy!r}. Choose from {', '.join(POLICIES)}.")
    if policy != "keep":
        try:
            load_reader()
        except ImportError as error:
            raise ValueError(
                f"--burnt-in-text {policy} needs rapidocr, which does not load here. Install refrad2d[build], or give "
                "--burnt-in-text keep, which leaves names that are burnt into the pixels where they are."
            ) from error


class Published(NamedTuple):
    """The stacks of which slices were written, with those alone; why files are left out, by position; and counts."""

    stacks: list[Stack]
    reasons: dict[int, str]
    counts: dict[str, int]


def publish_slices(
    stacks: Sequence[Stack], sources: Sequence[Source], folder: Path, *,
    policy: str, workers: int, progress: Progress = no_progress,
) -> Published:  # fmt: skip
    """Write the slices of all stacks to one file of `folder`, without what the policy takes from them.

    The counts are of series and slices read, unsuspected by the detector, blanked and dropped. A file is left out if
    none of its slices is written.
    """
    every, policy = not policy.endswith(SUSPECTED), policy.removesuffix(SUSPECTED)
    texts, unread = Finds(), dict[int, str]()
    if policy != "keep":
        texts, unread = find_texts(stacks, sources, every=every, workers=workers, progress=progress)
    boxes = {file: found for file, found in texts.items() if found}
    refused = [s for s in _every(stacks) if s.file in boxes and (policy == "drop" or is_page(s, boxes[s.file]))]
    refused_files = {known.file for known in refused}
    chosen = keep_slices(stacks, lambda known: known.file not in refused_files and known.position not in unread)
    chosen = [_note_blanked(stack, boxes) for stack in chosen]
    places, failed = write_slices(chosen, sources, boxes, folder, workers=workers, progress=progress)
    written = [_note_place(stack, places) for stack in keep_slices(chosen, lambda known: known.file in places)]
    kept = {known.position for stack in written for known in stack.slices}
    burnt_in = {known.position: "burnt_in_text" for known in refused if known.position not in unread}
    reasons = unread | burnt_in | failed
    counts = {
        "series_read": sum(any(texts.get(known.file) is not None for known in stack.slices) for stack in stacks),
        "frames_read": sum(found is not None for found in texts.values()),
        "frames_unsuspected": sum(found is None for found in texts.values()),
        "frames_blanked": sum(bool(known.blanked) for stack in chosen for known in stack.slices),
        "frames_dropped": len(refused),
    }
    return Published(written, {n: reason for n, reason in reasons.items() if n not in kept}, counts)


def _note_blanked(stack: Stack, boxes: Boxes) -> Stack:
    return replace(stack, slices=tuple(replace(s, blanked=tuple(boxes.get(s.file, ()))) for s in stack.slices))


def _note_place(stack: Stack, places: Mapping[str, tuple[str, int]]) -> Stack:
    noted = (replace(s, store=store, offset=offset) for s in stack.slices for store, offset in (places[s.file],))
    return replace(stack, slices=tuple(noted))


def find_texts(
    stacks: Sequence[Stack], sources: Sequence[Source], *,
    every: bool = True, workers: int, progress: Progress = no_progress,
) -> tuple[Finds, dict[int, str]]:  # fmt: skip
    """The boxes of text in every slice (file of the slice → boxes), and the files that could not be read, by reason.

    The first, middle and last slice of a stack are read thoroughly; of the others `every` one once, or those that the
    detector suspects. As soon as one holds text, all are read thoroughly, since what is burnt in stands in every slice.
    """
    ends = {stack.slices[n].file for stack in stacks for n in (0, len(stack.slices) // 2, -1)}
    boxes, failed = _read(_every(stacks), sources, ends, every, workers=workers, progress=progress)
    written_on = [stack for stack in stacks if any(boxes.get(known.file) for known in stack.slices)]
    again = [known for stack in written_on for known in stack.slices if known.file not in ends]
    all_again = {known.file for known in again}
    more, failed_again = _read(again, sources, all_again, every, workers=workers, progress=progress)
    return boxes | more, failed | failed_again


def _read(
    slices: Iterable[Slice], sources: Sequence[Source], thorough: set[str], every: bool, *,
    workers: int, progress: Progress,
) -> tuple[Finds, dict[int, str]]:  # fmt: skip
    boxes: Finds = {}
    failed: dict[int, str] = {}
    tasks = list(_tasks(slices, sources, thorough, every))
    results = run_isolated(
        read_texts, [task for _, task in tasks], workers=workers, timeout_s=READ_TIMEOUT_S, memory_mb=READ_MEMORY_MB
    )
    for n, result in progress(results, len(tasks), "text"):
        if isinstance(result.value, dict):
            boxes |= result.value
        else:
            failed[tasks[n][0]] = result.value or result.reason
    return boxes, failed


def _tasks(
    slices: Iterable[Slice], sources: Sequence[Source], thorough: set[str], every: bool
) -> Iterator[tuple[int, tuple[Source, list[Slice], set[str], bool]]]:
    """The slices file by file, in order of position: (position, task of `read_texts`)."""
    for position, of_file in _by_position(slices):
        rest = iter(sorted(of_file, key=lambda known: known.number))
        while some := list(islice(rest, FRAMES_A_TASK)):
            yield position, (sources[position], some, thorough & {known.file for known in some}, every)


def _by_position(slices: Iterable[Slice]) -> list[tuple[int, list[Slice]]]:
    """The slices of each file, by its position in the export and in that order."""
    files: dict[int, list[Slice]] = defaultdict(list)
    for known in slices:
        files[known.position].append(known)
    return sorted(files.items())


def read_texts(task: tuple[Source, Sequence[Slice], set[str], bool]) -> Finds | str:
    """Boxes of the text in some slices of a file, or the reason why it cannot be read any more; runs in a child.

    A task names the slices to be read thoroughly, and says whether the others are read whatever the detector says.
    """
    source, slices, thorough, every = task
    try:
        return {
            known.file: _find(shown, thorough=known.file in thorough, every=every)
            for known, shown in _again(source, slices)
        }
    except Unreadable as unreadable:
        return str(unreadable)


def _find(shown: Slice, *, thorough: bool, every: bool) -> list[PixelBox] | None:
    """Text as it reads in display orientation, or in that of the file, where it may be mirrored in the display; None
    where the detector sees none in either."""
    turned = shown.reoriented != AS_STORED
    as_stored = undo_reorient(shown.picture, shown.reoriented) if turned else shown.picture
    if not (thorough or every or may_hold_text(shown.picture) or (turned and may_hold_text(as_stored))):
        return None
    boxes = set(find_text(shown.picture, thorough=thorough))
    if turned:
        for x_min, y_min, x_max, y_max in find_text(as_stored, thorough=thorough):
            inside = np.zeros_like(as_stored, dtype=bool)
            inside[y_min:y_max, x_min:x_max] = True
            rows, columns = np.nonzero(reorient(inside, shown.reoriented))
            boxes.add((int(columns.min()), int(rows.min()), int(columns.max()) + 1, int(rows.max()) + 1))
    return sorted(boxes)


def _again(source: Source, slices: Sequence[Slice]) -> Iterator[tuple[Slice, Slice]]:
    """Slices of a file as they are known, and read a second time with pixels; `Unreadable` if it is not what it was."""
    wanted = {known.number: known for known in slices}
    for shown in open_file(source, frozenset(wanted))[1]:
        if known := wanted.pop(shown.number, None):
            if digest_pixels(shown.picture) != known.digest:
                raise Unreadable("changed_while_read")
            yield known, shown
        if not wanted:
            return
    raise Unreadable("changed_while_read")


class Written(NamedTuple):
    """Where each slice was written (file of the slice → store, offset), and failed files by reason."""

    places: dict[str, tuple[str, int]]
    failed: dict[int, str]


def write_slices(
    stacks: Iterable[Stack], sources: Sequence[Source], boxes: Boxes, folder: Path, *,
    workers: int, progress: Progress = no_progress,
) -> Written:  # fmt: skip
    """Write every slice of the stacks, its text blanked, to one file of `folder`: source by source, in their order."""
    files = [(n, sorted(some, key=lambda known: known.number)) for n, some in _by_position(_every(stacks))]
    parts = [folder / f"{slices[0].file}.part" for _, slices in files]
    tasks = (
        (sources[n], slices, {s.file: boxes[s.file] for s in slices if boxes.get(s.file)}, str(part))
        for (n, slices), part in zip(files, parts, strict=True)
    )
    written = Written({}, {})
    results = run_isolated(write_file, tasks, workers=workers, timeout_s=FILE_TIMEOUT_S, memory_mb=FILE_MEMORY_MB)
    for n, result in progress(results, len(files), "pixels"):
        (position, slices), part = files[n], parts[n]
        if reason := result.value or result.reason:
            written.failed[position] = reason
            part.unlink(missing_ok=True)
            continue
        store = folder / f"{files[0][1][0].file}.u16"
        offset = _append(part, store)
        for known in slices:
            written.places[known.file] = store.name, offset
            offset += 2 * math.prod(known.placement.shape)
    return written


def _every(stacks: Iterable[Stack]) -> Iterator[Slice]:
    return (known for stack in stacks for known in stack.slices)


def _append(part: Path, store: Path) -> int:
    """Move what a file holds to the end of another one. Returns where it begins there, in bytes."""
    if not store.exists():
        os.replace(part, store)
        return 0
    with store.open("ab") as out, part.open("rb") as file:
        offset = out.tell()
        shutil.copyfileobj(file, out, 1 << 20)
    part.unlink()
    return offset


def write_file(task: tuple[Source, Sequence[Slice], Mapping[str, list[PixelBox]], str]) -> str:
    """Write the slices of one file, in order of number, blanked. Returns the reason if that failed, else ""; runs in a
    child."""
    source, slices, boxes, path = task
    try:
        with open(path, "wb") as out:
            for known, shown in _again(source, slices):
                out.write(np.ascontiguousarray(blank(shown.picture, boxes.get(known.file, ())), "<u2").data)
        HELD.forget(source)
    except Unreadable as unreadable:
        return str(unreadable)
    return ""


def is_page(known: Slice, boxes: Iterable[PixelBox]) -> bool:
    """True for a slice of which text takes so much that what is left is no picture."""
    covered = np.zeros(known.placement.shape, bool)
    for x_min, y_min, x_max, y_max in boxes:
        covered[y_min:y_max, x_min:x_max] = True
    return bool(covered.mean() > MAX_BLANKED)
