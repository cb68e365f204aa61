"""One file becomes a record: slices in 16 bits whose values come back, and fields of an allow-list."""

import nibabel
import numpy as np
import pytest
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence
from pydicom.uid import KeyObjectSelectionDocumentStorage, MediaStorageDirectoryStorage, SegmentationStorage

from refrad2d.images.records import digest_pixels, open_file, read_file
from refrad2d.images.sources import Source
from tests.fixtures.dicom_files import write_slice
from tests.fixtures.export_records import KEY


def record_of(path):
    return read_file((Source(str(path.parent), path.name), KEY))


def values_of(path):
    return next(open_file(Source(str(path.parent), path.name))[1]).values()


def write_nifti(path, volume):
    nibabel.save(nibabel.Nifti1Image(volume, np.diag([-1.0, -1.0, 5.0, 1.0])), path)
    return path


def test_a_record_holds_no_pixels(tmp_path):
    record = record_of(write_slice(tmp_path / "a"))
    assert record.kind == "dicom" and [known.pixels for known in record.slices] == [None]


def test_a_slice_is_named_by_a_pseudonym(tmp_path):
    (known,) = record_of(write_slice(tmp_path / "Testerin_Tina")).slices
    assert known.file and "Testerin" not in known.file and known.sop_uid and known.instance == 1


@pytest.mark.parametrize("low", [-30000, 0, 70000])
def test_integers_come_back_exactly(tmp_path, low):
    volume = np.arange(low, low + 60000, 1000, dtype=np.int32).reshape(3, 4, 5)
    path = write_nifti(tmp_path / "a.nii", volume)
    source = Source(str(tmp_path), path.name)
    stored = list(open_file(source)[1])
    assert all(shown.picture.dtype == np.uint16 for shown in stored)
    assert np.array_equal(np.stack([shown.values().T for shown in stored], axis=-1), volume)


def test_more_levels_than_16_bits_come_back_within_half_a_step(tmp_path):
    volume = np.linspace(-0.5, 0.5, 60, dtype=np.float32).reshape(3, 4, 5)
    write_nifti(tmp_path / "a.nii", volume)
    shown = next(open_file(Source(str(tmp_path), "a.nii"))[1])
    assert np.abs(shown.values().T - volume[..., 0]).max() <= shown.slope


def test_values_that_float32_cannot_hold_drop_the_file(tmp_path):
    assert record_of(write_slice(tmp_path / "a", RescaleSlope=1e20)) == "values_out_of_range"


@pytest.mark.parametrize(("lowest", "modality"), [(-1000, "CT"), (0, "MR")])
def test_a_nifti_with_the_values_of_air_is_ct(tmp_path, lowest, modality):
    volume = np.zeros((3, 3, 3), np.int16)
    volume[0, 0, 0] = lowest
    assert record_of(write_nifti(tmp_path / "a.nii", volume)).modality == modality


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


def test_what_is_no_image_is_dropped(tmp_path):
    (tmp_path / "a").write_text("liver")
    assert record_of(tmp_path / "a") == "not_an_image"


def test_fields_outside_the_standard_are_not_kept(tmp_path):
    record = record_of(write_slice(tmp_path / "a", PatientSex="Tina", BodyPartExamined="Tina", PatientAge="67 years"))
    assert (record.sex, record.body_part, record.age) == (None, None, None)


def test_a_header_that_names_the_head_is_marked(tmp_path):
    assert record_of(write_slice(tmp_path / "a", SeriesDescription="cCT Schädel")).head
    assert not record_of(write_slice(tmp_path / "b")).head


def test_equal_pixels_of_another_shape_are_told_apart():
    pixels = np.zeros((2, 3), np.uint16)
    assert digest_pixels(pixels) == digest_pixels(pixels[:, ::-1]) != digest_pixels(pixels.T)
