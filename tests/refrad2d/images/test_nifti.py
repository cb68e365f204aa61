"""NIfTI from bytes: both kinds, packed or not, and what is refused."""

import gzip
import tracemalloc

import nibabel
import numpy as np
import pytest

from refrad2d.images.nifti import is_nifti, open_nifti
from refrad2d.images.sources import Unreadable


def data_of(volume, kind=nibabel.Nifti1Image):
    return kind(volume, np.diag([2.0, 2.0, 5.0, 1.0])).to_bytes()


@pytest.mark.parametrize("kind", [nibabel.Nifti1Image, nibabel.Nifti2Image])
@pytest.mark.parametrize("packed", [False, True])
def test_voxels_come_as_they_are_in_the_file(kind, packed):
    volume = np.arange(24, dtype=np.int16).reshape(2, 3, 4)
    data = data_of(volume, kind)
    data = gzip.compress(data) if packed else data
    assert is_nifti(data)
    opened = open_nifti(data)
    assert (opened.voxels == volume).all() and opened.affine[2, 2] == 5.0


def test_a_fourth_axis_of_one_is_no_time():
    assert open_nifti(data_of(np.zeros((2, 2, 2, 1), np.int16))).voxels.shape == (2, 2, 2)


@pytest.mark.parametrize(
    ("volume", "reason"),
    [
        (np.zeros((2, 2), np.int16), "not_three_dimensional"),
        (np.zeros((2, 2, 2, 3), np.int16), "not_three_dimensional"),
        (np.zeros((2, 2, 2), np.complex64), "not_one_number_a_voxel"),
    ],
)
def test_what_is_no_volume_of_numbers_is_refused(volume, reason):
    with pytest.raises(Unreadable, match=reason):
        open_nifti(data_of(volume))


def test_a_file_that_ends_early_is_unreadable():
    with pytest.raises(Unreadable, match="unreadable_nifti"):
        open_nifti(data_of(np.zeros((8, 8, 8), np.int16))[:400])


def test_other_bytes_are_no_nifti():
    assert not is_nifti(b"DICM" * 200) and not is_nifti(b"")


def test_a_bomb_unpacks_only_to_what_its_header_says():
    small = nibabel.Nifti1Image(np.zeros((2, 3, 4), np.int16), np.eye(4)).to_bytes()
    bomb = gzip.compress(small + bytes(1 << 26))
    tracemalloc.start()
    assert open_nifti(bomb).voxels.shape == (2, 3, 4)
    assert tracemalloc.get_traced_memory()[1] < 1 << 24
    tracemalloc.stop()
    header = nibabel.Nifti1Header(nibabel.Nifti1Image(np.zeros((2, 3, 4), np.int16), np.eye(4)).header.binaryblock)
    header.set_data_shape((20000, 20000, 3))
    with pytest.raises(Unreadable, match="too_large"):
        open_nifti(gzip.compress(header.binaryblock + bytes(100)))


def test_values_follow_from_slope_and_intercept():
    image = nibabel.Nifti1Image(np.arange(8, dtype=np.int16).reshape(2, 2, 2), np.eye(4))
    image.header.set_slope_inter(2, -1024)
    opened = open_nifti(image.to_bytes())
    assert (opened.slope, opened.intercept) == (2.0, -1024.0) and opened.voxels.max() == 7
