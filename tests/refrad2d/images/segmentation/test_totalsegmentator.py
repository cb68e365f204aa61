"""TotalSegmentator behind the interface, in a process of its own (a fake package); what is missing says what to do."""

import nibabel
import numpy as np
import pytest

from refrad2d.images.segmentation import totalsegmentator
from refrad2d.images.segmentation.segmenter import Failed
from refrad2d.images.segmentation.tasks import Asked
from refrad2d.images.segmentation.totalsegmentator import TotalSegmentator
from tests.fixtures import fake_totalsegmentator

CT = frozenset({"CT"})
FAST = Asked(("liver_lesions",), "cpu", fast=True)


@pytest.fixture
def root(tmp_path, monkeypatch):
    fake_totalsegmentator.install(tmp_path, monkeypatch)
    values = np.full((8, 8, 4), 100, np.int16)
    values[1, 1, 1], values[6, 6, 3] = 300, 300
    nibabel.save(nibabel.Nifti1Image(values, np.eye(4)), tmp_path / "v.nii.gz")
    return tmp_path


def test_organs_and_findings_come_out_of_one_process(root):
    TotalSegmentator(FAST).require(CT)
    with TotalSegmentator(FAST).open(0, 1) as segment:
        assert segment(root / "v.nii.gz", root / "m.nii.gz", "CT")
        assert segment(root / "v.nii.gz", root / "f.nii.gz", "CT", "liver_lesions")
        assert not segment(root / "v.nii.gz", root / "k.nii.gz", "MR", "kidney_cysts")
    assert (np.asarray(nibabel.load(root / "m.nii.gz").dataobj) == 5).all()
    assert sorted(np.unique(np.asarray(nibabel.load(root / "f.nii.gz").dataobj))) == [0, 1, 2]


@pytest.mark.parametrize(
    ("variable", "value", "reason"),
    [("FAKE_FAIL", "total", "segmenter_failed"), ("FAKE_DIE", "1", "segmenter_failed"),
     ("FAKE_SLEEP", "1", "segmenter_timeout")],
)  # fmt: skip
def test_a_volume_that_fails_has_a_reason(root, monkeypatch, variable, value, reason):
    monkeypatch.setenv(variable, value)
    monkeypatch.setattr(totalsegmentator, "VOLUME_S", 20.0 if reason == "segmenter_failed" else 3.0)
    with TotalSegmentator(FAST).open(0, 1) as segment, pytest.raises(Failed, match=reason):
        segment(root / "v.nii.gz", root / "m.nii.gz", "CT")


def test_missing_weights_say_how_to_get_them(root):
    with pytest.raises(ValueError) as caught:
        TotalSegmentator(FAST).require(frozenset({"CT", "MR"}))
    said = str(caught.value)
    assert "total_mr (Dataset852_x)" in said and "`totalseg_download_weights -t total_mr`" in said
    assert "TOTALSEG_WEIGHTS_PATH" in said and "Dataset297_x" not in said


def test_before_the_series_are_known_one_modality_is_enough(root):
    TotalSegmentator(FAST).require()
    with pytest.raises(ValueError, match="lacks weights"):
        TotalSegmentator(Asked()).require()


@pytest.mark.parametrize(
    ("variable", "value", "message"),
    [("FAKE_VERSION", "2.13.0", "2.13.0 is too old. Install 2.18"), ("FAKE_LICENSED", "total", "licence for total")],
)
def test_an_old_version_or_a_licence_is_refused(root, monkeypatch, variable, value, message):
    monkeypatch.setenv(variable, value)
    with pytest.raises(ValueError, match=message):
        TotalSegmentator(FAST).require(CT)


def test_without_the_command_the_remedy_is_named(monkeypatch):
    monkeypatch.setenv("PATH", "")
    with pytest.raises(ValueError, match=r"refrad2d\[segment\]"):
        TotalSegmentator(FAST).require()


def test_a_command_that_is_no_python_script_is_refused(root):
    (root / "bin" / "TotalSegmentator").write_text("#!/bin/sh\ndocker run totalsegmentator\n")
    with pytest.raises(ValueError, match="no script of a Python environment"):
        TotalSegmentator(FAST).require()


def test_a_package_that_cannot_be_asked_is_refused(root):
    (root / "site" / "totalsegmentator" / "registry.py").unlink()
    with pytest.raises(ValueError, match=r"does not say what it can do \(ModuleNotFoundError\)"):
        TotalSegmentator(FAST).require(CT)
