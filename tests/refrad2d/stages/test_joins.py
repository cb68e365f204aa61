import pytest

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
