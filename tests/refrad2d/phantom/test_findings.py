"""What a patient has, and where it lies."""

import numpy as np
import pytest

from refrad2d.phantom import make_patient
from refrad2d.phantom.findings import DIFFUSE, PlantedFinding, place_findings, size_class
from refrad2d.phantom.organs import Organ
from refrad2d.phantom.shapes import Geometry

LIVER = Organ("liver", "liver", "liver", "", 0.0, 0, 1, 0.0, (0.0, 0.0), "abdomen", "")
BALL = Geometry(
    round=np.array([True]),
    start=np.array([[10.0, 20, 30]]),
    axis=np.zeros((1, 3)),
    radii=np.full((1, 3), 50.0),
    turn=np.eye(3)[None],
    gas=np.full(1, -np.inf),
)


def put(finding):
    return place_findings(np.random.default_rng(0), [finding], [LIVER], BALL)


def lesion(kind, host="liver"):
    return PlantedFinding("lesion", host, kind, size_mm=12.0, centre=(0.0, 0.0, 0.0))


def test_a_mass_lies_inside_its_host_and_has_its_size():
    (found,), (organ,), geometry = put(lesion("mass"))
    assert np.linalg.norm(np.subtract(found.centre, BALL.start[0])) < 50
    assert np.allclose(geometry.radii[organ.first], 6.0) and organ.within == "liver" and organ.finding


@pytest.mark.parametrize(("kind", "count"), [("mass", 1), ("masses", 4), ("cyst", 1)])
def test_masses_are_four_shapes_of_which_none_is_larger_than_the_first(kind, count):
    _, (organ,), geometry = put(lesion(kind))
    sizes = geometry.radii[organ.first : organ.last, 0]
    assert len(sizes) == count and sizes.max() == sizes[0] and len(geometry.gas) == 1 + count


@pytest.mark.parametrize("kind", DIFFUSE)
def test_a_diffuse_finding_has_no_shape(kind):
    placed, organs, geometry = put(lesion(kind))
    assert placed[0].is_diffuse and organs == [] and len(geometry.gas) == 1


def test_a_finding_without_its_host_is_left_out():
    placed, organs, _ = put(lesion("mass", host="prostate"))
    assert placed == [] and organs == []


def test_a_few_findings_a_patient_and_some_have_none():
    counts = [len(make_patient(seed).findings) for seed in range(40)]
    assert 0 in counts and 0.5 < np.mean(counts) < 6


@pytest.mark.parametrize(("side", "spacing", "expected"), [(10, 2.0, 20), (4, 1.0, 5), (200, 2.0, 80), (13, 1.0, 15)])
def test_a_size_class_is_of_the_largest_part(side, spacing, expected):
    mask = np.zeros((256, 256), bool)
    mask[:side, 3:5] = True
    mask[250:253, 250:253] = True
    assert size_class(mask, spacing) == size_class(mask.T, spacing) == expected
