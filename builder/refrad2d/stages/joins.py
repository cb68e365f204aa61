"""Which stacks a report row speaks of: by image, series, study, accession number, path or patient."""

import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple

from refrad2d.images.stacks import Stack
from refrad2d.labels import MODALITIES
from refrad2d.stages.report_table import IDENTIFIERS, ReportRow


class Joined(NamedTuple):
    """Report rows with the stacks they speak of, as (position in the table, row, stacks); all stacks, completed by what
    the rows say of them; and how many rows were dropped, by reason."""

    rows: list[tuple[int, ReportRow, list[Stack]]]
    stacks: list[Stack]
    dropped: Counter


def join_reports(reports: Sequence[ReportRow], stacks: Sequence[Stack]) -> Joined:
    """Which stacks each report row speaks of.

    Stacks without PatientID take the row's (else the path that joined them), NIfTI stacks its modality: a later row
    looks for them as the earlier ones completed them. ValueError if no row names anything and the export holds several
    studies.
    """
    studies = {(stack.patient_key, stack.study_key) for stack in stacks}
    named = any(row.fields[name] for row in reports for name in IDENTIFIERS)
    if reports and not named and len(studies) > 1:
        raise ValueError(
            f"No report row names its study, and the export holds {len(studies)}. "
            f"Add one of the columns {', '.join(IDENTIFIERS)}, or map it with --column."
        )
    completed = dict(enumerate(stacks))
    places: list[tuple[int, ReportRow, list[int]]] = []  # of a row's stacks in `completed`
    dropped: Counter = Counter()
    for number, row in enumerate(reports):
        found, reason = ({}, row.reason) if row.reason else find_stacks(row, completed, only_study=len(studies) == 1)
        if reason:
            dropped[reason] += 1
            continue
        places.append((number, row, list(found)))
        completed |= {place: complete(row, stack) for place, stack in found.items()}
    rows = [(number, row, [completed[place] for place in theirs]) for number, row, theirs in places]
    return Joined(rows, list(completed.values()), dropped)


def find_stacks(row: ReportRow, stacks: Mapping[int, Stack], *, only_study: bool) -> tuple[dict[int, Stack], str]:
    """The stacks of a row and "", or nothing and the reason. The most specific identifier that finds something wins."""
    given = [name for name in IDENTIFIERS if row.fields[name]]
    if not given:
        return (dict(stacks), "") if only_study else ({}, "no_identifier")
    for name in given:
        found = {place: stack for place, stack in stacks.items() if _MATCH[name](stack, row.fields[name])}
        if found:
            return _one_patient(row, found, name)
    return {}, "no_matching_study"


def _only(stacks: Mapping[int, Stack], wanted: Callable[[Stack], bool]) -> dict[int, Stack]:
    return {place: stack for place, stack in stacks.items() if wanted(stack)}


def _one_patient(row: ReportRow, found: dict[int, Stack], name: str) -> tuple[dict[int, Stack], str]:
    """What an identifier found, as far as it can be of one patient, and of the modality that the row names."""
    patient = _plain(row.fields["PatientID"])
    if patient:
        found = _only(found, lambda stack: _plain(stack.record.patient_id) in ("", patient))
        if not found:
            return {}, "patient_mismatch"
    if name == "PatientID":  # a person is no study: a row that names another one does not speak of these images
        found = _only(found, lambda stack: not _names_another_study(row, stack))
        if not found:
            return {}, "no_matching_study"
    if len({stack.patient_key for stack in found.values()}) > 1 and name != "path":
        return {}, "ambiguous_patient"
    if name == "PatientID" and len({stack.study_key for stack in found.values()}) > 1:
        return {}, "ambiguous_study"
    modality = row.fields["Modality"]
    return _only(found, lambda stack: stack.record.kind == "nifti" or stack.modality == modality) or found, ""


def _names_another_study(row: ReportRow, stack: Stack) -> bool:
    """True where row and stack both know their study; the more specific identifiers have not matched before."""
    uid, accession = row.fields["StudyInstanceUID"], row.fields["AccessionNumber"]
    return bool((uid and stack.record.study_uid) or (_plain(accession) and _plain(stack.record.accession)))


def complete(row: ReportRow, stack: Stack) -> Stack:
    """The stack with what its report row says and the images do not."""
    path, patient, modality = row.fields["path"], row.fields["PatientID"], row.fields["Modality"]
    record = stack.record
    by_folder = bool(path) and _matches_path(stack, path) and path not in stack.names
    study_key = f"path {path}" if by_folder and not record.study_uid else stack.study_key
    patient_key = stack.patient_key
    if not record.patient_id:
        patient_key = patient or (study_key if by_folder else patient_key)
    takes_modality = record.kind == "nifti" and modality in MODALITIES
    return replace(
        stack,
        study_key=study_key,
        patient_key=patient_key,
        modality=modality if takes_modality else stack.modality,
    )


def _plain(identifier: str) -> str:
    """An identifier as people vary it: case, spaces and leading zeros do not count."""
    return re.sub(r"[\s\-_/.]", "", identifier).casefold().lstrip("0")


def _matches_path(stack: Stack, path: str) -> bool:
    return any(name == path or name.startswith((path + "/", path + "!")) for name in stack.names)


_MATCH = {
    "SOPInstanceUID": lambda stack, value: any(known.sop_uid == value for known in stack.slices),
    "SeriesInstanceUID": lambda stack, value: stack.record.series_uid == value,
    "StudyInstanceUID": lambda stack, value: stack.record.study_uid == value,
    "AccessionNumber": lambda stack, value: _plain(stack.record.accession) == _plain(value) != "",
    "path": _matches_path,
    "PatientID": lambda stack, value: _plain(stack.record.patient_id) == _plain(value) != "",
}
