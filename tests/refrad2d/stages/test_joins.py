"""Which stacks a report row speaks of, and what it says of them that the images do not."""

import random
from dataclasses import replace
from time import process_time

import pytest

from refrad2d.images.sources import Source
from refrad2d.stages.joins import join_reports
from tests.fixtures.export_records import known_slice, report_row, stack


def test_the_most_specific_identifier_that_finds_something_wins():
    stacks = [stack(known_slice(0.0, sop_uid="1.9"), name="a"), stack(name="b")]
    ((_, _, found),) = join_reports([report_row(SOPInstanceUID="1.9", StudyInstanceUID="1.1")], stacks).rows
    assert [one.names for one in found] == [["a"]]


def test_accession_numbers_are_compared_as_people_write_them():
    stacks = [stack(accession="ACC-0471")]
    assert len(join_reports([report_row(AccessionNumber="acc 0471")], stacks).rows) == 1


def test_a_row_of_another_patient_is_dropped():
    joined = join_reports([report_row(StudyInstanceUID="1.1", PatientID="P2")], [stack()])
    assert joined.rows == [] and joined.dropped == {"patient_mismatch": 1}


def test_a_patient_with_several_studies_is_ambiguous():
    stacks = [stack(), stack(study_key="1.2", study_uid="1.2")]
    assert join_reports([report_row(PatientID="P1")], stacks).dropped == {"ambiguous_study": 1}


def test_a_row_without_identifier_belongs_to_the_only_study():
    assert len(join_reports([report_row()], [stack()]).rows) == 1
    with pytest.raises(ValueError, match="the export holds 2"):
        join_reports([report_row()], [stack(), stack(study_key="1.2")])


def test_images_without_patient_take_that_of_their_row():
    given = stack(patient_id="", patient_key="1.1")
    joined = join_reports([report_row(StudyInstanceUID="1.1", PatientID="P7")], [given])
    assert [one.patient_key for one in joined.stacks] == ["P7"] and given.patient_key == "1.1"
    assert joined.rows[0][2][0] is joined.stacks[0]


def test_a_later_row_finds_stacks_as_the_earlier_ones_completed_them():
    volume = stack(kind="nifti", name="s1/ct.nii", patient_id="", study_uid="", series_uid="", patient_key="x")
    rows = [report_row(path="s1", Modality="MR"), report_row(path="s1", language="en")]
    joined = join_reports(rows, [volume])
    assert [[one.modality for one in found] for _, _, found in joined.rows] == [["MR"], ["MR"]]


def test_a_row_says_the_modality_of_a_nifti_but_not_of_a_dicom_file():
    volume, dicom = stack(kind="nifti"), stack()
    joined = join_reports([report_row(StudyInstanceUID="1.1", Modality="MR")], [volume, dicom])
    assert [one.modality for one in joined.stacks] == ["MR", "CT"]


FIRST = stack(name="a", accession="A1")
SECOND = stack(
    name="b", patient_key="P2", patient_id="P2", study_key="1.2", study_uid="1.2", series_uid="1.2.1", accession="B1"
)


@pytest.mark.parametrize(
    "fields",
    [
        {"SeriesInstanceUID": "1.2.1"},
        {"StudyInstanceUID": "1.2"},
        {"AccessionNumber": "b1"},
        {"PatientID": "p2"},
        {"path": "b"},
    ],
)
def test_a_row_joins_by_any_identifier(fields):
    ((_, _, found),) = join_reports([report_row(**fields)], [FIRST, SECOND]).rows
    assert found[0].names == ["b"] and len(found) == 1


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({}, "no_identifier"),
        ({"StudyInstanceUID": "9.9"}, "no_matching_study"),
        ({"StudyInstanceUID": "9.9", "PatientID": "P2"}, "no_matching_study"),  # of the person, not of these images
    ],
)
def test_a_row_that_joins_nothing_is_dropped_with_its_reason(fields, reason):
    assert join_reports([report_row(PatientID="P1"), report_row(**fields)], [FIRST, SECOND]).dropped == {reason: 1}


