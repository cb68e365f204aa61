"""Slices of many files grouped into stacks by patient, study, series and geometry; empty or reused UIDs merge none."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from refrad2d.images.geometry import TOLERANCE_MM, Placement
from refrad2d.images.records import Record
from refrad2d.images.slices import Slice
from refrad2d.images.sources import Source
from refrad2d.system.pseudonyms import normal_identifier, pseudonym


@dataclass(frozen=True)
class Stack:
    """Slices of one series in order of depth, with what joining needs; the keys are identifiers and stay in memory."""

    record: Record  # of its first file
    sources: tuple[Source, ...]  # of each slice
    slices: tuple[Slice, ...]
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
        grid = _grid(self.slices[0].placement)
        return pseudonym(
            key, "series", self.patient_key, self.study_key, self.series_key, self.modality, grid, self.number
        )


def build_stacks(sources: Sequence[Source], records: Mapping[int, Record]) -> list[Stack]:
    """All stacks of an export. Of slices at one depth those with equal pixels are duplicates and left out; different
    ones (phases, echoes) make stacks of their own, in the order of their instance numbers."""
    groups: dict[tuple, list[Slice]] = defaultdict(list)
    for position in sorted(records):
        record, source = records[position], sources[position]
        if record.kind not in ("dicom", "nifti"):
            continue
        where = source.name if record.kind == "nifti" else "/".join(source.parts[:-1])
        study_key, series_key = record.study_uid or f"path {where}", record.series_uid or f"path {where}"
        for known in record.slices:
            group = (record.patient_id, study_key, series_key, record.modality, _grid(known.placement))
            groups[group].append(replace(known, position=position))
    return [
        Stack(
            record=records[slices[0].position],
            sources=tuple(sources[known.position] for known in slices),
            slices=tuple(slices),
            patient_key=normal_identifier(patient_id) or study_key,
            study_key=study_key,
            series_key=series_key,
            modality=modality,
            number=number,
            known=frozenset().union(*(records[known.position].known for known in slices)),
            phrases=frozenset().union(*(records[known.position].phrases for known in slices)),
        )
        for (patient_id, study_key, series_key, modality, _), group in groups.items()
        for number, slices in enumerate(_split_depths(group))
    ]


def _grid(place: Placement) -> tuple:
    """What slices of one stack share: plane, rows, columns, and the steps between pixels to 0.01 mm."""
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


def _split_depths(slices: Iterable[Slice]) -> list[list[Slice]]:
    """Stacks with one slice a depth."""
    stacks: list[list[Slice]] = []
    here: list[str] = []  # the pixels at the depth that is looked at
    last = None
    for known in sorted(slices, key=_by_depth):
        depth = known.placement.depth
        if last is None or depth - last > TOLERANCE_MM:
            here, last = [], depth
        if known.digest in here:
            continue
        if len(here) == len(stacks):
            stacks.append([])
        stacks[len(here)].append(known)
        here.append(known.digest)
    return stacks


def _by_depth(known: Slice) -> tuple[int, int, int]:
    instance = known.instance if known.instance is not None else 1 << 30
    return round(known.placement.depth / TOLERANCE_MM), instance, known.position
