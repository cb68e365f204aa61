"""NIfTI from bytes: both kinds, packed or not, and what is refused."""

import gzip
import tracemalloc

import nibabel
import numpy as np
import pytest

from refrad2d.images.nifti import is_nifti, open_nifti
from refrad2d.images.sources import Unreadable


@pytest.mark.parametrize("kind", [nibabel.Nifti1Image, nibabel.Nifti2Image])
@pytest.mark.parametrize("pack", [bytes, gzip.compress])
def test_both_kinds_of_nifti_are_read(kind, pack):
    volume = np.arange(24, dtype=np.int16).reshape(2, 3, 4)
    data = pack(kind(volume, np.eye(4)).to_bytes())
    assert is_nifti(data) and np.array_equal(open_nifti(data).voxels, volume)


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
        open_nifti(nibabel.Nifti1Image(volume, np.eye(4)).to_bytes())


def test_a_volume_that_is_cut_off_is_refused():
    data = nibabel.Nifti1Image(np.zeros((9, 9, 9), np.int16), np.eye(4)).to_bytes()
    with pytest.raises(Unreadable, match="unreadable_nifti"):
        open_nifti(data[:-1])


def test_other_bytes_are_no_nifti():
    assert not is_nifti(b"") and not is_nifti(gzip.compress(b"n+1")) and not is_nifti(b"\x1f\x8b broken")
