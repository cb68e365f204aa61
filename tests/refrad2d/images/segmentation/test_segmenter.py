"""A series as TotalSegmentator gets it, and what stands in the way of that."""

import os
import sys

import nibabel
import numpy as np
import pytest

from refrad2d.images.segmenter import require_command, segment_series, to_nifti
from tests.fixtures.export_records import axial

FRAME = {"file": "a.u16", "offset": 0, "slope": 1.0, "intercept": -1024.0, "placement": {"shape": [16, 16]}}
ROW = {"series": "s1", "modality": "CT", "frames": [FRAME] * 2}


@pytest.fixture
def frames(tmp_path):
    folder = tmp_path / "frames"
    folder.mkdir()
    np.arange(256, dtype=np.uint16).tofile(folder / "a.u16")
    return folder


@pytest.fixture
def command(tmp_path, monkeypatch):
    """A command of TotalSegmentator's name that copies its input, or fails if told to."""
    path = tmp_path / "bin" / "TotalSegmentator"
    path.parent.mkdir()
    path.write_text(
        f"#!{sys.executable}\nimport os, shutil, sys\n"
        "config = open(os.path.join(os.environ['TOTALSEG_HOME_DIR'], 'config.json')).read()\n"
        "assert '\"send_usage_stats\": false' in config\n"
        "sys.exit(3) if os.environ.get('FAIL') else shutil.copy(sys.argv[2], sys.argv[4])\n"
    )
    path.chmod(0o755)
    monkeypatch.setenv("PATH", f"{path.parent}:{os.environ['PATH']}")


def test_a_series_is_written_in_ras_with_its_values(frames):
    image = to_nifti(ROW, frames, [axial(0.0), axial(5.0)])
    assert image.shape == (16, 16, 2) and nibabel.aff2axcodes(image.affine) == ("L", "P", "S")
    assert np.asarray(image.dataobj)[3, 1, 0] == 1 * 16 + 3 - 1024


def test_each_series_gets_its_mask_and_the_volume_goes(frames, tmp_path, command):
    out = tmp_path / "masks"
    assert segment_series([ROW], frames, {"s1": [axial(0.0), axial(5.0)]}, out) == {}
    assert sorted(path.name for path in out.iterdir()) == ["s1.nii.gz"]


def test_a_series_that_fails_has_a_reason(frames, tmp_path, command, monkeypatch):
    monkeypatch.setenv("FAIL", "1")
    assert segment_series([ROW], frames, {"s1": [axial(0.0), axial(5.0)]}, tmp_path / "m") == {"s1": "segmenter_failed"}


def test_uneven_slices_are_no_volume(frames, tmp_path, command):
    row = {**ROW, "frames": ROW["frames"] + ROW["frames"][:1]}
    places = {"s1": [axial(0.0), axial(5.0), axial(50.0)]}
    assert segment_series([row], frames, places, tmp_path / "m") == {"s1": "uneven_slices"}


def test_without_the_command_the_remedy_is_named(monkeypatch):
    monkeypatch.setenv("PATH", "")
    with pytest.raises(ValueError, match=r"refrad2d\[segment\]"):
        require_command()


def test_a_volume_lies_where_its_slices_lie(frames):
    affine = to_nifti(ROW, frames, [axial(10.0), axial(15.0)]).affine
    assert affine.tolist() == [[-1, 0, 0, 8], [0, -1, 0, 8], [0, 0, 5, 10], [0, 0, 0, 1]]
