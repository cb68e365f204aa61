"""A person of a seed: what stays the same, whatever else is drawn."""

import numpy as np
import pytest

from refrad2d.phantom import make_patient


def test_a_part_looks_the_same_whatever_other_parts_are_drawn():
    alone, together = make_patient(3), make_patient(3, parts=("chest", "abdomen"))
    liver = [[o for o in p.organs if o.name == "liver"][0] for p in (alone, together)]
    bounds = [p.shapes.low[o.first : o.last] for p, o in zip((alone, together), liver, strict=True)]
    assert np.allclose(*bounds)


def test_prostates_are_men_s():
    shown = {
        p.sex
        for p in (make_patient(k, parts=("pelvis",)) for k in range(12))
        if any(o.name == "prostate" for o in p.organs)
    }
    assert shown == {"M"}


def test_an_unknown_part_names_the_parts():
    with pytest.raises(ValueError, match="Unknown part 'tail'. Choose from abdomen, chest"):
        make_patient(0, parts=("tail",))


def test_height_and_level_are_inverse():
    patient = make_patient(11)
    for level in (9.0, 16.5, 20.0, 25.0):
        assert patient.level(patient.height(level)) == pytest.approx(level, abs=0.05)


def test_the_middle_of_l1_is_the_origin():
    assert abs(make_patient(11).height(20.0)) < 1.0
