"""DICOM and NIfTI plus a report table → slices, series and scrubbed texts. De-identification happens in the same pass.

Writes below `dst`: frames/<pseudonym>.npy (what a slice looks like, uint16, burnt-in text blanked), series.jsonl
(geometry and allow-listed fields), texts.jsonl (scrubbed report texts with the series they speak of), accounting.jsonl;
paths.jsonl (keyed paths and names of all images, broken ones too, by which masks find their series) and shared.jsonl
(positions of files in the folder of masks that are accounted for here). Nothing else of the export reaches the disk.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, replace
from functools import partial
from pathlib import Path
from types import MappingProxyType

from refrad2d.images.blanking import require_reader
from refrad2d.images.masks.cases import keyed_cases
from refrad2d.images.masks.sharing import NO_IMAGES, share_sources
from refrad2d.images.records import Record
from refrad2d.images.sources import keyed_paths, list_sources
from refrad2d.images.stacks import Stack
from refrad2d.labels import MODALITIES
from refrad2d.privacy.deidentify import deidentify
from refrad2d.privacy.people import NOBODY, Known, Merged, evidence, merge_people
from refrad2d.privacy.people_file import PeopleFile
from refrad2d.privacy.persons import Person
from refrad2d.rows import CONTEXT_COLUMNS
from refrad2d.stages.joins import join_reports
from refrad2d.stages.report_table import ReportRow, number_lines
from refrad2d.stages.series import read_export
from refrad2d.system.accounting import Progress, account, count_results, no_progress
from refrad2d.system.files import write_jsonl
from refrad2d.system.pseudonyms import normal_identifier, pseudonym


def run(
    export: Path, reports: Sequence[ReportRow], dst: Path, *,
    key: bytes, masks: Path | None = None, workers: int = 1, site: str | None = None, burnt_in_text: str = "blank",
    modality: str = "", orientation: str = "", table: Mapping[str, int] = MappingProxyType({}),
    people: PeopleFile | None = None, progress: Progress = no_progress,
) -> Counter:  # fmt: skip
    """Ingest an export. ValueError if it holds no file, or text in its pixels cannot be read.

    `masks` is the folder of masks, which may share files with the export: each is accounted for once, masks among the
    masks; shared.jsonl holds the positions there of what is not. `modality` and `orientation` are what the user says of
    NIfTI files where nothing else does. `burnt_in_text` is one of `blanking.POLICIES`; `table` counts what is to be
    said of the report table (table_…); `people` knows who is published. Returns the numbers of kept files, of each drop
    reason, of reports (reports_…), of identities (identities_…), and of series and slices whose pixels were read
    (burnt_in_…).

    Each step makes new values out of those before it: files → series by series, stacks of which all slices are written
    (`series`) → stacks with what their reports say → who is one person. Pseudonyms are made last, since a report may
    name the patient whom the images do not; and slices are written first, so that no report joins a stack of which
    none is left.
    """
    require_reader(burnt_in_text)
    sources = [
        replace(source, modality=modality, orientation=orientation) for source in list_sources(export, workers=workers)
    ]
    if not sources:
        raise ValueError(f"Export {export} holds no files. Give the folder that the PACS wrote.")
    (dst / "frames").mkdir(parents=True)
    says_modality = any(row.fields["Modality"] in MODALITIES for row in reports)
    read = read_export(
        sources, dst / "frames", key=key, policy=burnt_in_text, workers=workers, progress=progress,
        said=partial(_modalities_said, reports=reports) if says_modality else None,
    )  # fmt: skip
    records = read.records
    published_people = people.known() if people else NOBODY
    persons = _merge([], read.stacks, records, key, published_people).pseudonyms
    joined = join_reports(reports, read.stacks, persons)
    stacks = sorted(joined.stacks, key=lambda stack: stack.id(key))
    merged = _merge(joined.rows, stacks, records, key, published_people)
    reasons = read.unread | read.reasons
    references = {uid for record in records.values() for uid in record.references}
    write_jsonl(dst / "series.jsonl", (_series_row(stack, merged, key, site) for stack in stacks))
    images = [(source, records.get(n)) for n, source in enumerate(sources) if reasons.get(n) not in NO_IMAGES]
    paths = set[str]().union(
        *(keyed_paths(source, key) | keyed_cases(source, record, key) for source, record in images)
    )
    write_jsonl(dst / "paths.jsonl", ({"path": path} for path in sorted(paths)))
    write_jsonl(dst / "texts.jsonl", _texts(joined.rows, stacks, merged, references, key))
    claimed, shared = share_sources(sources, list_sources(masks) if masks else [], reasons)
    reasons = {n: reason for n, reason in reasons.items() if n not in claimed}
    lines = account("export", len(sources), reasons)
    write_jsonl(dst / "accounting.jsonl", (line for line in lines if line["n"] not in claimed))
    write_jsonl(dst / "shared.jsonl", ({"n": n} for n in sorted(shared)))
    counts = count_results(len(sources) - len(claimed), reasons)
    counts["reports_kept"] = len(joined.rows)
    counts.update({f"reports_dropped_{reason}": n for reason, n in joined.dropped.items()})
    counts.update({f"table_{fact}": n for fact, n in {**table, **number_lines(joined.lines)}.items()})
    counts.update({f"burnt_in_{name}": n for name, n in read.counts.items()})
    counts.update({f"identities_{name}": n for name, n in merged.counts.items()})
    if people:
        counts.update({"identities_file_missing": 1} if people.is_missing else {})
        people.note(merged)
    return counts


def _merge(
    joined: Sequence[tuple[int, ReportRow, list[Stack]]],
    stacks: Sequence[Stack],
    records: Mapping[int, Record],
    key: bytes,
    known: Known,
) -> Merged:
    """Who is one person, by what all headers and report rows say, those of files that are not used included."""
    persons: dict[str, set[Person]] = defaultdict(set)
    for record in records.values():
        if patient := normal_identifier(record.patient_id):
            persons[patient].add(record.person)
    for stack in stacks:
        persons[stack.patient_key].update(records[known_slice.position].person for known_slice in stack.slices)
    for _, row, theirs in joined:
        for stack in theirs:
            persons[stack.patient_key].add(row.person)
    found = {patient: evidence(patient, said, key) for patient, said in sorted(persons.items())}
    return merge_people(found, {stack.patient_key for stack in stacks}, key, known)


def _modalities_said(stacks: Sequence[Stack], reports: Sequence[ReportRow]) -> dict[int, set[str]]:
    """The modalities that report rows give each file of NIfTI, by its position: no such file states one."""
    said: dict[int, set[str]] = defaultdict(set)
    if not any(stack.record.kind == "nifti" for stack in stacks):
        return said
    for _, row, theirs in join_reports(reports, stacks).rows:
        for stack in theirs:
            if stack.record.kind == "nifti" and row.fields["Modality"] in MODALITIES:
                said[stack.slices[0].position].add(row.fields["Modality"])
    return said


def _texts(
    joined: Sequence[tuple[int, ReportRow, list[Stack]]],
    every: Sequence[Stack],
    merged: Merged,
    references: set[str],
    key: bytes,
) -> Iterable[dict]:
    """Scrubbed texts, one for each report row and modality of the series that it speaks of.

    What any header of the same person knows goes, that of another study or PatientID included: names change.
    """
    told: dict[str, set[str]] = defaultdict(set)  # by person, what rows identify
    for _, row, stacks in joined:
        for stack in stacks:
            told[merged.pseudonyms[stack.patient_key]] |= row.known
    for number, row, stacks in joined:
        fields = row.fields
        people = {merged.pseudonyms[stack.patient_key] for stack in stacks}
        theirs = [stack for stack in every if merged.pseudonyms[stack.patient_key] in people]
        known = sorted(row.known.union(*(s.known for s in theirs), *(told[person] for person in people)))
        phrases = sorted(frozenset().union(*(s.phrases for s in theirs)))
        scrubbed = {
            name: deidentify(fields[name], fields["language"], known, phrases) or None
            for name in ("report", *CONTEXT_COLUMNS)
        }
        uids = {fields["SOPInstanceUID"]} - {""} or references
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
                "file": known.file,
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
