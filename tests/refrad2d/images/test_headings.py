"""The first elements of a file say its series, as its whole header does; what says none is read by itself."""

import gzip
import zipfile

import nibabel
import numpy as np
import pytest
from pydicom.uid import DeflatedExplicitVRLittleEndian, ExplicitVRBigEndian, ImplicitVRLittleEndian

from refrad2d.images.headings import read_heading
from refrad2d.images.records import Record, read_file
from refrad2d.images.sources import Source, list_sources
from refrad2d.images.stacks import series_of
from tests.fixtures.dicom_files import SERIES, STUDY, make_slice, write_slice
from tests.fixtures.export_records import KEY


def whole(source):
    """The series by the whole header."""
    record = read_file((source, KEY))
    assert isinstance(record, Record)
    return series_of(source, record.patient_id, record.study_uid, record.series_uid, record.modality, False)


@pytest.mark.parametrize(
    "elements",
    [
        {},
        {"PatientID": "  0042 ", "SpecificCharacterSet": "ISO_IR 100"},
        {"PatientID": "Müller", "SpecificCharacterSet": "ISO_IR 192"},
        {"SeriesInstanceUID": None, "StudyInstanceUID": ""},
        {"Modality": "MR", "PatientID": None},
        {"ImageComments": "x" * 70_000},
    ],
)
def test_the_heading_says_what_the_header_says(tmp_path, elements):
    write_slice(tmp_path / "folder" / "a", **elements)
    source = Source(str(tmp_path), "folder/a")
    assert read_heading(source) == whole(source) is not None


@pytest.mark.parametrize("syntax", [ImplicitVRLittleEndian, ExplicitVRBigEndian, DeflatedExplicitVRLittleEndian])
def test_every_encoding_of_elements_is_read(tmp_path, syntax):
    dataset = make_slice()
    if syntax == ExplicitVRBigEndian:
        dataset.PixelData = np.frombuffer(dataset.PixelData, np.uint16).byteswap().tobytes()
    dataset.file_meta.TransferSyntaxUID = syntax
    dataset.save_as(tmp_path / "a", enforce_file_format=True)
    assert read_heading(Source(str(tmp_path), "a")) == ("P1", STUDY, SERIES, "CT")


def test_packed_files_and_members_of_archives_are_read(tmp_path):
    data = write_slice(tmp_path / "a").read_bytes()
    (tmp_path / "b.gz").write_bytes(gzip.compress(data))
    with zipfile.ZipFile(tmp_path / "c.zip", "w") as archive:
        archive.writestr("in/c", data)
    assert [read_heading(source) for source in list_sources(tmp_path)] == [("P1", STUDY, SERIES, "CT")] * 3


def test_a_bare_dataset_without_magic_is_read(tmp_path):
    data = write_slice(tmp_path / "a").read_bytes()[132:]
    (tmp_path / "a").write_bytes(data)
    assert read_heading(Source(str(tmp_path), "a")) == ("P1", STUDY, SERIES, "CT")


def test_what_says_no_series_has_none(tmp_path):
    nibabel.save(nibabel.Nifti1Image(np.zeros((4, 4, 4), np.int16), np.eye(4)), tmp_path / "v.nii.gz")
    nibabel.save(nibabel.Nifti1Image(np.zeros((4, 4, 4), np.int16), np.eye(4)), tmp_path / "w.nii")
    (tmp_path / "x").write_bytes(b"")
    (tmp_path / "z.gz").write_bytes(b"\x1f\x8b broken")
    assert [read_heading(source) for source in list_sources(tmp_path)] == [None] * 4
    assert read_heading(Source(str(tmp_path), "x", reason="linked_folder")) is None
