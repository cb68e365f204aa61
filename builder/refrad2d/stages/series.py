"""An export series by series: each file is opened for its heading, then decoded once, and its slices are written.

    with read_export(sources, Path("frames"), work=Sealing(folder, Processes(4, key), key), policy="blank") as export:
        for read in export: print(read.reasons)

Both are done in parts, of neighbouring files and of neighbouring series, by whatever executor; what they say of
patients comes back sealed. Pixels of one series a part are in memory at a time. A part asks one isolated child about
foreign files; the child keeps what it has decoded of a series (`images/held`) until its slices are written.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, fields, replace
from itertools import chain
from pathlib import Path
from typing import Any, cast

from refrad2d.engine.parts import discard
from refrad2d.engine.sealed import Given, SealedParts, Sealing, divide
from refrad2d.images.blanking import publish_slices
from refrad2d.images.evidence.suitable import Suitable, suitable_stacks
from refrad2d.images.geometry import Placement
from refrad2d.images.headings import read_heading
from refrad2d.images.records import Record, read_of_series
from refrad2d.images.slices import Slice
from refrad2d.images.sources import FILE_MEMORY_MB, FILE_TIMEOUT_S, Source
from refrad2d.images.stacks import Stack, build_stacks
from refrad2d.system.packed import pack, unpack
from refrad2d.system.processes import kept_children, run_isolated
from refrad2d.system.pseudonyms import pseudonym

Said = Callable[[Iterable[Stack]], Mapping[int, set[str]]]  # all stacks → the modalities that NIfTI files are given
HEADINGS_A_PART = 4096  # files
_IMAGES = ("dicom", "nifti")
_FIRST = 8  # bytes before a packed `Read`: its `first`


@dataclass(frozen=True)
class Task:
    """A series to read: its files by position.

    `asked` says that report rows name modalities: its stacks are kept for them to be joined with, and where its file
    states no modality, all of it is written, and `_settle` decides when all has been read.
    """

    sources: Mapping[int, Source]
    policy: str
    asked: bool = False


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
    it lies in sealed parts, and a series is opened when it is asked for."""

    def __init__(self, parts: SealedParts) -> None:
        self._parts = parts
        self._reads = [(int.from_bytes(value[:_FIRST], "big", signed=True), place) for place, value in parts]
        self._reads.sort(key=lambda one: one[0])
        self._open: tuple[int, Read] = (-1, Read())
        self._unwanted: list[str] = []  # files of slices

    def change(self, number: int, read: Read, unwanted: Iterable[str]) -> None:
        """Put this in the place of a series, of which some files of slices are not wanted."""
        self._reads[number] = read.first, self._parts.add(_sealable(read))
        self._unwanted += unwanted

    def __iter__(self) -> Iterator[Read]:
        return (_opened(self._parts[place]) for _, place in self._reads)

    def __getitem__(self, number: int) -> Read:
        if self._open[0] != number:
            self._open = number, _opened(self._parts[self._reads[number][1]])
        return self._open[1]

    def close(self, folder: Path) -> None:
        """Move the slices to `folder`; what was read of them is gone."""
        self._parts.close(folder)
        for name in self._unwanted:
            (folder / name).unlink()


def _sealable(read: Read) -> bytes:
    return read.first.to_bytes(_FIRST, "big", signed=True) + pack(read)


def _opened(value: bytes) -> Read:
    return unpack(value[_FIRST:])


@contextmanager
def read_export(
    sources: Sequence[Source], folder: Path, *, work: Sealing, policy: str, said: Said | None = None
) -> Iterator[ReadExport]:
    """Read all files and write the slices of all suitable stacks, without what the policy takes from them; they lie in
    `folder` when the context ends. If it ends by an error, the parts stay for the next try.

    `said` tells what report rows say of the modality of NIfTI files, None if they say nothing of any. It needs the
    stacks of the whole export, so that what is not suitable by it is removed again.
    """
    with kept_children():
        found = group_files(sources, work)
        versions = [source.version() for source in sources]
        sizes = [sum(versions[n][0] for n in positions) for positions in found]
        divided = list(divide(found, list(map(len, found)), sizes))

        def tasks() -> Iterator[list[Task]]:
            for some in divided:
                yield [Task({n: sources[n] for n in positions}, policy, said is not None) for positions in some]

        parts = work.run(f"{__name__}:read_part", tasks, "ingest", map(repr, versions))
    export = ReadExport(parts)
    if said is not None:
        modalities = said(stack for read in export for stack in read.built)
        for number, read in enumerate(export):
            export.change(number, *_settle(read, modalities))
    yield export
    export.close(folder)
    discard(work.folder)


def group_files(sources: Sequence[Source], work: Sealing) -> list[list[int]]:
    """The positions of the files of each series, in the order of their first; a file that says no series is alone."""

    def tasks() -> Iterator[Sequence[Source]]:
        for start in range(0, len(sources), HEADINGS_A_PART):
            yield sources[start : start + HEADINGS_A_PART]

    parts = work.run(f"{__name__}:name_series", tasks, "headings", (repr(source.version()) for source in sources))
    groups: dict[object, list[int]] = {}
    for position, name in enumerate(chain.from_iterable(unpack(names) for _, names in parts)):
        groups.setdefault(name or position, []).append(position)
    return list(groups.values())


def name_series(sources: Sequence[Source], given: Given) -> Iterator[bytes]:
    """A part: a keyed name of the series of each file, "" for one that says none."""
    limits: dict[str, Any] = {"timeout_s": FILE_TIMEOUT_S, "memory_mb": FILE_MEMORY_MB}
    results = run_isolated(read_heading, sources, workers=given.workers, **limits)
    yield pack([pseudonym(given.key, "heading", *result.value) if result.value else "" for _, result in results])


def read_part(tasks: Sequence[Task], given: Given) -> Iterator[bytes]:
    """A part: a `Read` of each series."""
    return (_sealable(read_series(task, given)) for task in tasks)


def read_series(task: Task, given: Given) -> Read:
    """Read the files of a series, and write what may be kept of them."""
    name, places = f"series {min(task.sources)}", list(task.sources)
    asked = ((source, given.key, name) for source in task.sources.values())
    read = Read()
    limits: dict[str, Any] = {"timeout_s": FILE_TIMEOUT_S, "memory_mb": FILE_MEMORY_MB}
    results = run_isolated(read_of_series, asked, workers=given.workers, **limits)
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
    published = publish_slices(suited.stacks, sources, given.files, policy=task.policy, workers=given.workers)
    read.reasons |= suited.reasons | published.reasons
    read.stacks, read.counts = published.stacks, Counter(published.counts)
    read.built = built if task.asked else []
    return _shared(read)


def _settle(read: Read, said: Mapping[int, set[str]]) -> tuple[Read, set[str]]:
    """What was read of a series without the stacks that are not suitable by what is said of modalities, and without
    what only the question needed; and the files of slices that are not wanted any more."""
    if not any(record.kind == "nifti" for record in read.records.values()):
        return replace(read, built=[]), set()
    suited = suitable_stacks(read.built, said)
    modality = {known.file: stack.modality for stack in suited.stacks for known in stack.slices}
    stacks = [
        replace(stack, modality=modality[stack.slices[0].file])
        for stack in read.stacks
        if stack.slices[0].file in modality
    ]
    stores, kept = ({known.store for stack in some for known in stack.slices} for some in (read.stacks, stacks))
    counts = read.counts if suited.stacks else Counter()
    settled = replace(read, built=[], stacks=stacks, reasons=read.reasons | suited.reasons, counts=counts)
    return settled, stores - kept


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