def test_a_study_of_two_patients_is_ambiguous():
    stacks = [FIRST, stack(patient_key="P3", patient_id="P3")]
    assert join_reports([report_row(StudyInstanceUID="1.1")], stacks).dropped == {"ambiguous_patient": 1}


def test_images_of_a_row_s_patient_go_before_those_of_nobody_in_the_same_study():
    stacks = [FIRST, stack(patient_key="1.1", patient_id="")]
    ((_, _, found),) = join_reports([report_row(StudyInstanceUID="1.1", PatientID="P1")], stacks).rows
    assert [chosen.patient_key for chosen in found] == ["P1"]


def test_a_modality_chooses_among_the_series_of_a_study():
    stacks = [FIRST, stack(name="mr", modality="MR")]
    ((_, _, found),) = join_reports([report_row(StudyInstanceUID="1.1", Modality="MR")], stacks).rows
    assert [chosen.names for chosen in found] == [["mr"]]


def unnamed(name):
    """A NIfTI file, which knows neither its patient nor its study."""
    nobody = {"patient_id": "", "study_uid": "", "series_uid": ""}
    return stack(kind="nifti", name=name, patient_key=f"path {name}", study_key=f"path {name}", **nobody)


def test_files_that_one_path_joins_are_one_patient():
    joined = join_reports([report_row(path="s1")], [unnamed("s1/ct.nii"), unnamed("s1/mr.nii")])
    assert {completed.patient_key for completed in joined.stacks} == {"path s1"}


def test_all_rows_of_a_stack_see_what_any_of_them_says():
    joined = join_reports(
        [report_row(path="s1"), report_row("Milz.", path="s1", PatientID="P7")], [unnamed("s1/ct.nii")]
    )
    assert [found[0].patient_key for _, _, found in joined.rows] == ["P7", "P7"]


def test_a_later_row_without_patient_leaves_the_one_that_an_earlier_row_gave():
    nobody = stack(patient_id="", patient_key="1.1")
    rows = [report_row("A.", StudyInstanceUID="1.1", PatientID="P7"), report_row("B.", StudyInstanceUID="1.1")]
    for order in (rows, rows[::-1]):
        assert [one.patient_key for one in join_reports(order, [nobody]).stacks] == ["P7"]
    rows = [
        report_row("A.", path="s1", PatientID="P7"),
        report_row("B.", path="s1/ct.nii"),
        report_row("C.", path="s1"),
    ]
    for order in (rows, rows[::-1]):
        joined = join_reports(order, [unnamed("s1/ct.nii")])
        assert {one.patient_key for _, _, found in joined.rows for one in found} == {"P7"} and len(joined.rows) == 3


def test_rows_that_name_two_patients_for_one_study_are_dropped():
    nobody = stack(patient_id="", patient_key="1.1")
    rows = [report_row(p, StudyInstanceUID="1.1", PatientID=p) for p in ("P7", "P8", "")]
    joined = join_reports(rows, [nobody])
    assert joined.rows == [] and joined.dropped == {"patient_contradicts": 3}


def test_all_series_of_a_study_take_the_patient_of_its_rows():
    nobody = {"patient_id": "", "patient_key": "1.1"}
    series = [stack(name=n, series_uid=f"1.1.{n}", **nobody) for n in "12"]
    joined = join_reports([report_row(SeriesInstanceUID="1.1.1", PatientID="P7")], series)
    assert [one.patient_key for one in joined.stacks] == ["P7", "P7"]


def test_modalities_that_contradict_each_other_drop_the_rows():
    rows = [report_row(m, path="s1/ct.nii", Modality=m) for m in ("CT", "MR")]
    joined = join_reports(rows, [unnamed("s1/ct.nii")])
    assert joined.rows == [] and joined.dropped == {"modality_contradicts": 2}


