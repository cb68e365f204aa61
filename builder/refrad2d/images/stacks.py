"""Slices of many files grouped into stacks by patient, study, series and geometry; empty or reused UIDs merge none."""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from refrad2d.images.geometry import TOLERANCE_MM
from refrad2d.images.records import Record
from refrad2d.images.slices import Slice
from refrad2d.images.sources import Source
from refrad2d.system.pseudonyms import pseudonym

Member = tuple[int, Slice]  # position of the file in the export, slice


@dataclass(frozen=True)
class Stack:
    """Slices of one series in order of depth, with what joining needs; the keys are identifiers and stay in memory."""

    record: Record
    sources: tuple[Source, ...]
    members: tuple[Member, ...]
    patient_key: str
    study_key: str
    series_key: str
    modality: str
    number: int  # among stacks of one series
    known: frozenset[str] = frozenset()  # what the headers of all its files identify, see `identities`
    phrases: frozenset[str] = frozenset()

    @property
    def names(self) -> list[str]:
        """The inputs it was read from, without repetition."""
        return sorted({source.name for source in self.sources})

    def study(self, key: bytes) -> str:
        """The study's pseudonym."""
        return pseudonym(key, "study", self.patient_key, self.study_key)

    def id(self, key: bytes) -> str:
        """The series' pseudonym."""
        place = self.members[0][1].placement
        grid = (place.plane, *place.shape, *(round(v, 2) + 0.0 for v in (*place.down, *place.across)))
        return pseudonym(
            key, "series", self.patient_key, self.study_key, self.series_key, self.modality, grid, self.number
        )


def build_stacks(sources: Sequence[Source], records: Mapping[int, Record]) -> list[Stack]:
    """All stacks of an export. Of slices at one depth those with equal pixels are duplicates and left out; different
    ones (phases, echoes) make stacks of their own, in the order of their instance numbers."""
    groups: dict[tuple, list[Member]] = defaultdict(list)
    for position in sorted(records):
        record, source = records[position], sources[position]
        if record.kind not in ("dicom", "nifti"):
            continue
        where = source.name if record.kind == "nifti" else "/".join(source.parts[:-1])
        study_key, series_key = record.study_uid or f"path {where}", record.series_uid or f"path {where}"
        for member in record.slices:
            place = member.placement
            grid = (place.plane, *place.shape, *(round(v, 2) + 0.0 for v in (*place.down, *place.across)))
            groups[record.patient_id, study_key, series_key, record.modality, grid].append((position, member))
    return [
        Stack(
            record=records[stack[0][0]],
            sources=tuple(sources[position] for position, _ in stack),
            members=tuple(stack),
            patient_key=patient_id or study_key,
            study_key=study_key,
            series_key=series_key,
            modality=modality,
            number=number,
            known=frozenset().union(*(records[position].known for position, _ in stack)),
            phrases=frozenset().union(*(records[position].phrases for position, _ in stack)),
        )
        for (patient_id, study_key, series_key, modality, _), members in groups.items()
        for number, stack in enumerate(_split_depths(members))
    ]


def keep_members(stacks: Sequence[Stack], keep: Callable[[Member], Member | None]) -> list[Stack]:
    """The stacks with the slices that `keep` gives back for theirs, None for one that goes; empty stacks go."""
    kept = []
    for stack in stacks:
        pairs = [(keep(member), source) for member, source in zip(stack.members, stack.sources, strict=True)]
        left = [(member, source) for member, source in pairs if member is not None]
        if left:
            members, sources = zip(*left, strict=True)
            kept.append(replace(stack, members=members, sources=sources))
    return kept


def _split_depths(members: list[Member]) -> list[list[Member]]:
    """Stacks with one slice a depth."""
    stacks: list[list[Member]] = []
    here: list[str] = []
    last = None
    for member in sorted(members, key=_by_depth):
        depth = member[1].placement.depth
        if last is None or depth - last > TOLERANCE_MM:
            here, last = [], depth
        pixels = member[1].digest
        if pixels in here:
            continue
        if len(here) == len(stacks):
            stacks.append([])
        stacks[len(here)].append(member)
        here.append(pixels)
    return stacks


def _by_depth(member: Member) -> tuple:
    position, shown = member
    instance = shown.instance if shown.instance is not None else 1 << 30
    return round(shown.placement.depth / TOLERANCE_MM), instance, position
