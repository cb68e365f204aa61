"""A folder of slices is one series in order of depth, or an error that says what to give."""

import nibabel
import numpy as np
import pytest

from radgrounder.inference.picture import open_picture
from radgrounder.inference.series import open_series
from tests.fixtures.dicom_files import write_slice


def test_slices_are_in_order_of_depth_whatever_their_files_are_called(tmp_path):
    for k in range(4):
        write_slice(tmp_path / f"{9 - k}", k)
    series = open_series(tmp_path)
    assert (series.modality, series.plane) == ("CT", "axial") and series.grid == ((4, 16, 16), (5.0, 1.0, 1.0))
    assert [(s.number, s.instance) for s in series.slices] == [(0, 1), (1, 2), (2, 3), (3, 4)]
    alone = open_picture(tmp_path / "9")
    assert series.slices[0].picture.image.tobytes() == alone.image.tobytes()
    assert (series.slices[0].picture.width, series.slices[0].picture.height) == (alone.width, alone.height)


def test_a_nifti_volume_needs_its_modality(tmp_path):
    values = np.full((16, 12, 5), -1000, np.int16)
    values[4:12, 3:9] = np.random.default_rng(0).integers(-100, 300, (8, 6, 5))
    nibabel.save(nibabel.Nifti1Image(values, np.diag([-1.0, -1.0, 3.0, 1.0])), tmp_path / "v.nii.gz")
    with pytest.raises(ValueError, match="modality_unknown"):
        open_series(tmp_path)
    assert open_series(tmp_path, modality="CT").grid == ((5, 12, 16), (3.0, 1.0, 1.0))


def test_what_is_no_series_says_what_to_give(tmp_path):
    with pytest.raises(ValueError, match="holds no series of CT or MR slices .it is empty"):
        open_series(tmp_path)
    (tmp_path / "notes.txt").write_text("x")
    with pytest.raises(ValueError, match="1 not_an_image"):
        open_series(tmp_path)
    write_slice(tmp_path / "a", 0)
    with pytest.raises(ValueError, match="make no volume .single_slice.. One slice says nothing"):
        open_series(tmp_path)
    for k in (1, 3):
        write_slice(tmp_path / f"a{k}", k)
    with pytest.raises(ValueError, match="uneven_slices"):
        open_series(tmp_path)


def test_files_that_are_none_of_its_slices_are_told(tmp_path):
    for k in range(3):
        write_slice(tmp_path / f"{k}", k)
    (tmp_path / "notes.txt").write_text("x")
    assert open_series(tmp_path).left_out == {"not_an_image": 1}


def test_two_series_are_not_mixed(tmp_path):
    for k in range(3):
        write_slice(tmp_path / f"a{k}", k)
        write_slice(tmp_path / f"b{k}", k, SeriesInstanceUID="1.2.3", SOPInstanceUID=f"1.2.4.{k}")
    with pytest.raises(ValueError, match="holds 2 series .of 3, 3 slices.. Give the folder of one"):
        open_series(tmp_path)
