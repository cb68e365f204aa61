"""Patients to pixels: which way up a slice is, and that resolution does not change anatomy."""

from dataclasses import replace

import numpy as np
import pytest

from refrad2d.labels import label_by_name
from refrad2d.phantom import Grid, Protocol, make_patient, render_grid, render_slice
from refrad2d.phantom.render import body_grid
from tests.fixtures.boxes import boxes_of, iou
from tests.fixtures.phantom_slices import middle, slice_at


@pytest.mark.parametrize("seed", range(4))
def test_axial_slices_show_the_patients_right_at_image_left(seed):
    _, mask, _ = slice_at(make_patient(seed), 18.6)
    assert middle(mask, "liver")[1] < middle(mask, "aorta")[1]


def test_axial_slices_show_anterior_up():
    _, mask, _ = slice_at(make_patient(3), 20)
    assert middle(mask, "aorta")[0] < middle(mask, "vertebrae_L1")[0] < middle(mask, "autochthon_left")[0]


def test_coronal_slices_show_superior_up_and_right_at_image_left():
    patient = make_patient(5)
    grid = Grid.of_plane("coronal", patient.posture[2] + 20, size=160, fov_mm=560)
    mask = render_grid(patient, grid, Protocol(), np.random.default_rng(0)).mask
    assert middle(mask, "liver")[0] < middle(mask, "iliopsoas_right")[0]
    assert middle(mask, "iliopsoas_right")[1] < middle(mask, "iliopsoas_left")[1]


def test_sagittal_slices_show_anterior_at_image_left():
    grid = Grid.of_plane("sagittal", make_patient(5).posture[1], size=160, fov_mm=500)
    mask = render_grid(make_patient(5), grid, Protocol(), np.random.default_rng(0)).mask
    spine = [middle(mask, f"vertebrae_{name}") for name in ("T12", "L1", "L2", "L3")]
    assert [row for row, _ in spine] == sorted(row for row, _ in spine)
    assert middle(mask, "liver")[1] < min(column for _, column in spine)


def test_one_patient_looks_the_same_at_two_resolutions():
    patient = make_patient(14)
    coarse, fine = (slice_at(patient, 19.5, size=size)[1] for size in (96, 384))
    shared = set(boxes_of(coarse, 20)) & set(boxes_of(fine, 320))
    assert len(shared) > 5
    assert np.mean([iou(boxes_of(coarse)[name], boxes_of(fine)[name]) for name in shared]) > 0.85


def test_findings_lie_in_their_host():
    seen = 0
    for seed in range(120):
        patient = make_patient(seed)
        for finding in patient.findings:
            if finding.kind == "mass" and finding.host == "liver":
                z = finding.centre[2]
                _, mask, found = render_slice(patient, position_mm=z, size=160, fov_mm=520)
                if finding.name in found:
                    seen += 1
                    assert (mask[found[finding.name]] == label_by_name("liver").id).all()
    assert seen > 3


def test_a_patient_who_lies_straight_is_where_the_scanner_is():
    patient = replace(make_patient(2), posture=(0.0, 3.0, -2.0))
    grid = Grid.of_plane("axial", 0.0, size=8, fov_mm=80)
    assert np.allclose(body_grid(patient, grid).origin, grid.origin - (3.0, -2.0, 0.0))


def test_a_slice_beside_the_body_is_air():
    patient = make_patient(2)
    picture = render_grid(
        patient, Grid.of_plane("sagittal", 900.0, size=32, fov_mm=64), Protocol(noise=0), np.random.default_rng(0)
    )
    assert not picture.mask.any() and picture.findings == {} and picture.pixels.max() < -900
