from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from refrad2d.images.geometry import (
    REORIENTATIONS,
    Grid,
    axis_across,
    display_frames,
    even_step,
    frame_affine,
    patient_axes,
    ras_to_lps,
    reorient,
    undo_reorient,
    voxel_grid,
)
from refrad2d.labels import PLANES
from tests.fixtures.export_records import axial


def marked_volume(affine, shape=(7, 6, 5)):
    """A volume whose voxels hold their own LPS position, so that flips cannot hide."""
    index = np.stack(np.meshgrid(*map(np.arange, shape), indexing="ij"), -1)
    return index @ affine[:3, :3].T + affine[:3, 3]


@st.composite
def oriented(draw):
    """Any axis order, any flips, anisotropic spacing."""
    order = draw(st.permutations(range(3)))
    spacing = draw(st.permutations((0.7, 1.3, 5.0)))
    affine = np.eye(4)
    affine[:3, :3] = 0
    for voxel, patient in enumerate(order):
        affine[patient, voxel] = spacing[voxel] * draw(st.sampled_from((-1, 1)))
    affine[:3, 3] = [draw(st.integers(-200, 200)) for _ in range(3)]
    return affine


@given(oriented())
def test_shown_pixels_stay_where_they_are_in_the_patient(affine):
    positions = marked_volume(affine)
    frames = [list(display_frames(positions[..., axis], affine)) for axis in range(3)]
    for k, (_, place) in enumerate(frames[0]):
        rows, columns = np.meshgrid(*map(np.arange, place.shape), indexing="ij")
        lps = np.array(place.origin) + rows[..., None] * place.down + columns[..., None] * np.array(place.across)
        shown = np.stack([frames[axis][k][0] for axis in range(3)], -1)
        assert np.allclose(lps, shown, atol=1e-4)


@given(oriented())
def test_slices_are_shown_as_radiologists_see_them(affine):
    positions = marked_volume(affine)
    expected = {"axial": (0, 1, 1, 1), "coronal": (0, 1, 2, -1), "sagittal": (1, 1, 2, -1)}
    for voxel_axis in range(3):
        for axis in range(3):
            picture, place = next(display_frames(positions[..., axis], affine, slice_axis=voxel_axis))
            across, across_sign, down, down_sign = expected[place.plane]
            if axis == across:
                assert (np.sign(np.diff(picture, axis=1)) == across_sign).all()
            if axis == down:
                assert (np.sign(np.diff(picture, axis=0)) == down_sign).all()


@given(oriented())
def test_slices_come_in_order_of_depth(affine):
    depths = [place.depth for _, place in display_frames(np.zeros((7, 6, 5)), affine)]
    assert depths == sorted(depths) and len(set(depths)) == len(depths)


def test_the_widest_spacing_decides_the_plane():
    coronal = np.diag([1.0, 4.0, 1.0, 1.0])
    assert next(display_frames(np.zeros((4, 4, 4)), coronal))[1].plane == "coronal"


def test_equal_spacing_means_axial():
    assert next(display_frames(np.zeros((4, 4, 4)), np.diag([3.0, 3.0, 3.0, 1.0])))[1].plane == "axial"


def test_a_dicom_frame_lies_at_its_image_position():
    affine = frame_affine((-10, -20, 30), (1, 0, 0, 0, 1, 0), (0.5, 0.8))
    _, place = next(display_frames(np.zeros((4, 6, 1)), affine, slice_axis=2))
    assert place.origin == (-10, -20, 30) and place.down == (0, 0.5, 0) and place.across == (0.8, 0, 0)


def test_a_prone_patient_is_turned_back():
    affine = frame_affine((10, 20, 30), (-1, 0, 0, 0, -1, 0), (1, 1))
    picture = np.arange(6).reshape(2, 3)
    shown, _ = next(display_frames(picture[:, :, None], affine, slice_axis=2))
    assert shown.tolist() == picture[::-1, ::-1].tolist()


@pytest.mark.parametrize("orientation", [(1, 0, 0, 1, 0, 0), (0, 0, 0, 0, 1, 0), (2, 0, 0, 0, 1, 0)])
def test_directions_that_are_no_directions_are_an_error(orientation):
    with pytest.raises(ValueError, match="ImageOrientationPatient"):
        frame_affine((0, 0, 0), orientation, (1, 1))


def test_oblique_axes_follow_the_nearest_patient_axis():
    affine = np.eye(4)
    affine[:2, :2] = [[np.cos(0.6), -np.sin(0.6)], [np.sin(0.6), np.cos(0.6)]]
    assert patient_axes(affine) == [0, 1, 2]


def test_nifti_axes_are_ras():
    assert ras_to_lps(np.eye(4))[:3, :3].diagonal().tolist() == [-1, -1, 1]


@pytest.mark.parametrize("how", REORIENTATIONS)
def test_a_reoriented_picture_comes_back(how):
    picture = np.arange(6).reshape(2, 3)
    assert np.array_equal(undo_reorient(reorient(picture, how), how), picture)


@pytest.mark.parametrize("plane", PLANES)
def test_a_volume_cut_across_the_axis_of_a_plane_gives_slices_of_it(plane):
    affine = np.diag([1.0, 2.0, 3.0, 1.0])[:, [2, 0, 1, 3]]
    frames = display_frames(np.zeros((3, 4, 5)), affine, slice_axis=axis_across(plane, affine))
    assert {place.plane for _, place in frames} == {plane}


def test_a_missing_slice_makes_a_ladder_uneven():
    places = [axial(5.0 * k) for k in (0, 1, 2, 3)]
    assert even_step(places).tolist() == [0, 0, 5] and even_step(places[:2] + places[3:]) is None


def shifted(depth, across=0.0, turn=0.0):
    place = axial(depth)
    return replace(place, origin=(place.origin[0] + across, *place.origin[1:]), across=(1.0, turn, 0.0))


def test_even_slices_along_their_normal_are_a_grid():
    assert voxel_grid([axial(5.0 * k) for k in range(3)]) == Grid((3, 16, 16), (5.0, 1.0, 1.0))
    assert voxel_grid([shifted(5.0 * k, across=0.1 * k) for k in range(3)]) == Grid((3, 16, 16), (5.0, 1.0, 1.0))


@pytest.mark.parametrize(
    ("places", "reason"),
    [
        ([axial(0.0)], "single_slice"),
        ([axial(0.0), axial(5.0), axial(15.0)], "uneven_slices"),
        ([shifted(5.0 * k, across=0.3 * k) for k in range(3)], "tilted_slices"),
        ([shifted(5.0 * k, across=0.6 * (k == 1)) for k in range(3)], "tilted_slices"),
        ([shifted(5.0 * k, turn=0.02) for k in range(3)], "tilted_slices"),
    ],
)
def test_other_slices_are_none(places, reason):
    assert voxel_grid(places) == reason
