"""Shapes on a plane: signed distances, windows, waves."""

import numpy as np
import pytest

from refrad2d.phantom import make_patient, render_slice
from refrad2d.phantom.shapes import (
    BLAS_BLOCK,
    Geometry,
    Grid,
    build_shapes,
    join_geometries,
    multiply,
    random_waves,
    rotations_of,
)


def ball_and_tube() -> Geometry:
    """A ball of 10 mm at the origin, and a tube of 5 mm along x from 20 to 40 mm."""
    return Geometry(
        round=np.array([True, False]),
        start=np.array([[0.0, 0, 0], [20, 0, 0]]),
        axis=np.array([[0.0, 0, 0], [20, 0, 0]]),
        radii=np.array([[10.0, 10, 10], [5, 5, 0]]),
        turn=np.tile(np.eye(3), (2, 1, 1)),
        gas=np.full(2, -np.inf),
    )


def depth_at(index: int, *point: float) -> float:
    points = np.array(point, dtype=np.float32).reshape(3, 1, 1)
    shapes = build_shapes(ball_and_tube(), np.zeros(2))
    return float(shapes.depth(index, points, np.einsum("kij,kij->ij", points, points))[0, 0])


def test_an_unknown_plane_names_the_planes():
    with pytest.raises(ValueError, match="Unknown plane 'oblique'. Choose from axial, coronal, sagittal."):
        render_slice(make_patient(0), plane="oblique", position_mm=0)


@pytest.mark.parametrize(
    ("index", "point", "depth"),
    [
        (0, (0, 0, 0), 10),
        (0, (0, 7, 0), 3),
        (0, (0, 0, 12), -2),
        (1, (30, 0, 0), 5),
        (1, (30, 8, 0), -3),
        (1, (44, 0, 0), 1),
    ],
)
def test_depth_is_the_distance_to_the_surface_positive_inside(index, point, depth):
    assert depth_at(index, *point) == pytest.approx(depth, abs=1e-3)


def test_bounds_hold_the_shape_and_its_halo():
    shapes = build_shapes(ball_and_tube(), np.array([0.0, 4.0]))
    assert (shapes.low[0] <= -10).all() and (shapes.high[0] >= 10).all()
    assert shapes.low[1][1] <= -9 and shapes.high[1][0] >= 49


def test_geometries_are_joined_in_order():
    one = ball_and_tube()
    assert join_geometries([one, one]).round.tolist() == [True, False, True, False]


def test_a_crop_keeps_the_points_of_its_pixels():
    grid = Grid.of_plane("coronal", 5.0, size=(6, 8), fov_mm=16)
    window = slice(1, 4), slice(2, 7)
    assert np.allclose(grid.crop(window).points(), grid.points()[:, window[0], window[1]])


def test_the_window_of_a_box_holds_its_pixels_and_is_never_empty():
    grid = Grid.of_plane("axial", 0.0, size=10, fov_mm=10)
    rows, columns = grid.window_of(np.array([-2.0, -1, -1]), np.array([2.0, 1, 1]))
    assert rows.start <= 4 and rows.stop >= 6 and columns.start <= 3 and columns.stop >= 7
    rows, columns = grid.window_of(np.array([90.0, 90, 0]), np.array([91.0, 91, 0]))
    assert rows.stop > rows.start and columns.stop > columns.start


def test_waves_are_the_same_on_a_plane_and_at_single_points():
    waves = random_waves(np.random.default_rng(1), channels=2, count=5, wavelengths=(20, 60), amplitude=2.0)
    grid = Grid.of_plane("sagittal", 3.0, size=5, fov_mm=50)
    points = grid.points().reshape(3, -1).T.astype(float)
    assert np.allclose(waves.on(grid).reshape(2, -1).T, waves.at(points), atol=1e-3)


@pytest.mark.parametrize(("rows", "columns"), [(3, 5), (3, BLAS_BLOCK), (BLAS_BLOCK // 10, 20)])
def test_a_product_in_blocks_is_the_product(rows, columns):
    rng = np.random.default_rng(0)
    first, second = rng.random((rows, 3), dtype=np.float32), rng.random((3, columns), dtype=np.float32)
    assert np.allclose(multiply(first, second), first @ second)


def test_rotations_turn_about_z_then_keep_lengths():
    (turn,) = rotations_of(np.array([[90.0, 0, 0]]))
    assert np.allclose(turn @ [1, 0, 0], [0, 1, 0]) and np.allclose(turn @ turn.T, np.eye(3))


@pytest.mark.parametrize("number", [0, 1])
def test_a_changed_shape_has_the_depth_of_the_old_one_at_the_place_it_came_from(number):
    geometry = Geometry(
        round=np.array([True, False]), start=np.array([[3.0, 4, 5], [1, 2, 3]]), axis=np.array([[0.0, 0, 0], [9, -4, 2]]),
        radii=np.array([[9.0, 6, 4], [5, 3, 0]]), turn=rotations_of(np.array([[20.0, 5, 9], [0, 0, 0]])),
        gas=np.full(2, -np.inf),
    )  # fmt: skip
    shapes = build_shapes(geometry, np.zeros(2))
    about, shift = np.array([1.0, -2, 3]), np.array([4.0, 5, -6])
    changed = shapes.changed([number], shift=shift, scale=1.5, about=about)
    old = np.random.default_rng(0).normal(3, 8, (3, 6, 7)).astype(np.float32)
    new = (about[:, None, None] + 1.5 * (old - about[:, None, None]) + shift[:, None, None]).astype(np.float32)
    depths = [one.depth(number, p, (p * p).sum(axis=0)) for one, p in ((shapes, old), (changed, new))]
    assert np.allclose(depths[1], 1.5 * depths[0], atol=1e-2)
    other = 1 - number
    assert np.array_equal(changed.low[other], shapes.low[other]) and changed.terms[other] == shapes.terms[other]
