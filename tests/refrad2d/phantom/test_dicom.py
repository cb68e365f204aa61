"""Rendered series as DICOM files: UIDs, identities, stored values."""

from dataclasses import replace

import numpy as np
import pydicom
import pytest

from refrad2d.phantom import draw_series, make_patient, render_volume
from refrad2d.phantom.dicom import RESCALES, Visit, make_identity, make_uid, write_series


def test_a_uid_depends_on_its_parts_alone():
    assert make_uid("a", 1) == make_uid("a", 1) != make_uid("a", 2)
    assert pydicom.uid.UID(make_uid("a", 1)).is_valid and make_uid("a").startswith("2.25.")


def test_an_identity_depends_on_seed_and_patient():
    names = [make_identity(seed, make_patient(4), np.random.default_rng(0)).name for seed in (1, 1, 2)]
    assert names[0] == names[1] != names[2] and all("^" in name for name in names)


@pytest.fixture(scope="module")
def series(tmp_path_factory):
    """The volume of one small series, its headers and its folder."""
    patient, rng = make_patient(4), np.random.default_rng(0)
    plan = draw_series(patient, rng)
    plan = replace(plan, positions=plan.positions[:3], size=48)
    volume = render_volume(patient, plan, rng)
    folder = tmp_path_factory.mktemp("dicom") / "S001"
    visit = Visit("2.25.9", "ACC12345678", "20210304", "101112", "20200304")
    who = make_identity(1, patient, rng)
    return volume, write_series(folder, patient, who, visit, plan, volume, 0, rng), folder


def test_files_read_back_as_the_values_of_the_volume(series):
    volume, headers, folder = series
    slope = max(rescale[0] for rescale in RESCALES)
    by_uid = {dataset.SOPInstanceUID: dataset for dataset in map(pydicom.dcmread, folder.iterdir())}
    for pixels, header in zip(volume.pixels, headers, strict=True):
        stored = by_uid[header.SOPInstanceUID]
        values = stored.pixel_array * float(stored.RescaleSlope) + float(stored.RescaleIntercept)
        assert np.abs(values - pixels).max() <= slope


def test_positions_are_those_of_the_affine(series):
    volume, headers, _ = series
    for number, header in enumerate(headers):
        assert np.allclose(
            [float(c) for c in header.ImagePositionPatient], volume.affine[:3] @ [0, 0, number, 1], atol=0.01
        )


def test_instances_of_a_series_are_numbered_without_gaps(series):
    assert sorted(header.InstanceNumber for header in series[1]) == [1, 2, 3]