def test_who_names_the_file_knows_its_modality_better_than_who_names_the_folder():
    rows = [report_row("a", path="s1", Modality="CT"), report_row("b", path="s1/mr.nii", Modality="MR")]
    joined = join_reports(rows, [unnamed("s1/ct.nii"), unnamed("s1/mr.nii")])
    assert [(row.fields["report"], [s.names[0] for s in found]) for _, row, found in joined.rows] == [
        ("a", ["s1/ct.nii"]), ("b", ["s1/mr.nii"]),
    ]  # fmt: skip
    assert [one.modality for one in joined.stacks] == ["CT", "MR"]


@pytest.mark.parametrize("written", ["12345", "12345.0", "0012345", "1.2345E+04", "12345,00", " 12345 "])
def test_a_number_joins_however_programs_write_it(written):
    stacks = [stack(name="a", accession="012345"), stack(name="b", accession="123450", study_key="2", study_uid="2")]
    ((_, _, found),) = join_reports([report_row(AccessionNumber=written)], stacks).rows
    assert [one.names for one in found] == [["a"]]


@pytest.mark.parametrize(
    ("accessions", "written", "reason"),
    [
        (("123", "0123"), "123", "ambiguous_accession"),
        (("A-1", "A1"), "A-1", "ambiguous_accession"),
        (("123456789012", "5"), "1.23457E+11", "rounded_number"),
        (("1-23", "5"), "12-3", "no_matching_study"),
        (("1.5", "5"), "15", "no_matching_study"),
        (("0", "5"), "0.0", "no_matching_study"),
        (("NONE", "5"), "none", "no_matching_study"),
    ],
)
def test_a_number_that_does_not_tell_one_study_joins_none(accessions, written, reason):
    stacks = [stack(accession=a, study_key=f"s{n}", study_uid=f"s{n}") for n, a in enumerate(accessions)]
    assert join_reports([report_row(AccessionNumber=written)], stacks).dropped == {reason: 1}


def test_patients_whose_numbers_fall_together_are_ambiguous():
    stacks = [stack(patient_id="0123", patient_key="123"), stack(patient_id="123", patient_key="123")]
    assert join_reports([report_row(PatientID="123.0")], stacks).dropped == {"ambiguous_patient": 1}


def test_a_repeated_text_is_dropped_and_no_translation():
    rows = [report_row(), report_row("Leber  Glatt."), report_row("Milz."), report_row("Liver.", "en")]
    joined = join_reports(rows, [stack()])
    assert [row.fields["origin"] for _, row, _ in joined.rows] == ["original", "original", "translated"]
    assert joined.dropped == {"duplicate_report": 1}


def test_a_row_for_each_image_keeps_its_text():
    slices = stack(known_slice(0.0, sop_uid="1.9.1"), known_slice(5.0, sop_uid="1.9.2"))
    rows = [report_row(SOPInstanceUID=uid) for uid in ("1.9.1", "1.9.2", "1.9.2")]
    assert join_reports(rows, [slices]).dropped == {"duplicate_report": 1}


ONE_STUDY = [stack(name="a"), stack(name="b", patient_key="P2", patient_id="P2", series_uid="1.1.2")]
ONE_PERSON = {"P1": "p", "P2": "p"}


@pytest.mark.parametrize("fields", [{}, {"PatientID": "P1"}, {"PatientID": "P2"}])
def test_a_study_under_two_ids_of_one_person_keeps_its_report(fields):
    row = report_row(StudyInstanceUID="1.1", **fields)
    joined = join_reports([row], ONE_STUDY, ONE_PERSON)
    assert [len(found) for _, _, found in joined.rows] == [2] and not joined.dropped


def test_a_study_under_ids_of_two_persons_loses_it():
    assert join_reports([report_row(StudyInstanceUID="1.1")], ONE_STUDY).dropped == {"ambiguous_patient": 1}
    assert join_reports([report_row(StudyInstanceUID="1.1", PatientID="P3")], ONE_STUDY, ONE_PERSON).dropped == {
        "patient_mismatch": 1
    }


