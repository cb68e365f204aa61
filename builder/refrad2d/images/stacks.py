"""Slices of many files grouped into stacks by patient, study, series and geometry; empty or reused UIDs merge none."""

import math
import re
from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from refrad2d.images.evidence.phases import split_phases
from refrad2d.images.geometry import Placement
from refrad2d.images.records import Record
from refrad2d.images.slices import Slice
from refrad2d.images.sources import Source
from refrad2d.privacy.persons import Person
from refrad2d.system.pseudonyms import normal_identifier, pseudonym

LENGTH_TOLERANCE = 1e-3  # relative; half a pixel over 512
TURN_TOLERANCE = 4e-3  # radians


@dataclass(frozen=True)
class Stack:
    """Slices of one series in order of depth, with what joining needs; the keys are identifiers and stay in memory."""

    record: Record  # of its first file
    sources: tuple[Source, ...]  # of each slice
    slices: tuple[Slice, ...]
    patient_key: str
    study_key: str
    series_key: str
    modality: str  # empty where a NIfTI file has none yet
    number: int  # among stacks of one series
    known: frozenset[str] = frozenset()  # what the headers of all its files identify, see `identities`
    phrases: frozenset[str] = frozenset()

    def thinned(self, paths: Collection[str], images: Collection[str]) -> "Stack":
        """The stack with what is needed to join it with report rows of these paths and SOPInstanceUIDs, and no more:
        of its slices the first, those that are named, and one that each path leads to."""
        kept, seen = [], set[str]()
        for n, (known, source) in enumerate(zip(self.slices, self.sources, strict=True)):
            leads = {path for path in prefixes(source.name) if path in paths} - seen if paths else set()
            if n == 0 or leads or known.sop_uid in images:
                kept.append(n)
            seen |= leads
        return replace(
            self,
            record=replace(self.record, known=(), phrases=(), person=Person(), slices=()),
            slices=tuple(self.slices[n] for n in kept),
            sources=tuple(self.sources[n] for n in kept),
            known=frozenset(),
            phrases=frozenset(),
        )

    @property
    def names(self) -> list[str]:
        """The inputs it was read from, without repetition."""
        return sorted({source.name for source in self.sources})

    def study(self, key: bytes) -> str:
        """The study's pseudonym."""
        return pseudonym(key, "study", self.patient_key, self.study_key)

    def id(self, key: bytes) -> str:
        """The series' pseudonym."""
        grid = _grid(self.slices[0].placement)
        return pseudonym(
            key, "series", self.patient_key, self.study_key, self.series_key, self.modality, grid, self.number
        )


def prefixes(name: str) -> Iterator[str]:
    """Every folder of a path, an archive without its members, and the path itself."""
    return (name[: end.start()] for end in re.finditer(r"[/!]|$", name))


def build_stacks(sources: Sequence[Source] | Mapping[int, Source], records: Mapping[int, Record]) -> list[Stack]:
    """All stacks of an export, or of a series of it. Slices at one depth are duplicates and left out, or phases, echoes
    and reconstructions that make stacks of their own, or left out as well where nothing tells them apart, see
    `evidence.phases`."""
    series: dict[Series, list[list[Slice]]] = defaultdict(list)  # by grid
    for position in sorted(records):
        record, source = records[position], sources[position]
        if record.kind not in ("dicom", "nifti"):
            continue
        whole_file = record.kind == "nifti"
        name = series_of(source, record.patient_id, record.study_uid, record.series_uid, record.modality, whole_file)
        for known in record.slices:
            _group_of(known.placement, series[name]).append(replace(known, position=position))
    return [
        Stack(
            record=records[slices[0].position],
            sources=tuple(sources[known.position] for known in slices),
            slices=tuple(slices),
            patient_key=normal_identifier(patient_id) or study_key,
            study_key=study_key,
            series_key=series_key,
            modality=modality or "",
            number=number,
            known=frozenset().union(*(records[known.position].known for known in slices)),
            phrases=frozenset().union(*(records[known.position].phrases for known in slices)),
        )
        for (patient_id, study_key, series_key, modality), grids in series.items()
        for number, slices in _numbered(grids, interleaved=modality != "CT")
    ]


Series = tuple[str, str, str, str | None]  # patient, study, series, modality; identifies, stays in memory


def series_of(
    source: Source, patient_id: str, study_uid: str, series_uid: str, modality: str | None, whole_file: bool
) -> Series:
    """What slices of one series have in common: no stack is made of two. Without UIDs a series is what lies in one
    folder, or a file that is a `whole_file` by itself, as a NIfTI is."""
    where = source.name if whole_file else "/".join(source.parts[:-1])
    return patient_id, study_uid or f"path {where}", series_uid or f"path {where}", modality


def _group_of(place: Placement, grids: list[list[Slice]]) -> list[Slice]:
    """The slices on the grid of this placement, a new list if there is none yet."""
    found = next((group for group in grids if same_grid(group[0].placement, place)), None)
    if found is None:
        grids.append(found := [])
    return found


def _numbered(grids: Iterable[list[Slice]], *, interleaved: bool) -> Iterator[tuple[int, list[Slice]]]:
    """The stacks of a series; those of one rounded grid, which their pseudonyms are made of, are numbered."""
    numbers: Counter = Counter()
    for group in grids:
        for part in split_phases(group, interleaved=interleaved):
            name = _grid(part[0].placement)
            yield numbers[name], part
            numbers[name] += 1


def same_grid(one: Placement, other: Placement) -> bool:
    """True for slices of one stack: equal in plane, rows and columns, and in the steps between pixels but for what
    scanners round: `LENGTH_TOLERANCE` of their lengths, `TURN_TOLERANCE` of their directions."""
    if one.plane != other.plane or one.shape != other.shape:
        return False
    for mine, theirs in ((one.down, other.down), (one.across, other.across)):
        length, their_length = math.hypot(*mine), math.hypot(*theirs)
        if abs(length - their_length) > LENGTH_TOLERANCE * length:
            return False
        if math.dist(mine, theirs) > TURN_TOLERANCE * length:
            return False
    return True


def _grid(place: Placement) -> tuple:
    """What the pseudonym of a stack is made of: plane, rows, columns, and the steps between pixels to 0.01 mm."""
    return (place.plane, *place.shape, *(round(v, 2) + 0.0 for v in (*place.down, *place.across)))


def keep_slices(stacks: Iterable[Stack], wanted: Callable[[Slice], bool]) -> list[Stack]:
    """The stacks with only their wanted slices; a stack of which none is left goes."""
    kept = []
    for stack in stacks:
        pairs = [(known, source) for known, source in zip(stack.slices, stack.sources, strict=True) if wanted(known)]
        if pairs:
            slices, sources = zip(*pairs, strict=True)
            kept.append(replace(stack, slices=slices, sources=sources))
    return kept
