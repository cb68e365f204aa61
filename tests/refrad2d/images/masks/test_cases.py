"""Which case a mask is called after."""

import pytest

from refrad2d.images.masks.cases import case_names, keyed_cases, named_cases
from refrad2d.images.records import Record
from refrad2d.images.sources import Source

KEY = bytes(32)


def known(*images: str) -> set[str]:
    return set[str]().union(*(keyed_cases(Source("", f"{name}.nii.gz"), Record("nifti"), KEY) for name in images))


def belongs(mask: str, image: str, *others: str) -> bool | None:
    """What the name of a mask says of an image: its own, another's, nothing."""
    named = named_cases(Source("", f"{mask}.nii.gz"), known(image, *others), KEY)
    return bool(named & known(image)) if named else None


@pytest.mark.parametrize(
    ("mask", "image", "said"),
    [
        ("case2_seg", "case2", True),
        ("mask-case2", "case2", True),
        ("liver_001", "liver_001_0000", True),
        ("sub-01_dseg", "sub-01_ct", True),
        ("CASE_07_liver", "case_07", True),
        ("sub-01_mr_seg", "sub-01_mr", True),
        ("case1_mr_seg", "case1_ct", True),
        ("Muster_seg", "Muster_CT", None),
        ("example_seg_mr", "example_ct", None),
        ("0007", "0007", True),
        ("case3_seg", "case2", False),
        ("spleen_3", "spleen_10", False),
        ("PAT778122", "PAT778121", False),
        ("liver", "ct", None),
        ("rib_left_7", "7", None),
        ("vertebrae_T12", "T1", None),
        ("total", "0007", None),
        ("liver_v2", "0007", None),
    ],
)
def test_what_a_name_says(mask, image, said):
    assert belongs(mask, image) is said


def test_a_name_without_a_number_tells_images_apart_and_denies_none():
    mask, names = Source("", "Muster_seg.nii.gz"), known("Muster_CT", "Anders_CT")
    assert named_cases(mask, names, KEY, numbered=False) == known("Muster_CT") & known("Muster")
    assert not named_cases(mask, names, KEY)


def test_the_longest_name_counts():
    assert belongs("sub-01_mr_seg", "sub-01_ct", "sub-01_mr") is False
    assert belongs("pat_0002_seg", "pat_0001", "pat_0002") is False
    assert belongs("pat_0002_seg", "pat_0002", "pat_0001") is True


def test_a_dicom_series_is_called_by_its_patient_and_accession_number():
    record = Record("dicom", patient_id="PAT-77", accession="A9 1")
    names = keyed_cases(Source("", "IM1"), record, KEY)
    for mask in ("pat-77_liver", "A9_1"):
        assert named_cases(Source("", f"{mask}.nii.gz"), names, KEY) <= names
    assert not named_cases(Source("", "IM1_seg.nii.gz"), names, KEY)


def test_words_for_images_and_channels_are_no_names():
    assert case_names("ct") == [] and case_names("image_0001") == ["image 0001", "0001"]
    assert case_names("liver_001_0000") == ["liver 001 0000", "liver 001"]
