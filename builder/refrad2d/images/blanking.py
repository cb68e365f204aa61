"""Text burnt into the slices of an export: read in memory, and only then are pixels written, blanked where need be.

    published = publish_slices(stacks, sources, Path("frames"), policy="blank", workers=2)

The files are read again for both in isolated child processes: no unblanked slice ever reaches a disk.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import NamedTuple

import numpy as np

from refrad2d.images.geometry import turn, turn_back
from refrad2d.images.records import digest, open_file
from refrad2d.images.slices import Slice
from refrad2d.images.sources import FILE_MEMORY_MB, FILE_TIMEOUT_S, Source, Unreadable
from refrad2d.images.stacks import Member, Stack, keep_members
from refrad2d.privacy.burnt_in import PixelBox, blank, find_text, load_reader
from refrad2d.system.accounting import Progress, no_progress
from refrad2d.system.files import save_array
from refrad2d.system.processes import run_isolated

POLICIES = ("blank", "drop", "keep")
FRAMES_A_TASK = 16  # of a multi-frame file, so that one task stays far below its time limit
READ_MEMORY_MB = 4096  # of address space; the reader's libraries reserve more than they use
READ_TIMEOUT_S = 600.0
MAX_BLANKED = 0.3  # of a slice; one that holds more text is a page, not a picture

Boxes = dict[str, list[PixelBox]]


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
    """Write the slices of all stacks to `folder`/<file>.npy, without what the policy takes from them.

    The counts are of series and slices read, blanked and dropped. A file is left out if none of its slices is written.
    """
    found, reasons = find_texts(stacks, sources, workers=workers, progress=progress) if policy != "keep" else ({}, {})
    boxes = {file: texts for file, texts in found.items() if texts}
    counts = {"series_read": sum(any(shown.file in found for _, shown in stack.members) for stack in stacks)}
    counts |= {"frames_read": len(found), "frames_blanked": 0, "frames_dropped": 0}

    def as_the_policy_says(member: Member) -> Member | None:
        position, shown = member
        texts = boxes.get(shown.file, [])
        if texts and (policy == "drop" or is_page(shown, texts)):
            reasons.setdefault(position, "burnt_in_text")
            counts["frames_dropped"] += 1
            return None
        if reasons.get(position, "burnt_in_text") != "burnt_in_text":  # its file could not be read again
            return None
        counts["frames_blanked"] += bool(texts)
        return position, replace(shown, blanked=len(texts))

    stacks = keep_members(stacks, as_the_policy_says)
    failed = write_slices(stacks, sources, boxes, folder, workers=workers, progress=progress)
    stacks = keep_members(stacks, lambda member: None if member[0] in failed else member)
    kept = {position for stack in stacks for position, _ in stack.members}
    left_out = {position: reason for position, reason in (reasons | failed).items() if position not in kept}
    return Published(stacks, left_out, counts)


def find_texts(
    stacks: Sequence[Stack], sources: Sequence[Source], *, workers: int, progress: Progress = no_progress
) -> tuple[Boxes, dict[int, str]]:
    """The boxes of text in every slice (file of the slice → boxes), and the files that could not be read, by reason.

    Every slice is read once; the first, middle and last of a stack thoroughly, and as soon as one holds text, all are,
    since what is burnt in stands in every slice.
    """
    members = [member for stack in stacks for member in stack.members]
    ends = {stack.members[n][1].file for stack in stacks for n in (0, len(stack.members) // 2, -1)}
    boxes, failed = _read(members, sources, ends, workers=workers, progress=progress)
    written = [stack for stack in stacks if any(boxes.get(shown.file) for _, shown in stack.members)]
    again = [member for stack in written for member in stack.members if member[1].file not in ends]
    more, failed_again = _read(again, sources, {shown.file for _, shown in again}, workers=workers, progress=progress)
    return boxes | more, failed | failed_again


def _read(
    members: Iterable[Member], sources: Sequence[Source], thorough: set[str], *, workers: int, progress: Progress
) -> tuple[Boxes, dict[int, str]]:
    boxes: Boxes = {}
    failed: dict[int, str] = {}
    tasks = list(_tasks(members, sources, thorough))
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
    members: Iterable[Member], sources: Sequence[Source], thorough: set[str]
) -> Iterator[tuple[int, tuple[Source, list[Slice], set[str]]]]:
    """The slices file by file, in order of position: (position, task of `read_texts`)."""
    slices = _by_position(members)
    for position in sorted(slices):
        rest = iter(sorted(slices[position], key=lambda shown: shown.number))
        while some := list(islice(rest, FRAMES_A_TASK)):
            yield position, (sources[position], some, thorough & {shown.file for shown in some})


def _by_position(members: Iterable[Member]) -> dict[int, list[Slice]]:
    """The slices of each file, by its position in the export."""
    slices: dict[int, list[Slice]] = defaultdict(list)
    for position, shown in members:
        slices[position].append(shown)
    return slices


def read_texts(task: tuple[Source, Sequence[Slice], set[str]]) -> Boxes | str:
    """Boxes of the text in some slices of a file, or the reason why it cannot be read any more; runs in a child."""
    source, slices, thorough = task
    try:
        return {known.file: _find(shown, thorough=known.file in thorough) for known, shown in _again(source, slices)}
    except Unreadable as unreadable:
        return str(unreadable)


def _find(shown: Slice, *, thorough: bool) -> list[PixelBox]:
    """Text as it reads in display orientation, or in that of the file, where it may be mirrored in the display."""
    boxes = set(find_text(shown.picture, thorough=thorough))
    if any(shown.turned):
        for x_min, y_min, x_max, y_max in find_text(turn_back(shown.picture, shown.turned), thorough=thorough):
            inside = np.zeros_like(turn_back(shown.picture, shown.turned), dtype=bool)
            inside[y_min:y_max, x_min:x_max] = True
            rows, columns = np.nonzero(turn(inside, shown.turned))
            boxes.add((int(columns.min()), int(rows.min()), int(columns.max()) + 1, int(rows.max()) + 1))
    return sorted(boxes)


def _again(source: Source, slices: Sequence[Slice]) -> Iterator[tuple[Slice, Slice]]:
    """Slices of a file as they are known, and read a second time with pixels; `Unreadable` if it is not what it was."""
    wanted = {known.number: known for known in slices}
    for shown in open_file(source)[1]:
        if known := wanted.pop(shown.number, None):
            if digest(shown.picture) != known.digest:
                raise Unreadable("changed_while_read")
            yield known, shown
        if not wanted:
            return
    raise Unreadable("changed_while_read")


def write_slices(
    stacks: Iterable[Stack], sources: Sequence[Source], boxes: Boxes, folder: Path, *,
    workers: int, progress: Progress = no_progress,
) -> dict[int, str]:  # fmt: skip
    """Write every slice of the stacks to `folder`/<file>.npy, its text blanked. Returns failed files by reason."""
    slices = _by_position(member for stack in stacks for member in stack.members)
    positions = sorted(slices)
    tasks = [
        (sources[n], slices[n], {s.file: boxes[s.file] for s in slices[n] if boxes.get(s.file)}, str(folder))
        for n in positions
    ]
    failed: dict[int, str] = {}
    results = run_isolated(write_file, tasks, workers=workers, timeout_s=FILE_TIMEOUT_S, memory_mb=FILE_MEMORY_MB)
    for n, result in progress(results, len(tasks), "pixels"):
        if reason := result.value or result.reason:
            failed[positions[n]] = reason
    return failed


def write_file(task: tuple[Source, Sequence[Slice], Mapping[str, list[PixelBox]], str]) -> str:
    """Write the slices of one file, blanked. Returns the reason if that failed, else ""; runs in a child."""
    source, slices, boxes, folder = task
    try:
        for known, shown in _again(source, slices):
            save_array(Path(folder) / f"{known.file}.npy", blank(shown.picture, boxes.get(known.file, ())))
    except Unreadable as unreadable:
        return str(unreadable)
    return ""


def is_page(shown: Slice, boxes: Iterable[PixelBox]) -> bool:
    """True for a slice of which text takes so much that what is left is no picture."""
    covered = np.zeros(shown.placement.shape, bool)
    for x_min, y_min, x_max, y_max in boxes:
        covered[y_min:y_max, x_min:x_max] = True
    return bool(covered.mean() > MAX_BLANKED)
