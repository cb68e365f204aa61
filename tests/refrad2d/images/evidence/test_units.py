"""Bounds and headers by which values are no Hounsfield units, or steps no millimetres; shown on real CTs where they lie."""

from dataclasses import replace

import nibabel
import numpy as np
import pytest

from refrad2d.images.evidence.suitable import suitable_stacks
from refrad2d.images.evidence.units import cannot_be_hounsfield, extremes, grid_fault, hounsfield_fault
from refrad2d.images.records import Record, read_file
from refrad2d.images.sources import list_sources
from refrad2d.images.stacks import build_stacks
from tests.fixtures.dicom_files import make_slice
from tests.fixtures.export_records import KEY
from tests.fixtures.paths import SHARED


def of_values(values):
    return [extremes(np.asarray(values), 1.0, 0.0)]


WIDE = np.linspace(-1000, 1500, 400).round().astype(int)


def test_extremes_count_the_pixels_at_either_end_whatever_the_sign_of_the_slope():
    found = extremes(np.array([[0, 0, 5], [9, 9, 9]]), -2.0, 1.0)
    assert (found.low, found.high, found.at_low, found.at_high, found.count) == (-17.0, 1.0, 3, 2, 6)


@pytest.mark.parametrize("factor", [1 / 255, 1 / 1000, 1 / 2500])
def test_a_scaled_volume_is_refused_without_a_header(factor):
    assert not cannot_be_hounsfield(of_values(WIDE), says_unit=False)
    assert cannot_be_hounsfield(of_values(WIDE * factor), says_unit=False)


@pytest.mark.parametrize("window", [(-160, 240), (-200, 300), (-150, 250), (0, 80), (-100, 900)])
def test_a_window_that_was_cut_out_is_refused_with_a_header_too(window):
    assert cannot_be_hounsfield(of_values(WIDE.repeat(9).clip(*window)), says_unit=True, shifted=True)


def test_soft_tissue_alone_passes_where_a_header_says_the_unit():
    assert not cannot_be_hounsfield(of_values(np.arange(-90, 120)), says_unit=True)


def test_raw_values_are_refused_unless_a_rescale_shifts_them():
    raw = np.arange(4096)
    assert cannot_be_hounsfield(of_values(raw), says_unit=True)
    assert not cannot_be_hounsfield(of_values(raw + 10), says_unit=True, shifted=True)


@pytest.mark.parametrize("description", ["Rho/Z", "Iodine Map 2.0", "VNC Abd", "Z Effective", "Water (Iodine)"])
def test_names_of_maps_are_heard(description):
    assert hounsfield_fault(make_slice(SeriesDescription=description)) == "not_in_hounsfield_units"


@pytest.mark.parametrize(
    "description", ["Abdomen iodine contrast", "Thorax nativ", "CT Perfusion", "Zeh rechts", "MPR"]
)
def test_names_of_pictures_are_no_maps(description):
    assert hounsfield_fault(make_slice(SeriesDescription=description)) == ""


@pytest.mark.parametrize(
    ("steps", "shape", "fits"),
    [((0.7, 0.7, 5), (512, 512, 80), True), ((700, 700, 5000), (512, 512, 80), False), ((1e-3,) * 3, (9, 9, 9), False),
     ((1, 1, 10), (512, 512, 400), False), ((0.1, 0.1, 0.1), (500, 500, 500), True)],
)  # fmt: skip
def test_steps_and_extents_of_a_person(steps, shape, fits):
    assert (grid_fault(steps, shape) == "") is fits


REAL = SHARED / "data" / "totalsegmentator"
real = pytest.mark.skipif(not REAL.is_dir(), reason="the example CTs are not here")


def kept(folder, modality="CT"):
    """(slices kept, reasons) of a folder or file."""
    sources = [replace(source, modality=modality) for source in list_sources(folder)]
    read = {n: read_file((source, KEY)) for n, source in enumerate(sources)}
    stacks = build_stacks(sources, {n: r for n, r in read.items() if isinstance(r, Record)})
    suited = suitable_stacks(stacks, {})
    reasons = {r for r in read.values() if isinstance(r, str)} | set(suited.reasons.values())
    return sum(len(stack.slices) for stack in suited.stacks), reasons


@real
@pytest.mark.parametrize(("name", "slices"), [("example_ct_dicom", 20), ("example_ct.nii.gz", 112)])
def test_no_real_ct_is_refused(name, slices):
    assert kept(REAL / name) == (slices, set())


@real
@pytest.mark.parametrize("variant", ["255", "over 255", "1", "clipped", "micrometres", "not below 0"])
def test_what_was_made_of_a_real_ct_is_refused(tmp_path, variant):
    image = nibabel.load(REAL / "example_ct.nii.gz")
    hu, affine = np.asarray(image.dataobj, np.float32), image.affine
    share = (hu - hu.min()) / (hu.max() - hu.min())
    voxels = {
        "255": (share * 255).astype(np.uint8),
        "over 255": hu / 255,
        "1": share,
        "clipped": hu.clip(-160, 240),
        "not below 0": hu.clip(0),
    }
    steps = np.diag([1000, 1000, 1000, 1]) if variant == "micrometres" else np.eye(4)
    nibabel.save(nibabel.Nifti1Image(voxels.get(variant, hu), steps @ affine), tmp_path / "a.nii.gz")
    reason = "not_in_millimetres" if variant == "micrometres" else "not_in_hounsfield_units"
    assert kept(tmp_path) == (0, {reason})


@real
def test_a_real_mr_is_refused_as_ct():
    assert kept(REAL / "example_mr_sm.nii.gz") == (0, {"not_in_hounsfield_units"})
    assert kept(REAL / "example_mr_sm.nii.gz", "MR")[1] == set()
