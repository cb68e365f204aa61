"""An export series by series: each file is opened for its heading, then decoded once, and its slices are written.

    for read in read_export(sources, Path("frames"), key=key, policy="blank", workers=4): print(read.reasons)

Pixels of one series a worker are in memory at a time. A worker is a process of its own that asks one isolated child
about foreign files; the child keeps what it has decoded of a series (`images/held`) until its slices are written.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, field, fields, replace
from itertools import chain
from pathlib import Path
from typing import Any, cast

from refrad2d.images.blanking import publish_slices
from refrad2d.images.evidence.suitable import Suitable, suitable_stacks
from refrad2d.images.geometry import Placement
from refrad2d.images.headings import read_heading
from refrad2d.images.records import Record, read_of_series
from refrad2d.images.slices import Slice
from refrad2d.images.sources import FILE_MEMORY_MB, FILE_TIMEOUT_S, Source
from refrad2d.images.stacks import Series, Stack, build_stacks
from refrad2d.system.accounting import Progress, no_progress
from refrad2d.system.packed import pack, unpack
from refrad2d.system.processes import keep_children, kept_children, run_isolated

Said = Callable[[Iterable[Stack]], Mapping[int, set[str]]]  # all stacks → the modalities that NIfTI files are given
_IMAGES = ("dicom", "nifti")


@dataclass(frozen=True)
class Task:
    """A series to read: its files by position.

    `asked` says that report rows name modalities: its stacks are kept for them to be joined with, and where its file
    states no modality, all of it is written, and `_settle` decides when all has been read.
    """

    sources: Mapping[int, Source]
    key: bytes
    policy: str
    folder: str
    asked: bool = False
    workers: int = 1  # children of this series, where there are more workers than series; each holds what it has read


@dataclass
class Read:
    """What was read of a series: records and why files have none, all stacks where they are needed, the stacks of
    written slices, why others have none.

    `counts` are those of `blanking.Published`.
    """

    records: dict[int, Record] = field(default_factory=dict)
    unread: dict[int, str] = field(default_factory=dict)
    built: list[Stack] = field(default_factory=list)
    stacks: list[Stack] = field(default_factory=list)
    reasons: dict[int, str] = field(default_factory=dict)
    counts: Counter = field(default_factory=Counter)

    @property
    def first(self) -> int:
        """The position of the first image."""
        return min((n for n, record in self.records.items() if record.kind in _IMAGES), default=-1)

    @property
    def positions(self) -> Iterator[int]:
        """Those of all its files."""
        return chain(self.records, self.unread)


class ReadExport:
    """What was read of an export, series by series in the order of their first images. It identifies patients, so that
    it stays in memory: each series packed (`system/packed`), and unpacked when it is asked for."""

    def __init__(self) -> None:
        self._reads: list[tuple[int, bytes]] = []
        self._open: tuple[int, Read] = (-1, Read())

    def add(self, packed: bytes) -> Read:
        """Add a series. Returns it, unpacked."""
        read = unpack(packed)
        self._reads.append((read.first, packed))
        return read

    def change(self, number: int, read: Read) -> None:
        """Put this in the place of a series."""
        self._reads[number] = read.first, pack(read)

    def sort(self) -> "ReadExport":
        """Bring all series into their order."""
        self._reads.sort(key=lambda one: one[0])
        return self

    def __iter__(self) -> Iterator[Read]:
        return (unpack(packed) for _, packed in self._reads)

    def __getitem__(self, number: int) -> Read:
        if self._open[0] != number:
            self._open = number, unpack(self._reads[number][1])
        return self._open[1]


def read_export(
    sources: Sequence[Source], folder: Path, *, key: bytes, policy: str, workers: int = 1, said: Said | None = None,
    progress: Progress = no_progress,
) -> ReadExport:  # fmt: skip
    """Read all files and write the slices of all suitable stacks to `folder`, without what the policy takes from them.

    `said` tells what report rows say of the modality of NIfTI files, None if they say nothing of any. It needs the
    stacks of the whole export, so that what is not suitable by it is removed again.
    """
    with kept_children() if workers == 1 else nullcontext():
        export = _read_all(sources, folder, key, policy, workers, said is not None, progress)
    if said is not None:
        modalities = said(stack for read in export for stack in read.built)
        for number, read in enumerate(export):
            export.change(number, _settle(read, modalities, folder))
    return export


def _read_all(
    sources: Sequence[Source], folder: Path, key: bytes, policy: str, workers: int, asked: bool, progress: Progress
) -> ReadExport:
    found = group_files(sources, workers, progress)
    each = max(1, workers // max(1, len(found)))
    tasks = (Task({n: sources[n] for n in positions}, key, policy, str(folder), asked, each) for _, positions in found)
    export = ReadExport()
    for packed in progress(_run(read_series, tasks, workers), len(found), "ingest"):
        export.add(packed)
    return export.sort()


def group_files(
    sources: Sequence[Source], workers: int, progress: Progress = no_progress
) -> list[tuple[Series | None, list[int]]]:
    """The positions of the files of each series, in the order of their first; None for a file that says no series."""
    results = run_isolated(read_heading, sources, workers=workers, timeout_s=FILE_TIMEOUT_S, memory_mb=FILE_MEMORY_MB)
    groups: dict[object, tuple[Series | None, list[int]]] = {}
    for position, result in progress(results, len(sources), "headings"):
        series = cast("Series | None", result.value)
        groups.setdefault(series or position, (series, []))[1].append(position)
    return list(groups.values())


def read_series(task: Task) -> bytes:
    """Read the files of a series, and write what may be kept of them. Returns a `Read`, packed."""
    name, places = f"series {min(task.sources)}", list(task.sources)
    asked = ((source, task.key, name) for source in task.sources.values())
    read = Read()
    limits: dict[str, Any] = {"timeout_s": FILE_TIMEOUT_S, "memory_mb": FILE_MEMORY_MB}
    results = run_isolated(read_of_series, asked, workers=task.workers, **limits)
    for n, result in results:
        if isinstance(result.value, Record):
            read.records[places[n]] = result.value
        else:
            read.unread[places[n]] = result.value or result.reason or "unreadable"
    built = build_stacks(task.sources, read.records)
    read.reasons = _unused(read.records, built)
    later = task.asked and any(record.kind == "nifti" for record in read.records.values())
    suited = Suitable(built, {}) if later else suitable_stacks(built, {})
    sources = cast("Sequence[Source]", task.sources)  # of which the places are asked for, and no more
    published = publish_slices(suited.stacks, sources, Path(task.folder), policy=task.policy, workers=task.workers)
    read.reasons |= suited.reasons | published.reasons
    read.stacks, read.counts = published.stacks, Counter(published.counts)
    read.built = built if task.asked else []
    return pack(_shared(read))


def _settle(read: Read, said: Mapping[int, set[str]], folder: Path) -> Read:
    """What was read of a series without the stacks that are not suitable by what is said of modalities, and without
    what only the question needed."""
    if not any(record.kind == "nifti" for record in read.records.values()):
        return replace(read, built=[])
    suited = suitable_stacks(read.built, said)
    modality = {known.file: stack.modality for stack in suited.stacks for known in stack.slices}
    stacks = [
        replace(stack, modality=modality[stack.slices[0].file])
        for stack in read.stacks
        if stack.slices[0].file in modality
    ]
    stores, kept = ({known.store for stack in some for known in stack.slices} for some in (read.stacks, stacks))
    for name in stores - kept:
        (folder / name).unlink()
    counts = read.counts if suited.stacks else Counter()
    return replace(read, built=[], stacks=stacks, reasons=read.reasons | suited.reasons, counts=counts)


def _unused(records: Mapping[int, Record], stacks: Iterable[Stack]) -> dict[int, str]:
    """Why files that were read are in no stack. Key objects are in none and yet used: they name slices."""
    used = {known.position for stack in stacks for known in stack.slices}
    pictures = {(stack.record.series_uid, known.digest) for stack in stacks for known in stack.slices}
    reasons = {}
    for position, record in records.items():
        if position in used or record.kind == "key_objects":
            continue
        copied = all((record.series_uid, known.digest) in pictures for known in record.slices)
        reason = "duplicate_slice" if copied else "phases_not_told_apart"
        reasons[position] = "segmentation_object" if record.kind == "segmentation" else reason
    return reasons


def _shared(read: Read) -> Read:
    """The same in little memory, as it stays for the whole export: what is equal in files of a series is there once,
    and what slices were told apart by is gone."""
    known: dict = {}

    def once(name: str, value: Any) -> Any:
        return known.setdefault((name, value), value)

    def small(shown: Slice) -> Slice:
        place = Placement(*(once(f.name, getattr(shown.placement, f.name)) for f in fields(Placement)))
        return replace(shown, placement=place, phase=(), digest="", sop_uid=once("sop_uid", shown.sop_uid))

    def stack_of(stack: Stack) -> Stack:
        place = stack.slices[0].position
        return replace(stack, record=records.get(place, stack.record), slices=tuple(map(small, stack.slices)))

    def record_of(record: Record) -> Record:
        bare = replace(record, slices=())
        said: dict[str, Any] = {f.name: once(f.name, getattr(bare, f.name)) for f in fields(Record)}
        return Record(**said)

    records = {n: record_of(record) for n, record in read.records.items()}
    built, stacks = (list(map(stack_of, some)) for some in (read.built, read.stacks))
    return replace(read, records=records, built=built, stacks=stacks)


def _run(function: Callable[[Task], bytes], tasks: Iterable[Task], workers: int) -> Iterator[bytes]:
    """The results of all tasks in their order; several workers are processes of which each keeps its child."""
    if workers == 1:
        yield from map(function, tasks)
        return
    for _, result in run_isolated(_as_worker, ((function, task) for task in tasks), workers=workers):
        if result.reason:
            raise RuntimeError(f"A worker ended by {result.reason}. Run the command again; it goes on where it was.")
        yield result.value


def _as_worker(given: tuple[Callable[[Task], bytes], Task]) -> bytes:
    function, task = given
    keep_children()
    return function(task)
