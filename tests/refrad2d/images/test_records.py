"""One file becomes a record: slices in 16 bits whose values come back, and fields of an allow-list."""

import nibabel
import numpy as np
import pytest
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence
from pydicom.uid import KeyObjectSelectionDocumentStorage, MediaStorageDirectoryStorage, SegmentationStorage

from refrad2d.images.records import Record, digest_pixels, open_file, read_file
from refrad2d.images.sources import Source, Unreadable
from tests.fixtures.dicom_files import write_slice
from tests.fixtures.export_records import KEY


def test_a_record_says_what_its_header_says_and_holds_no_pixels(tmp_path):
    write_slice(tmp_path / "a", 2)
    found = read_file((Source(str(tmp_path), "a"), KEY))
    assert (found.kind, found.modality, found.sex, found.age, found.series_number) == ("dicom", "CT", "F", 60, 4)
    (shown,) = found.slices
    assert shown.pixels is None and shown.instance == 3 and shown.number == 0 and shown.digest


def test_pixels_come_as_uint16_that_give_their_values_back(tmp_path):
    pixels = np.array([[-1000, 0], [1, 3000]], np.int16)
    write_slice(tmp_path / "a", pixels=pixels, PixelRepresentation=1, RescaleIntercept=-24)
    (shown,) = open_file(Source(str(tmp_path), "a"))[1]
    assert shown.picture.dtype == np.uint16
    assert shown.values().tolist() == (pixels - 24.0).tolist()


def test_more_levels_than_16_bits_are_scaled_to_them(tmp_path):
    volume = np.linspace(-1.5, 2.5, 64, dtype=np.float32).reshape(4, 4, 4)
    nibabel.save(nibabel.Nifti1Image(volume, np.diag([1, 1, 5, 1])), tmp_path / "a.nii")
    record, slices = open_file(Source(str(tmp_path), "a.nii"))
    values = np.concatenate([shown.values().ravel() for shown in slices])
    assert record.kind == "nifti" and np.allclose(np.sort(values), np.sort(volume.ravel()), atol=1e-4)


@pytest.mark.parametrize("said", ["", "CT", "MR"])
@pytest.mark.parametrize("low", [-1000, 0])
def test_the_modality_of_a_nifti_is_what_the_user_says_and_never_read_from_values(tmp_path, low, said):
    volume = np.arange(low, low + 64, dtype=np.int16).reshape(4, 4, 4)
    nibabel.save(nibabel.Nifti1Image(volume, np.diag([1, 1, 5, 1])), tmp_path / "a.nii")
    assert read_file((Source(str(tmp_path), "a.nii", modality=said), KEY)).modality == (said or None)


def test_what_is_no_image_is_a_reason(tmp_path):
    (tmp_path / "a.txt").write_text("Tina Testerin")
    assert read_file((Source(str(tmp_path), "a.txt"), KEY)) == "not_an_image"


def test_values_that_float32_cannot_hold_are_refused(tmp_path):
    write_slice(tmp_path / "a", RescaleSlope="1e15")
    with pytest.raises(Unreadable, match="values_out_of_range"):
        list(open_file(Source(str(tmp_path), "a"))[1])


def test_equal_pixels_have_one_digest_whatever_their_layout():
    pixels = np.arange(6, dtype=np.uint16).reshape(2, 3)
    assert digest_pixels(pixels) == digest_pixels(np.asfortranarray(pixels)) != digest_pixels(pixels.reshape(3, 2))


def test_records_say_nothing_unasked():
    assert Record("segmentation").slices == () and Record("segmentation").known == ()


def record_of(path):
    return read_file((Source(str(path.parent), path.name), KEY))


def write_nifti(path, volume):
    nibabel.save(nibabel.Nifti1Image(volume, np.diag([-1.0, -1.0, 5.0, 1.0])), path)
    return path


@pytest.mark.parametrize("low", [-30000, 0, 70000])
def test_integers_come_back_exactly(tmp_path, low):
    volume = np.arange(low, low + 60000, 1000, dtype=np.int32).reshape(3, 4, 5)
    path = write_nifti(tmp_path / "a.nii", volume)
    source = Source(str(tmp_path), path.name)
    stored = list(open_file(source)[1])
    assert all(shown.picture.dtype == np.uint16 for shown in stored)
    assert np.array_equal(np.stack([shown.values().T for shown in stored], axis=-1), volume)


def test_key_objects_name_slices_and_hold_none(tmp_path):
    reference = Dataset()
    reference.ReferencedSOPInstanceUID = "1.2.3.4"
    path = write_slice(
        tmp_path / "a", SOPClassUID=KeyObjectSelectionDocumentStorage, ContentSequence=Sequence([reference])
    )
    record = record_of(path)
    assert (record.kind, record.references, record.slices) == ("key_objects", ("1.2.3.4",), ())


def test_a_segmentation_is_no_slice_of_its_study(tmp_path):
    record = record_of(write_slice(tmp_path / "a", SOPClassUID=SegmentationStorage))
    assert (record.kind, record.slices) == ("segmentation", ())


def test_a_dicomdir_is_dropped(tmp_path):
    assert record_of(write_slice(tmp_path / "a", SOPClassUID=MediaStorageDirectoryStorage)) == "dicomdir"


def test_fields_outside_the_standard_are_not_kept(tmp_path):
    record = record_of(write_slice(tmp_path / "a", PatientSex="Tina", BodyPartExamined="Tina", PatientAge="67 years"))
    assert (record.sex, record.body_part, record.age) == (None, None, None)


def test_a_header_that_names_the_head_is_marked(tmp_path):
    assert record_of(write_slice(tmp_path / "a", SeriesDescription="cCT Schädel")).head
    assert not record_of(write_slice(tmp_path / "b")).head