def test_the_lines_of_rows_that_find_nothing_are_told():
    rows = [report_row(StudyInstanceUID=uid) for uid in ("1.1", "9", "8")]
    joined = join_reports([replace(row, line=n) for n, row in enumerate(rows, 2)], [FIRST])
    assert joined.lines == {"no_matching_study": [3, 4]}


def test_joining_takes_time_in_proportion_to_the_rows():
    stacks = [stack(name=f"f{n}", patient_key=f"P{n}", study_key=str(n), study_uid=f"1.{n}") for n in range(3000)]
    rows = [report_row(StudyInstanceUID=f"1.{n}") for n in range(3000)]
    started = process_time()
    assert len(join_reports(rows, stacks).rows) == 3000 and process_time() - started < 5


def series_in(folder: str, study: str, series: str, *, files: int = 4, **facts):
    """A series of several files, each in a place of its own."""
    slices = [known_slice(5.0 * k, sop_uid=f"{series}.{k}") for k in range(files)]
    found = stack(*slices, study_key=study or f"path {folder}", study_uid=study, series_uid=series, **facts)
    return replace(found, sources=tuple(Source("/export", f"{folder}/IM{k}") for k in range(files)))


MANY = [
    series_in("p1/ct", "1.1", "1.1.1"),
    series_in("p1/ct/late", "1.1", "1.1.2"),
    series_in("p2.zip!a", "1.2", "1.2.1", patient_key="P2", patient_id="P2", accession="77"),
    series_in("p3/x", "", "1.3.1", patient_key="path p3/x", patient_id=""),
    unnamed("p4/ct.nii.gz"),
    unnamed("p4/late/ct.nii.gz"),
]
NAMED = [
    {"path": "p1"}, {"path": "p1/ct"}, {"path": "p1/ct/late"}, {"path": "p1/ct/IM2"}, {"path": "p1/ct/late/IM3"},
    {"path": "p2.zip"}, {"path": "p2.zip!a"}, {"path": "p2.zip!a/IM1"}, {"path": "p3"}, {"path": "p3/x"},
    {"path": "p3/x/IM0", "PatientID": "P9"}, {"path": "p4", "Modality": "MR"}, {"path": "p4/late", "Modality": "CT"},
    {"path": "p4/ct.nii.gz"}, {"path": "p5"}, {"SOPInstanceUID": "1.1.1.2"}, {"SOPInstanceUID": "1.1.2.3", "path": "p1/ct"},
    {"SOPInstanceUID": "1.2.1.0", "StudyInstanceUID": "1.1"}, {"SOPInstanceUID": "9.9", "path": "p3/x"},
    {"SeriesInstanceUID": "1.1.2", "path": "p1"}, {"AccessionNumber": "077", "SOPInstanceUID": "1.2.1.3"},
    {"StudyInstanceUID": "1.1", "path": "p2.zip"}, {"PatientID": "P2", "path": "p1/ct/IM1"},
]  # fmt: skip


def told(rows, stacks):
    joined = join_reports(rows, stacks)
    found = [(number, sorted(one.series_key for one in theirs)) for number, _, theirs in joined.rows]
    return found, joined.dropped, [(one.study_key, one.patient_key, one.modality) for one in joined.stacks]


@pytest.mark.parametrize("seed", range(25))
def test_of_a_stack_a_few_slices_are_enough_to_join_it(seed):
    draw = random.Random(seed)
    chosen = NAMED if seed == 0 else draw.sample(NAMED, draw.randint(1, 9))
    rows = [report_row(f"Text {n}.", **fields) for n, fields in enumerate(chosen)]
    asked = ({row.fields[name] for row in rows} - {""} for name in ("path", "SOPInstanceUID"))
    paths, images = asked
    thin = [one.thinned(paths, images) for one in MANY]
    assert told(rows, thin) == told(rows, MANY)
    assert sum(len(one.slices) for one in thin) <= len(MANY) + len(paths) * len(MANY) + len(images)
