"""A series as a segmenter gets it, the queue of volumes, and what stands in the way of a mask."""

from contextlib import contextmanager

import nibabel
import numpy as np
import pytest

from refrad2d.images.segmentation.segmenter import Failed, find_segmenter, segment_series, to_nifti
from refrad2d.images.segmentation.tasks import Asked
from tests.fixtures.export_records import axial

FRAME = {"file": "a.u16", "offset": 0, "slope": 1.0, "intercept": -1024.0, "placement": {"shape": [16, 16]}}
ROW = {"series": "s1", "modality": "CT", "frames": [FRAME] * 2}
EVEN = [axial(0.0), axial(5.0)]


class Copies:
    """A second segmenter: it copies volumes, fails on what it is told to, and notes its workers."""

    def __init__(self, failing=()):
        self.failing, self.workers = failing, set()

    @contextmanager
    def open(self, worker, workers):
        self.workers.add((worker, workers))

        def segment(volume, mask, modality, finding=""):
            if finding in self.failing or "all" in self.failing:
                raise Failed("segmenter_timeout")
            mask.write_bytes(volume.read_bytes())
            return True

        yield segment


@pytest.fixture
def frames(tmp_path):
    folder = tmp_path / "frames"
    folder.mkdir()
    np.arange(256, dtype=np.uint16).tofile(folder / "a.u16")
    return folder


def names(folder):
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())


def test_a_series_is_written_in_ras_with_its_values(frames):
    image = to_nifti(ROW, frames, EVEN)
    assert image.shape == (16, 16, 2) and nibabel.aff2axcodes(image.affine) == ("L", "P", "S")
    assert np.asarray(image.dataobj)[3, 1, 0] == 1 * 16 + 3 - 1024


def test_a_volume_lies_where_its_slices_lie(frames):
    affine = to_nifti(ROW, frames, [axial(10.0), axial(15.0)]).affine
    assert affine.tolist() == [[-1, 0, 0, 8], [0, -1, 0, 8], [0, 0, 5, 10], [0, 0, 0, 1]]


def test_each_series_gets_its_masks_and_the_volumes_go(frames, tmp_path):
    rows = [{**ROW, "series": f"s{n}"} for n in range(5)]
    made = Copies()
    places = {row["series"]: EVEN for row in rows}
    assert segment_series(made, rows, frames, places, tmp_path / "m", findings=["cysts"], workers=3) == []
    whole = [f"s{n}.nii.gz" for n in range(5)]
    assert names(tmp_path / "m") == sorted([*whole, *(f"findings/cysts/{name}" for name in whole)])
    assert made.workers == {(n, 3) for n in range(3)}


def test_a_series_that_fails_has_a_reason_and_no_findings(frames, tmp_path):
    made = segment_series(Copies({"all"}), [ROW], frames, {"s1": EVEN}, tmp_path / "m", findings=["cysts"])
    assert made == ["segmenter_timeout"] and names(tmp_path / "m") == []


def test_a_finding_that_fails_leaves_the_organs(frames, tmp_path):
    made = segment_series(Copies({"cysts"}), [ROW], frames, {"s1": EVEN}, tmp_path / "m", findings=["cysts", "stones"])
    assert made == ["finding_not_segmented"]
    assert names(tmp_path / "m") == ["findings/stones/s1.nii.gz", "s1.nii.gz"]


def test_uneven_slices_are_no_volume(frames, tmp_path):
    row = {**ROW, "frames": ROW["frames"] + ROW["frames"][:1]}
    places = {"s1": [axial(0.0), axial(5.0), axial(50.0)]}
    assert segment_series(Copies(), [row], frames, places, tmp_path / "m") == ["uneven_slices"]


def test_a_worker_that_breaks_is_not_waited_for(frames, tmp_path):
    row = {**ROW, "frames": [{**FRAME, "file": "gone.u16"}] * 2}
    with pytest.raises(FileNotFoundError):
        segment_series(Copies(), [row] * 3, frames, {"s1": EVEN}, tmp_path / "m")


def test_an_unknown_segmenter_is_refused():
    with pytest.raises(ValueError, match="Unknown segmenter 'x'. Choose from totalsegmentator"):
        find_segmenter("x", Asked())
