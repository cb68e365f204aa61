"""An export series by series: each file is opened for its heading, then decoded once, and its slices are written.

    read = read_export(sources, Path("frames"), key=key, policy="blank", workers=4)

Pixels of one series a worker are in memory at a time. A worker is a process of its own that asks one isolated child
about foreign files; the child keeps what it has decoded of a series (`images/held`) until its slices are written.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, fields, replace
from pathlib import Path
from typing import Any, cast

from refrad2d.images.blanking import publish_slices
from refrad2d.images.evidence.suitable import suitable_stacks
from refrad2d.images.geometry import Placement
from refrad2d.images.headings import read_heading
from refrad2d.images.records import Record, read_of_series
from refrad2d.images.slices import Slice
from refrad2d.images.sources import FILE_MEMORY_MB, FILE_TIMEOUT_S, Source
from refrad2d.images.stacks import Series, Stack, build_stacks
from refrad2d.system.accounting import Progress, no_progress
from refrad2d.system.processes import keep_children, kept_children, run_isolated

Said = Callable[[Sequence[Stack]], Mapping[int, set[str]]]  # all stacks → the modalities that NIfTI files are given
_IMAGES = ("dicom", "nifti")


@dataclass(frozen=True)
class Task:
    """A series to read: its files by position. Where `publish` is not set, its slices are written by a second task."""

    sources: Mapping[int, Source]
    key: bytes
    policy: str
    folder: str
    publish: bool = True
    workers: int = 1  # children of this series, where there are more workers than series; each holds what it has read


@dataclass
class Read:
    """What was read: records and why files have none, all stacks, the stacks of written slices, why others have none.

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

    def add(self, other: "Read") -> None:
        """Add what was read of another series."""
        self.records |= other.records
        self.unread |= other.unread
        self.built += other.built
        self.stacks += other.stacks
        self.reasons |= other.reasons
        self.counts.update(other.counts)


def read_export(
    sources: Sequence[Source], folder: Path, *, key: bytes, policy: str, workers: int = 1, said: Said | None = None,
    progress: Progress = no_progress,
) -> Read:  # fmt: skip
    """Read all files and write the slices of all suitable stacks to `folder`, without what the policy takes from them.

    `said` tells what report rows say of the modality of NIfTI files, None if they say nothing of any: it needs the
    stacks of the whole export, so that NIfTI files are then decoded a second time to be written.
    """
    found = group_files(sources, workers, progress)
    at_once = [said is None or series is not None for series, _ in found]
    each = max(1, workers // max(1, len(found)))
    tasks = [
        Task({n: sources[n] for n in positions}, key, policy, str(folder), publish, each)
        for (_, positions), publish in zip(found, at_once, strict=True)
    ]
    reads = []
    for read in progress(_run(read_series, tasks, workers), len(tasks), "ingest"):
        reads.append(read if said is not None else replace(read, built=[]))
    later = [n for n, read in enumerate(reads) if not at_once[n] and read.built]
    if said is not None and later:
        modalities = said([stack for read in sorted(reads, key=lambda read: read.first) for stack in read.built])
        again = [(tasks[n], reads[n].built, {p: modalities[p] for p in tasks[n].sources if p in modalities})
                 for n in later]  # fmt: skip
        for n, read in zip(later, progress(_run(publish_again, again, workers), len(later), "pixels"), strict=True):
            reads[n].add(read)
    whole = Read(counts=Counter(series_read=0, frames_read=0, frames_blanked=0, frames_dropped=0))
    for read in sorted(reads, key=lambda read: read.first):
        whole.add(read)
    return whole


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


def read_series(task: Task) -> Read:
    """Read the files of a series, and write what may be kept of them."""
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
    read.built = build_stacks(task.sources, read.records)
    read.reasons = _unused(read.records, read.built)
    if task.publish:
        read.add(_publish(task, read.built, {}))
    return _shared(read, written=task.publish)


def publish_again(given: tuple[Task, list[Stack], Mapping[int, set[str]]]) -> Read:
    """Write what may be kept of a series that was read before; the last of `given` is what is said of modalities."""
    return _shared(_publish(*given), written=True)


def _publish(task: Task, built: Sequence[Stack], said: Mapping[int, set[str]]) -> Read:
    suited = suitable_stacks(built, said)
    sources = cast("Sequence[Source]", task.sources)  # of which the places are asked for, and no more
    published = publish_slices(suited.stacks, sources, Path(task.folder), policy=task.policy, workers=task.workers)
    reasons = suited.reasons | published.reasons
    return Read(stacks=published.stacks, reasons=reasons, counts=Counter(published.counts))


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


def _shared(read: Read, *, written: bool) -> Read:
    """The same in little memory, as it stays for the whole export: what is equal in files of a series is there once,
    and what slices were told apart and checked by is gone where they are `written`."""
    known: dict = {}

    def once(name: str, value: Any) -> Any:
        return known.setdefault((name, value), value)

    def small(shown: Slice) -> Slice:
        place = Placement(*(once(f.name, getattr(shown.placement, f.name)) for f in fields(Placement)))
        done: dict = {"digest": "", "extremes": None} if written else {}
        return replace(shown, placement=place, phase=(), sop_uid=once("sop_uid", shown.sop_uid), **done)

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


def _run(function: Callable, tasks: Iterable, workers: int) -> Iterator[Read]:
    """The results of all tasks in their order; with several workers each is a process that keeps its child."""
    if workers == 1:
        with kept_children():
            yield from map(function, tasks)
        return
    for _, result in run_isolated(_as_worker, ((function, task) for task in tasks), workers=workers):
        if result.reason:
            raise RuntimeError(f"A worker ended by {result.reason}. Run the command again; it goes on where it was.")
        yield result.value


def _as_worker(given: tuple[Callable, object]) -> Read:
    function, task = given
    keep_children()
    return function(task)
