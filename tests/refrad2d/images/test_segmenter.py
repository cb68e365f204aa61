"""A series as TotalSegmentator gets it, and what stands in the way of that."""

import json

import numpy as np
import pytest

from refrad2d.images import segmenter
from refrad2d.images.segmenter import require_command, segment_series, to_nifti
from tests.fixtures.export_records import axial_place


def series(tmp_path, *values, slope=1.0, intercept=0.0):
    """A series of constant slices and its placements, 5 mm apart."""
    for k, value in enumerate(values):
        np.save(tmp_path / f"f{k}.npy", np.full((4, 4), value, np.uint16))
    frames = [{"file": f"f{k}", "slope": slope, "intercept": intercept} for k in range(len(values))]
    row = {"series": "s", "modality": "CT", "frames": frames}
    return row, [axial_place(5.0 * k) for k in range(len(values))]


def test_a_volume_holds_hounsfield_units(tmp_path):
    row, places = series(tmp_path, 0, 1024, slope=2.0, intercept=-1024.0)
    volume = np.asarray(to_nifti(row, tmp_path, places).dataobj)
    assert volume.shape == (4, 4, 2) and volume[0, 0].tolist() == [-1024, 1024]


def test_a_volume_lies_where_its_slices_lie(tmp_path):
    row, _ = series(tmp_path, 1, 2)
    affine = to_nifti(row, tmp_path, [axial_place(10.0), axial_place(15.0)]).affine
    assert affine.tolist() == [[-1, 0, 0, 0], [0, -1, 0, 0], [0, 0, 5, 10], [0, 0, 0, 1]]  # RAS


def test_a_series_with_a_gap_is_not_segmented(tmp_path, monkeypatch):
    monkeypatch.setattr(segmenter, "require_command", lambda: "false")
    row, _ = series(tmp_path, 1, 2, 3)
    places = {"s": [axial_place(depth) for depth in (0.0, 5.0, 20.0)]}
    assert segment_series([row], tmp_path, places, tmp_path / "out") == {"s": "uneven_slices"}


def test_a_segmenter_that_fails_leaves_its_reason_and_no_volume(tmp_path, monkeypatch):
    monkeypatch.setattr(segmenter, "require_command", lambda: "false")
    row, places = series(tmp_path, 1, 2)
    assert segment_series([row], tmp_path, {"s": places}, tmp_path / "out") == {"s": "segmenter_failed"}
    assert list((tmp_path / "out").iterdir()) == []


def test_usage_statistics_are_off(tmp_path):
    environment = segmenter._quiet_environment(tmp_path / "home")
    config = json.loads((tmp_path / "home" / "config.json").read_text())
    assert environment["TOTALSEG_HOME_DIR"] == str(tmp_path / "home") and config["send_usage_stats"] is False


def test_a_missing_totalsegmentator_is_an_error_before_any_work(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(ValueError, match="not on the PATH"):
        require_command()
