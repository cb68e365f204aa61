"""Masks of a series as files."""

import nibabel as nib
import numpy as np
import pytest
from pydicom.dataset import Dataset

from refrad2d.labels import label_by_name
from refrad2d.phantom.masks import total_ids, write_masks
from refrad2d.phantom.series import RenderedVolume


def volume(**findings):
    mask = np.zeros((2, 3, 4), dtype=np.uint8)
    mask[1] = label_by_name("liver").id
    return RenderedVolume(np.zeros(mask.shape, dtype=np.float32), mask, findings, np.eye(4))


def header():
    dataset = Dataset()
    dataset.Modality, dataset.SeriesInstanceUID = "CT", "2.25.7"
    return dataset


def test_ids_are_those_of_totalsegmentator_in_the_modality():
    liver = label_by_name("liver")
    for modality, expected in (("CT", liver.ct_id), ("MR", liver.mr_id)):
        ids, names = total_ids(volume().mask, modality)
        assert set(np.unique(ids)) == {0, expected} and names == {expected: "liver"}


@pytest.mark.parametrize(("form", "tables"), [("nifti_table", 1), ("nifti", 0)])
def test_the_form_says_whether_there_is_a_label_table(tmp_path, form, tables):
    write_masks(tmp_path, volume(), [header()], form=form)
    (path,) = tmp_path.iterdir()
    assert path.name == "2.25.7.nii.gz" and len(nib.load(path).header.extensions) == tables


def test_findings_have_a_file_of_their_own(tmp_path):
    lesion = np.zeros((2, 3, 4), dtype=bool)
    lesion[0, 1, 2] = True
    write_masks(tmp_path, volume(cyst=lesion), [header()], form="nifti")
    image = nib.load(tmp_path / "2.25.7_findings.nii.gz")
    assert image.get_fdata()[2, 1, 0] == 1 and b"cyst" in image.header.extensions[0].get_content()
