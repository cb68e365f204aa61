"""Which stacks a report row speaks of, and what it says of them that the images do not."""

import pytest

from refrad2d.stages.joins import join_reports
from tests.fixtures.export_records import make_record, report_row, stack_up

FIRST = make_record(0.0, accession="A 017")
SECOND = make_record(0.0, patient_id="P2", study_uid="1.3", series_uid="1.3.1", accession="B1")
NIFTI = make_record(0.0, kind="nifti", patient_id="", study_uid="", series_uid="")


def series_of(*rows, records=(FIRST, SECOND), paths=()):
    """The SeriesInstanceUIDs that each row speaks of, and the reasons of dropped rows."""
    joined = join_reports(rows, stack_up(*records, paths=paths))
    return [[stack.series_key for stack in stacks] for _, _, stacks in joined.rows], dict(joined.dropped)


@pytest.mark.parametrize(
    "fields",
    [
        {"SeriesInstanceUID": "1.3.1"},
        {"StudyInstanceUID": "1.3"},
        {"AccessionNumber": "b1"},
        {"PatientID": "p2"},
        {"path": "export/1"},
    ],
)
def test_a_row_joins_by_any_identifier(fields):
    assert series_of(report_row(**fields)) == ([["1.3.1"]], {})


def test_the_most_specific_identifier_wins():
    assert series_of(report_row(StudyInstanceUID="1.2", AccessionNumber="B1"))[0] == [["1.2.3"]]


def test_accession_numbers_may_be_spelled_otherwise():
    assert series_of(report_row(AccessionNumber="a-017"))[0] == [["1.2.3"]]


def test_a_row_that_names_nothing_speaks_of_the_only_study():
    assert series_of(report_row(), records=(FIRST,)) == ([["1.2.3"]], {})


def test_rows_that_name_nothing_are_an_error_among_several_studies():
    with pytest.raises(ValueError, match="the export holds 2. Add one of the columns SOPInstanceUID"):
        series_of(report_row())


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({}, "no_identifier"),
        ({"StudyInstanceUID": "9.9"}, "no_matching_study"),
        ({"StudyInstanceUID": "1.3", "PatientID": "P1"}, "patient_mismatch"),
        ({"StudyInstanceUID": "9.9", "PatientID": "P2"}, "no_matching_study"),  # of the person, not of these images
    ],
)
def test_a_row_that_joins_nothing_is_dropped_with_its_reason(fields, reason):
    assert series_of(report_row(PatientID="P1"), report_row(**fields)) == ([["1.2.3"]], {reason: 1})


def test_a_study_of_two_patients_is_ambiguous():
    reused = make_record(0.0, patient_id="P3")
    assert series_of(report_row(StudyInstanceUID="1.2"), records=(FIRST, reused))[1] == {"ambiguous_patient": 1}


def test_a_patient_with_two_studies_needs_more_than_a_name():
    later = make_record(0.0, study_uid="1.4", series_uid="1.4.1")
    assert series_of(report_row(PatientID="P1"), records=(FIRST, later))[1] == {"ambiguous_study": 1}


def test_a_modality_chooses_among_the_series_of_a_study():
    mr = make_record(0.0, series_uid="1.2.9", modality="MR")
    assert series_of(report_row(StudyInstanceUID="1.2", Modality="MR"), records=(FIRST, mr))[0] == [["1.2.9"]]


def test_a_row_completes_what_a_nifti_does_not_say():
    (before,) = stack_up(NIFTI, paths=("tina/ct.nii",))
    joined = join_reports([report_row(path="tina", PatientID="P7", Modality="MR")], [before])
    (after,) = joined.stacks
    assert (after.patient_key, after.study_key, after.modality) == ("P7", "path tina", "MR")
    assert (before.patient_key, before.modality) == ("path tina/ct.nii", "CT") and joined.rows[0][2] == [after]


def test_a_row_does_not_change_what_the_images_say():
    (before,) = stack_up(FIRST)
    assert join_reports([report_row(StudyInstanceUID="1.2", Modality="MR")], [before]).stacks == [before]


def test_files_that_one_path_joins_are_one_patient():
    stacks = stack_up(NIFTI, NIFTI, paths=("tina/ct.nii", "tina/mr.nii"))
    after = join_reports([report_row(path="tina")], stacks).stacks
    assert {stack.patient_key for stack in after} == {"path tina"}


def test_rows_of_one_stack_all_see_what_the_last_of_them_says():
    stacks = stack_up(NIFTI, paths=("tina/ct.nii",))
    joined = join_reports([report_row(path="tina"), report_row(path="tina", PatientID="P7")], stacks)
    assert [theirs[0].patient_key for _, _, theirs in joined.rows] == ["P7", "P7"]
