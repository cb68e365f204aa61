"""Which stacks a report row speaks of, by image, series, study, accession number, path or patient; and what it says of
them that the images do not.

What rows say of one stack must agree, whatever their order: where they contradict each other, none of them counts.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType
from typing import NamedTuple

from refrad2d.images.stacks import Stack, prefixes
from refrad2d.labels import MODALITIES
from refrad2d.stages.report_table import IDENTIFIERS, ReportRow
from refrad2d.system.pseudonyms import is_rounded, normal_identifier

OF_STUDIES = ("SOPInstanceUID", "SeriesInstanceUID", "StudyInstanceUID", "AccessionNumber")
NUMBERS = ("AccessionNumber", "PatientID")  # what programs take for numbers; UIDs and paths are compared as they stand


class Joined(NamedTuple):
    """Report rows with the stacks they speak of, as (position in the table, row, stacks); all stacks, completed by what
    the rows say of them; how many rows were dropped, by reason; and the lines of those that only the join dropped."""

    rows: list[tuple[int, ReportRow, list[Stack]]]
    stacks: list[Stack]
    dropped: Counter
    lines: Mapping[str, Sequence[int]] = MappingProxyType({})


Lost = dict[str, list[int]]  # reason → the lines of the rows that were dropped for it


class _Row(NamedTuple):
    number: int  # in the table
    row: ReportRow
    places: list[int]  # of the stacks that it speaks of


def join_reports(
    reports: Sequence[ReportRow], stacks: Sequence[Stack], persons: Mapping[str, str] = MappingProxyType({})
) -> Joined:
    """Which stacks each report row speaks of. `persons`: patient key → what its patient and those of other keys share
    where evidence shows that they are one person.

    Stacks without PatientID take that of their rows (else the folder that joined them), NIfTI stacks the modality. A
    text that a stack has already is not given to it again. ValueError if no row names anything and the export holds
    several studies.
    """
    studies = {(stack.patient_key, stack.study_key) for stack in stacks}
    named = any(row.fields[name] for row in reports for name in IDENTIFIERS)
    if reports and not named and len(studies) > 1:
        raise ValueError(
            f"No report row names its study, and the export holds {len(studies)}. "
            f"Add one of the columns {', '.join(IDENTIFIERS)}, or map it with --column."
        )
    images = frozenset(row.fields["SOPInstanceUID"] for row in reports)
    numbered, index = dict(enumerate(stacks)), Index(stacks, images)
    only = len(studies) == 1
    rows: list[_Row] = []
    dropped, lost = Counter(row.reason for row in reports if row.reason), defaultdict[str, list[int]](list)
    for number, row in enumerate(reports):
        if row.reason:
            continue
        found, reason = find_stacks(row, numbered, index, persons, only_study=only)
        if reason:
            lost[reason].append(row.line)
        else:
            rows.append(_Row(number, row, list(found)))
    modalities, rows = _agree_on_modality(rows, stacks, lost)
    folders = _study_folders(rows, stacks)
    patients, rows = _agree_on_patient(rows, stacks, folders, lost)
    rows = _without_duplicates(rows, lost)
    completed = [
        complete(stack, folders.get(place), patients.get(_study_of(stack, folders.get(place))), modalities.get(place))
        for place, stack in enumerate(stacks)
    ]
    dropped.update({reason: len(lines) for reason, lines in lost.items()})
    told = [(n, row, [completed[p] for p in places]) for n, row, places in _with_origin(rows)]
    return Joined(told, completed, dropped, {reason: sorted(lines) for reason, lines in sorted(lost.items())})


def find_stacks(
    row: ReportRow, stacks: Mapping[int, Stack], index: "Index", persons: Mapping[str, str], *, only_study: bool
) -> tuple[dict[int, Stack], str]:
    """The stacks of a row and "", or nothing and the reason. The most specific identifier that finds something wins;
    one of image, series, study or accession number that finds none of the same stacks contradicts it."""
    given = [name for name in IDENTIFIERS if row.fields[name]]
    if not given:
        return (dict(stacks), "") if only_study else ({}, "no_identifier")
    found = {name: index.find(name, row.fields[name]) for name in given}
    name = next((name for name in given if found[name]), "")
    if not name:
        rounded = any(is_rounded(row.fields[name]) for name in NUMBERS)
        return {}, "rounded_number" if rounded else "no_matching_study"
    if any(found[other] and not found[other] & found[name] for other in given if other in OF_STUDIES):
        return {}, "identifiers_contradict"
    return _one_patient(row, {place: stacks[place] for place in sorted(found[name])}, name, persons)


class Index:
    """The places of stacks by what identifies them, so that a row is joined without a look at every stack.

    `images` are the SOPInstanceUIDs that will be looked for, None for any.
    """

    def __init__(self, stacks: Sequence[Stack], images: Collection[str] | None = None) -> None:
        self.places: dict[tuple[str, str], set[int]] = defaultdict(set)
        for place, stack in enumerate(stacks):
            for name, value in _identifiers(stack):
                if name != "SOPInstanceUID" or images is None or value in images:
                    self.places[name, value].add(place)

    def find(self, name: str, value: str) -> set[int]:
        """The places of the stacks that have this value."""
        value = normal_identifier(value) if name in NUMBERS else value
        return self.places.get((name, value), set()) if value else set()


def _identifiers(stack: Stack) -> Iterator[tuple[str, str]]:
    yield from (("SOPInstanceUID", known.sop_uid) for known in stack.slices)
    yield "SeriesInstanceUID", stack.record.series_uid
    yield "StudyInstanceUID", stack.record.study_uid
    yield "AccessionNumber", normal_identifier(stack.record.accession)
    yield "PatientID", normal_identifier(stack.record.patient_id)
    for name in stack.names:
        yield from (("path", path) for path in prefixes(name))


def _only(stacks: Mapping[int, Stack], wanted: Callable[[Stack], bool]) -> dict[int, Stack]:
    return {place: stack for place, stack in stacks.items() if wanted(stack)}


def _one_patient(
    row: ReportRow, found: dict[int, Stack], name: str, persons: Mapping[str, str]
) -> tuple[dict[int, Stack], str]:
    """What an identifier found, as far as it can be of one patient, and of the modality that the row names."""
    if name == "AccessionNumber" and len({stack.record.accession.strip() for stack in found.values()}) > 1:
        return {}, "ambiguous_accession"  # 0123 and 123 are two studies: which of them the table means is lost
    if name == "PatientID" and len({stack.record.patient_id.strip() for stack in found.values()}) > 1:
        return {}, "ambiguous_patient"
    patient = normal_identifier(row.fields["PatientID"])
    if patient:
        person = _person(patient, persons)
        theirs = _only(found, lambda stack: _person(normal_identifier(stack.record.patient_id), persons) == person)
        found = theirs or _only(found, lambda stack: not normal_identifier(stack.record.patient_id))
        if not found:
            return {}, "patient_mismatch"
    if name == "PatientID":  # a person is no study: a row that names another one does not speak of these images
        found = _only(found, lambda stack: not _names_another_study(row, stack))
        if not found:
            return {}, "no_matching_study"
    if len({_person(stack.patient_key, persons) for stack in found.values()}) > 1 and name != "path":
        return {}, "ambiguous_patient"
    if name == "PatientID" and len({stack.study_key for stack in found.values()}) > 1:
        return {}, "ambiguous_study"
    modality = row.fields["Modality"]
    return _only(found, lambda stack: stack.record.kind == "nifti" or stack.modality == modality) or found, ""


def _person(patient: str, persons: Mapping[str, str]) -> str:
    return persons.get(patient, patient)


def _names_another_study(row: ReportRow, stack: Stack) -> bool:
    """True where row and stack both know their study; the more specific identifiers have not matched before."""
    uid, accession = row.fields["StudyInstanceUID"], row.fields["AccessionNumber"]
    named = normal_identifier(accession) or is_rounded(accession)
    return bool((uid and stack.record.study_uid) or (named and normal_identifier(stack.record.accession)))


# --- what rows say of a stack -------------------------------------------------------------------------------------


def _agree_on_modality(rows: Sequence[_Row], stacks: Sequence[Stack], lost: Lost) -> tuple[dict[int, str], list[_Row]]:
    """The modality that rows give each NIfTI stack, and the rows without the stacks of which they say another.

    Who names the file knows better than who names its folder.
    """
    claims: dict[int, dict[str, int]] = defaultdict(dict)  # of a place: modality, and how precisely it was named
    for _, row, places in rows:
        for place in places:
            if (modality := row.fields["Modality"]) in MODALITIES and stacks[place].record.kind == "nifti":
                claims[place][modality] = max(claims[place].get(modality, 0), len(row.fields["path"]))
    agreed: dict[int, str] = {}
    for place, said in claims.items():
        best = [modality for modality, precision in said.items() if precision == max(said.values())]
        agreed[place] = best[0] if len(best) == 1 else "?"

    def fits(row: ReportRow, place: int) -> bool:
        modality = row.fields["Modality"]
        return place not in agreed or agreed[place] == modality or (agreed[place] != "?" and modality not in MODALITIES)

    return agreed, _keep_places(rows, fits, "modality_contradicts", lost)


def _study_folders(rows: Iterable[_Row], stacks: Sequence[Stack]) -> dict[int, str]:
    """For stacks without study the folder that a row names as one: the outermost, where there are several."""
    folders: dict[int, str] = {}
    for _, row, places in rows:
        path = row.fields["path"]
        for place in places:
            stack = stacks[place]
            if path and not stack.record.study_uid and _matches_path(stack, path) and path not in stack.names:
                folders[place] = min(folders.get(place, path), path, key=len)
    return folders


def _agree_on_patient(
    rows: Sequence[_Row], stacks: Sequence[Stack], folders: Mapping[int, str], lost: Lost
) -> tuple[dict[str, str], list[_Row]]:
    """The patient that rows give each study without PatientID; rows of a study that is given two are dropped."""
    claims: dict[str, set[str]] = defaultdict(set)
    for _, row, places in rows:
        for place in places:
            patient = normal_identifier(row.fields["PatientID"])
            if patient and not normal_identifier(stacks[place].record.patient_id):
                claims[_study_of(stacks[place], folders.get(place))].add(patient)

    def fits(row: ReportRow, place: int) -> bool:
        return len(claims[_study_of(stacks[place], folders.get(place))]) < 2

    kept = _keep_places(rows, fits, "patient_contradicts", lost)
    return {study: min(patients) for study, patients in claims.items() if len(patients) == 1}, kept


def _keep_places(rows: Iterable[_Row], wanted: Callable[[ReportRow, int], bool], reason: str, lost: Lost) -> list[_Row]:
    """The rows with the stacks that fit; a row of which none is left is dropped."""
    kept = []
    for number, row, places in rows:
        left = [place for place in places if wanted(row, place)]
        if left:
            kept.append(_Row(number, row, left))
        else:
            lost[reason].append(row.line)
    return kept


def _without_duplicates(rows: Iterable[_Row], lost: Lost) -> list[_Row]:
    """The rows without the stacks that have their text already: a table often has a row a series, or a row twice."""
    seen: set[tuple[int, str, str, str]] = set()

    def is_new(row: ReportRow, place: int) -> bool:
        text = " ".join(row.fields["report"].split()).casefold()
        key = (place, row.fields["language"], text, row.fields["SOPInstanceUID"])
        known = key in seen or (*key[:3], "") in seen
        seen.add(key)
        return not known

    return _keep_places(rows, is_new, "duplicate_report", lost)


def _with_origin(rows: Iterable[_Row]) -> list[_Row]:
    """The rows with their origin: the language that comes first for a stack is the original one."""
    first: dict[int, str] = {}
    told = []
    for number, row, places in rows:
        fields = row.fields
        language = first.get(places[0], fields["language"])
        first |= {place: fields["language"] for place in places if place not in first}
        guess = "original" if language == fields["language"] else "translated"
        origin = fields["origin"] if fields["origin"] in ("original", "translated") else guess
        told.append(_Row(number, replace(row, fields={**fields, "origin": origin}), places))
    return told


def _study_of(stack: Stack, folder: str | None) -> str:
    return f"path {folder}" if folder is not None else stack.study_key


def complete(stack: Stack, folder: str | None, patient: str | None, modality: str | None) -> Stack:
    """The stack with what its report rows say and the images do not: the folder of its study, patient and modality."""
    study_key = _study_of(stack, folder)
    patient_key = stack.patient_key
    if not normal_identifier(stack.record.patient_id):
        patient_key = patient or (study_key if folder is not None else patient_key)
    return replace(
        stack,
        study_key=study_key,
        patient_key=patient_key,
        modality=modality if modality in MODALITIES else stack.modality,
    )


def _matches_path(stack: Stack, path: str) -> bool:
    return any(name == path or name.startswith((path + "/", path + "!")) for name in stack.names)
