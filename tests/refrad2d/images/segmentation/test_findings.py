"""Connected pieces of a segmenter's mask become findings with names that the mask reader understands."""

import nibabel
import numpy as np
import pytest

from refrad2d.images.masks.names import meaning
from refrad2d.images.masks.reading import label_table
from refrad2d.images.segmentation.findings import keep_findings
from refrad2d.images.segmentation.tasks import FINDINGS


def save(path, voxels, table):
    image = nibabel.Nifti1Image(voxels, np.eye(4))
    labels = "".join(f'<Label Key="{k}">{v}</Label>' for k, v in table.items())
    text = f"<CaretExtension><LabelTable>{labels}</LabelTable></CaretExtension>"
    image.header.extensions.append(nibabel.nifti1.Nifti1Extension(0, text.encode()))
    nibabel.save(image, path)
    return path


def test_each_piece_is_a_finding_and_the_rest_goes(tmp_path):
    voxels = np.zeros((8, 8, 4), np.uint8)
    voxels[:6] = 1  # the lung around
    voxels[0, 0, 0], voxels[1, 1, 1], voxels[5, 5, 3] = 2, 2, 2  # two that touch at a corner, one apart
    path = save(tmp_path / "m.nii.gz", voxels, {1: "lung", 2: "lung_nodules"})
    assert keep_findings(path, {"lung_nodules": "lung_nodule"}) == 2
    image = nibabel.load(path)
    found = np.asarray(image.dataobj)
    assert label_table(image.header) == {1: "lung_nodule", 2: "lung_nodule"}
    assert found[0, 0, 0] == found[1, 1, 1] != found[5, 5, 3] > 0 and (found > 0).sum() == 3


def test_both_sides_may_have_one_name(tmp_path):
    voxels = np.zeros((8, 4, 4), np.uint8)
    voxels[0], voxels[1] = 1, 2
    path = save(tmp_path / "m.nii.gz", voxels, {1: "kidney_cyst_left", 2: "kidney_cyst_right"})
    assert keep_findings(path, FINDINGS["kidney_cysts"][1]) == 2  # they touch, and are two


def test_an_empty_mask_has_no_finding(tmp_path):
    nibabel.save(nibabel.Nifti1Image(np.zeros((4, 4, 4), np.uint8), np.eye(4)), tmp_path / "m.nii.gz")
    assert keep_findings(tmp_path / "m.nii.gz", {"a": "b"}) == 0


def test_a_mask_of_other_names_is_refused(tmp_path):
    path = save(tmp_path / "m.nii.gz", np.ones((4, 4, 4), np.uint8), {1: "liver"})
    with pytest.raises(ValueError, match="names none of liver_lesions"):
        keep_findings(path, {"liver_lesions": "liver_lesion"})


@pytest.mark.parametrize("name", FINDINGS)
def test_what_findings_are_called_is_a_finding_and_no_organ(name):
    assert all(meaning(called).finding and not meaning(called).label for called in FINDINGS[name][1].values())
