"""The picture while it is painted."""

import numpy as np

from refrad2d.phantom import Grid, Protocol, make_patient
from refrad2d.phantom.canvas import Canvas, id_of, read_spreads


def canvas(modality="CT", phase="portal"):
    grid = Grid.of_plane("axial", 0.0, size=4, fov_mm=4)
    protocol = Protocol(modality=modality, phase=phase, thickness=0.0)
    return Canvas(make_patient(1), grid, protocol, np.random.default_rng(0))


def test_a_new_picture_is_air_without_classes():
    fresh = canvas()
    assert np.all(fresh.image == np.float32(fresh.values["air"])) and not fresh.mask.any() and fresh.findings == {}


def test_an_edge_is_soft_over_the_width_of_a_pixel():
    fresh = canvas()
    fresh.image[:] = 0
    fresh.paint(np.array([[-0.6, -0.25, 0.0, 0.6]] * 4, dtype=np.float32), 100.0)
    assert np.allclose(fresh.image[0], [0, 25, 50, 100])


def test_paint_stays_within_its_window_and_what_it_is_confined_to():
    fresh = canvas()
    fresh.image[:] = 0
    within = np.array([[True, False]] * 2)
    fresh.paint(np.full((2, 2), 5.0, dtype=np.float32), 10.0, (slice(0, 2), slice(1, 3)), within=within)
    assert fresh.image.sum() == 20 and (fresh.image[:2, 1] == 10).all()


def test_every_tissue_has_a_value_in_every_series():
    assert set(canvas().values) == set(canvas("MR", "t1").values) == set(read_spreads())


def test_values_do_not_make_the_picture_a_wider_type():
    assert all(type(value) is float for value in canvas().values.values()) and canvas().image.dtype == np.float32


def test_a_class_has_its_unified_id():
    assert id_of("spinal_cord") == 79
