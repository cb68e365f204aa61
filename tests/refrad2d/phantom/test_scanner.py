"""What a scanner adds to a painted slice."""

import numpy as np
import pytest

from refrad2d.labels import label_by_name
from refrad2d.phantom import Grid, Protocol, make_patient, render_slice
from refrad2d.phantom.scanner import scan_ct, scan_mr

GRID = Grid.of_plane("axial", 0.0, size=64, fov_mm=480)


def test_magnetic_resonance_shows_fluid_bright_on_t2_and_dark_on_t1():
    patient = make_patient(4, parts=("head", "neck"))
    z, values = patient.height(-5.8), {}
    for phase in ("t1", "t2"):
        protocol = Protocol(modality="MR", phase=phase, noise=0, table="none")
        pixels, mask, _ = render_slice(patient, position_mm=z, size=128, fov_mm=240, protocol=protocol)
        brain = pixels[mask == label_by_name("brain").id]
        values[phase] = (np.percentile(brain, 1) / np.median(brain), np.percentile(brain, 99) / np.median(brain))
    assert values["t1"][0] < 0.6
    assert values["t2"][1] > 1.3


def scan(value, protocol, seed=0):
    image = np.full(GRID.shape, value, dtype=np.float32)
    outside = np.full(GRID.shape, -1.0, dtype=np.float32)  # nothing but air: no streak is painted
    kind = scan_mr if protocol.modality == "MR" else scan_ct
    return kind(image, outside, GRID, protocol, make_patient(1), np.random.default_rng(seed))


def test_a_noisier_protocol_varies_more():
    quiet, loud = (scan(0.0, Protocol(noise=noise, table="none")).std() for noise in (5, 30))
    assert loud > 4 * quiet


def test_hounsfield_units_end_at_minus_1024():
    assert scan(-1000.0, Protocol(noise=200, table="none")).min() == -1024


@pytest.mark.parametrize("table", ["curved", "flat", "deep"])
def test_the_table_lies_below_the_patient(table):
    bare, lying = (scan(-1000.0, Protocol(noise=0, table=name)) for name in ("none", table))
    rows = np.flatnonzero((bare != lying).any(axis=1))
    assert len(rows) and rows.min() > GRID.shape[0] // 2


def test_magnetic_resonance_gives_no_negative_value():
    assert scan(0.0, Protocol(modality="MR", phase="t1", noise=20)).min() >= 0
