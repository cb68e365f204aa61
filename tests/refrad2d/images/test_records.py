import nibabel
import numpy as np
import pytest

from refrad2d.images.records import Record, digest_pixels, open_file, read_file
from refrad2d.images.sources import Source, Unreadable
from tests.fixtures.dicom_files import write_slice

KEY = b"k" * 32


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


@pytest.mark.parametrize(("low", "modality"), [(-1000, "CT"), (0, "MR")])
def test_a_nifti_is_ct_only_where_it_holds_air(tmp_path, low, modality):
    volume = np.arange(low, low + 64, dtype=np.int16).reshape(4, 4, 4)
    nibabel.save(nibabel.Nifti1Image(volume, np.diag([1, 1, 5, 1])), tmp_path / "a.nii")
    assert read_file((Source(str(tmp_path), "a.nii"), KEY)).modality == modality


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
