"""Organs in place: frames, groups, sizes."""

import numpy as np
import pytest

from refrad2d.phantom.organs import FRAMES, BodyFrame, place_organs, smooth_path


def frame(size=1.0):
    """A straight body of 200 mm: levels 10 to 30, half axes 100 and 80 mm, a wall of 10, no fat; spine at y = 50."""
    levels = np.linspace(30, 10, 201)
    columns = [100.0, 80.0, 5.0, 10.0, 0.0, 50.0, 20.0, 16.0]
    return BodyFrame(np.stack([levels, *(np.full(201, value) for value in columns)]), -100.0, size)


@pytest.mark.parametrize(
    ("name", "place"), [("cavity", (45.0, 40.0, 0.0)), ("spine", (0.5, 50.5, 0.0)), ("body", (0.5, 0.5, 0.0))]
)
def test_a_frame_says_what_x_and_y_count(name, place):
    found = frame()(np.array([[0.5, 0.5, 20.0]]), np.array([FRAMES.index(name)]))
    assert np.allclose(found, [place])


def place(seed, **settings):
    options = {"scales": {}, "breath": 0.0, **settings}
    return place_organs("abdomen", np.random.default_rng(seed), frame(), **options)


def test_the_same_chance_gives_the_same_organs():
    (organs, one), (again, other) = place(1), place(1)
    assert organs == again and np.array_equal(one.start, other.start)


def test_every_shape_belongs_to_one_organ_in_order():
    organs, geometry = place(1)
    assert organs[0].first == 0 and organs[-1].last == len(geometry.gas)
    assert all(a.last == b.first for a, b in zip(organs, organs[1:], strict=False))


def test_a_scale_makes_a_class_larger_and_leaves_others():
    (organs, usual), (_, large) = place(1), place(1, scales={"spleen": 2.0})
    spleen, liver = (next(o for o in organs if o.label == label) for label in ("spleen", "liver"))
    ratio = large.radii[:, 0] / usual.radii[:, 0]
    assert np.allclose(ratio[spleen.first : spleen.last], 2.0) and np.allclose(ratio[liver.first : liver.last], 1.0)


def test_breath_moves_what_lies_below_the_diaphragm():
    (organs, usual), (_, deep) = place(1), place(1, breath=-9.0)
    liver = next(o for o in organs if o.label == "liver")
    moved = (deep.start - usual.start)[liver.first : liver.last]
    assert np.allclose(moved, [[0, 0, -9]] * len(moved))


def test_a_smooth_path_goes_through_its_points():
    points = np.array([[0.0, 0], [1, 2], [3, 1]])
    path = smooth_path(points, 4)
    assert len(path) == 9 and np.allclose(path[::4], points)
