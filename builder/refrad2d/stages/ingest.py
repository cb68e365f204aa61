"""DICOM and NIfTI plus a report table → slices, series and scrubbed texts. De-identification happens in the same pass.

Writes below `dst`: frames/<pseudonym>.u16 (what the slices of a series look like, uint16, burnt-in text blanked, one
after the other), series.jsonl (geometry and allow-listed fields), texts.jsonl (scrubbed report texts with the series
they speak of), accounting.jsonl; paths.jsonl (keyed paths and names of all images, broken ones too, by which masks find
their series) and shared.jsonl (positions of files in the folder of masks that are accounted for here). Nothing else of
the export reaches the disk but what is sealed with the key (`engine/sealed`) until the stage has ended.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from functools import partial
from itertools import groupby, islice
from pathlib import Path
from types import MappingProxyType
from typing import NamedTuple

from refrad2d.engine.processes import Processes
from refrad2d.engine.sealed import Sealing
from refrad2d.images.blanking import require_reader
from refrad2d.images.masks.cases import keyed_cases
from refrad2d.images.masks.sharing import NO_IMAGES, share_sources
from refrad2d.images.sources import Source, keyed_paths, list_sources
from refrad2d.images.stacks import Stack
from refrad2d.labels import MODALITIES
from refrad2d.privacy.deidentify import deidentify
from refrad2d.privacy.people import NOBODY, Known, Merged, evidence, merge_people
from refrad2d.privacy.people_file import PeopleFile
from refrad2d.privacy.persons import Person
from refrad2d.rows import CONTEXT_COLUMNS
from refrad2d.stages.joins import Joined, join_reports
from refrad2d.stages.report_table import ReportRow, number_lines
from refrad2d.stages.series import ReadExport, read_export
from refrad2d.system.accounting import Progress, account, count_results, no_progress
from refrad2d.system.files import write_jsonl
from refrad2d.system.packed import pack, unpack
from refrad2d.system.pseudonyms import normal_identifier, pseudonym
from refrad2d.system.sorting import SortedRows


def run(
    export: Path, reports: Sequence[ReportRow], dst: Path, *,
    key: bytes, masks: Path | None = None, workers: int = 1, site: str | None = None, burnt_in_text: str = "blank",
    modality: str = "", orientation: str = "", table: Mapping[str, int] = MappingProxyType({}),
    people: PeopleFile | None = None, work: Sealing | None = None, progress: Progress = no_progress,
) -> Counter:  # fmt: skip
    """Ingest an export. ValueError if it holds no file, or text in its pixels cannot be read.

    `masks` is the folder of masks, which may share files with the export: each is accounted for once, masks among the
    masks; shared.jsonl holds the positions there of what is not. `modality` and `orientation` are what the user says of
    NIfTI files where nothing else does. `burnt_in_text` is one of `blanking.POLICIES`; `table` counts what is to be
    said of the report table (table_…); `people` knows who is published; `work` says who reads the files and where parts
    lie meanwhile, by default processes and a folder beside `dst`. Returns the numbers of kept files, of each drop
    reason, of reports (reports_…), of identities (identities_…), and of series and slices whose pixels were read
    (burnt_in_…).

    Each step makes new values out of those before it: files → series by series, stacks of which all slices are written
    (`series`) → stacks with what their reports say → who is one person. Pseudonyms are made last, since a report may
    name the patient whom the images do not; and slices are written first, so that no report joins a stack of which
    none is left.
    """
    require_reader(burnt_in_text)
    sources = list_sources(export, workers=workers)
    if modality or orientation:
        sources = [replace(source, modality=modality, orientation=orientation) for source in sources]
    if not sources:
        raise ValueError(f"Export {export} holds no files. Give the folder that the PACS wrote.")
    dst.mkdir(parents=True, exist_ok=True)
    said = partial(_modalities_said, reports=reports)
    says_modality = any(row.fields["Modality"] in MODALITIES for row in reports)
    work = work or Sealing(dst.with_name(f"{dst.name}.parts"), Processes(workers, key, progress), key)
    published_people = people.known() if people else NOBODY
    with read_export(
        sources, dst / "frames", work=work, policy=burnt_in_text, said=said if says_modality else None
    ) as read:
        export_read = _summarise(read, reports)
        persons = _merge([], export_read.stacks, export_read, key, published_people).pseudonyms
        joined = join_reports(reports, export_read.stacks, persons)
        merged = _merge(joined.rows, joined.stacks, export_read, key, published_people)
        write_jsonl(dst / "series.jsonl", _series_rows(joined.stacks, export_read.places, read, merged, key, site))
        _write_paths(dst / "paths.jsonl", sources, read, export_read.reasons, key)
    write_jsonl(dst / "texts.jsonl", _texts(joined, export_read, merged, key))
    counts = _account(dst, sources, list_sources(masks) if masks else [], export_read.reasons)
    counts["reports_kept"] = len(joined.rows)
    counts.update({f"reports_dropped_{reason}": n for reason, n in joined.dropped.items()})
    counts.update({f"table_{fact}": n for fact, n in {**table, **number_lines(joined.lines)}.items()})
    counts.update({f"burnt_in_{name}": n for name, n in export_read.counts.items()})
    counts.update({f"identities_{name}": n for name, n in merged.counts.items()})
    if people:
        counts.update({"identities_file_missing": 1} if people.is_missing else {})
        people.note(merged)
    return counts


def _account(dst: Path, sources: Sequence[Source], masks: Sequence[Source], reasons: Mapping[int, str]) -> Counter:
    """Write what became of every file, and which of the masks were images. Returns the counts."""
    claimed, shared = share_sources(sources, masks, reasons)
    reasons = {n: reason for n, reason in reasons.items() if n not in claimed}
    lines = account("export", len(sources), reasons)
    write_jsonl(dst / "accounting.jsonl", (line for line in lines if line["n"] not in claimed))
    write_jsonl(dst / "shared.jsonl", ({"n": n} for n in sorted(shared)))
    return count_results(len(sources) - len(claimed), reasons)


class _Place(NamedTuple):
    """Where a stack is among those that were read, who its headers speak of, and what they identify, packed."""

    series: int
    number: int
    persons: frozenset[Person]
    words: bytes


@dataclass
class _Summary:
    """What is needed of an export as a whole, which does not grow with the slices of its series: of each stack what
    joins it with reports."""

    stacks: list[Stack] = field(default_factory=list)
    places: list[_Place] = field(default_factory=list)  # of the stacks
    persons: dict[str, set[Person]] = field(default_factory=lambda: defaultdict(set))  # by PatientID
    references: set[str] = field(default_factory=set)
    reasons: dict[int, str] = field(default_factory=dict)
    counts: Counter = field(
        default_factory=lambda: Counter(series_read=0, frames_read=0, frames_blanked=0, frames_dropped=0)
    )


def _summarise(export: ReadExport, reports: Sequence[ReportRow]) -> _Summary:
    found = _Summary()
    known: dict = {}
    for read in export:
        found.reasons |= read.unread | read.reasons
        found.counts.update(read.counts)
        for record in read.records.values():
            found.references.update(record.references)
            if patient := normal_identifier(record.patient_id):
                found.persons[patient].add(known.setdefault(record.person, record.person))
    paths, images = _named(reports)
    images |= found.references
    for n, read in enumerate(export):
        for number, stack in enumerate(read.stacks):
            persons = frozenset(known.setdefault(p, p) for p in {read.records[s.position].person for s in stack.slices})
            words = pack((sorted(stack.known), sorted(stack.phrases)))
            found.places.append(_Place(n, number, persons, known.setdefault(words, words)))
            found.stacks.append(stack.thinned(paths, images))
    return found


def _named(reports: Iterable[ReportRow]) -> tuple[frozenset[str], frozenset[str]]:
    """The paths and the SOPInstanceUIDs that rows name."""
    paths, images = (frozenset(row.fields[name] for row in reports) for name in ("path", "SOPInstanceUID"))
    return paths - {""}, images - {""}


def _merge(
    joined: Sequence[tuple[int, ReportRow, list[Stack]]],
    stacks: Sequence[Stack],
    export: _Summary,
    key: bytes,
    known: Known,
) -> Merged:
    """Who is one person, by what all headers and report rows say, those of files that are not used included."""
    persons: dict[str, set[Person]] = defaultdict(set, {patient: set(said) for patient, said in export.persons.items()})
    for stack, place in zip(stacks, export.places, strict=True):
        persons[stack.patient_key].update(place.persons)
    for _, row, theirs in joined:
        for stack in theirs:
            persons[stack.patient_key].add(row.person)
    found = {patient: evidence(patient, said, key) for patient, said in sorted(persons.items())}
    return merge_people(found, {stack.patient_key for stack in stacks}, key, known)


def _modalities_said(stacks: Iterable[Stack], reports: Sequence[ReportRow]) -> dict[int, set[str]]:
    """The modalities that report rows give each file of NIfTI, by its position: no such file states one."""
    said: dict[int, set[str]] = defaultdict(set)
    named = _named(reports)
    thin = [stack.thinned(*named) for stack in stacks]
    if not any(stack.record.kind == "nifti" for stack in thin):
        return said
    for _, row, theirs in join_reports(reports, thin).rows:
        for stack in theirs:
            if stack.record.kind == "nifti" and row.fields["Modality"] in MODALITIES:
                said[stack.slices[0].position].add(row.fields["Modality"])
    return said


def _series_rows(
    stacks: Sequence[Stack], places: Sequence[_Place], read: ReadExport, merged: Merged, key: bytes, site: str | None
) -> Iterator[dict]:
    """The rows of all stacks, in order of their pseudonyms."""
    for stack, place in sorted(zip(stacks, places, strict=True), key=lambda one: one[0].id(key)):
        whole = read[place.series].stacks[place.number]
        about = {name: getattr(stack, name) for name in ("patient_key", "study_key", "modality")}
        yield _series_row(replace(whole, **about), merged, key, site)


def _write_paths(
    path: Path, sources: Sequence[Source], export: ReadExport, reasons: Mapping[int, str], key: bytes
) -> None:
    """The keyed paths and cases of all images, each once, in order."""
    ordered = SortedRows(path.with_name("paths.order"))
    try:
        for read in export:
            images = [n for n in read.positions if reasons.get(n) not in NO_IMAGES]
            keyed = (keyed_paths(sources[n], key) | keyed_cases(sources[n], read.records.get(n), key) for n in images)
            for name in set[str]().union(*keyed):
                ordered.add(name, {"path": name})
        write_jsonl(path, (row for _, rows in groupby(ordered, key=lambda one: one[0]) for _, row in islice(rows, 1)))
    finally:
        ordered.close()


def _texts(joined: Joined, export: _Summary, merged: Merged, key: bytes) -> Iterator[dict]:
    """Scrubbed texts, one for each report row and modality of the series that it speaks of.

    What any header of the same person knows goes, that of another study or PatientID included: names change.
    """
    words: dict[str, set[bytes]] = defaultdict(set)  # by person, what headers identify
    for stack, place in zip(joined.stacks, export.places, strict=True):
        words[merged.pseudonyms[stack.patient_key]].add(place.words)
    told: dict[str, set[str]] = defaultdict(set)  # by person, what rows identify
    for _, row, stacks in joined.rows:
        for stack in stacks:
            told[merged.pseudonyms[stack.patient_key]] |= row.known
    for number, row, stacks in joined.rows:
        fields = row.fields
        people = {merged.pseudonyms[stack.patient_key] for stack in stacks}
        said = [unpack(packed) for packed in set[bytes]().union(*(words[person] for person in people))]
        known = sorted(row.known.union(*(names for names, _ in said), *(told[person] for person in people)))
        phrases = sorted(set[str]().union(*(phrases for _, phrases in said)))
        scrubbed = {
            name: deidentify(fields[name], fields["language"], known, phrases) or None
            for name in ("report", *CONTEXT_COLUMNS)
        }
        uids = {fields["SOPInstanceUID"]} - {""} or export.references
        for modality in MODALITIES:
            chosen = [stack for stack in stacks if stack.modality == modality]
            if chosen and scrubbed["report"]:
                yield {
                    "id": pseudonym(key, "text", chosen[0].study(key), number, modality),
                    "language": fields["language"],
                    "modality": modality,
                    "text": scrubbed["report"],
                    **{name: scrubbed[name] for name in CONTEXT_COLUMNS},
                    "origin": fields["origin"],
                    "series": [stack.id(key) for stack in chosen],
                    "named": sorted(_slice_ids(chosen, uids, key)),
                }


def _slice_ids(stacks: Iterable[Stack], uids: set[str], key: bytes) -> set[str]:
    return {
        slice_id(stack, known.placement.depth, key)
        for stack in stacks
        for known in stack.slices
        if known.sop_uid in uids
    }


def slice_id(stack: Stack, depth: float, key: bytes) -> str:
    """The row id of a slice: keyed, and the same wherever its file lies if it has UIDs."""
    return pseudonym(key, "slice", stack.id(key), round(depth, 3) + 0.0)


def _keyed_uid(uid: str, key: bytes) -> str | None:
    return pseudonym(key, "uid", uid) if uid else None


def _series_row(stack: Stack, merged: Merged, key: bytes, site: str | None) -> dict:
    """A series as it may be written: pseudonyms, allow-listed fields, geometry, keyed names for finding its masks."""
    record, place = stack.record, stack.slices[0].placement
    patient = normal_identifier(record.patient_id)
    return {
        "series": stack.id(key),
        "study": stack.study(key),
        "patient": merged.pseudonyms[stack.patient_key],
        "modality": stack.modality,
        "body_part": record.body_part,
        "head": record.head,
        "plane": place.plane,
        "spacing": list(place.spacing),
        "sex": record.sex,
        "age": record.age,
        "site": site,
        "number": record.series_number,
        "uid": _keyed_uid(record.series_uid, key),
        "patient_id": pseudonym(key, "patient_id", patient) if patient else None,
        "study_uid": _keyed_uid(record.study_uid, key),
        "frame_of_reference": _keyed_uid(record.frame_of_reference, key),
        "cases": sorted(set().union(*(keyed_cases(source, record, key) for source in stack.sources))),
        "paths": sorted(set().union(*(keyed_paths(source, key) for source in stack.sources))),
        "frames": [
            {
                "id": slice_id(stack, known.placement.depth, key),
                "file": known.store,
                "offset": known.offset,
                "depth": round(known.placement.depth, 6),
                "instance": known.instance,
                "slope": known.slope,
                "intercept": known.intercept,
                "blanked": known.blanked,
                "sop": _keyed_uid(known.sop_uid, key),
                "placement": asdict(known.placement),
            }
            for known in stack.slices
        ],
    }
