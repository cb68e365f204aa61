"""A name means a class, a finding, the background or nothing: never what it only resembles."""

import pytest

from refrad2d.images.masks.names import Meaning, meaning, meaning_of_path
from refrad2d.labels import labels


def test_every_name_of_every_class_means_it():
    names = ((name, label) for label in labels() for name in (label.name, label.english, label.german))
    assert [name for name, label in names if meaning(name).label != label.name] == []


@pytest.mark.parametrize(
    ("name", "label"),
    [("Leber", "liver"), ("KidneyLeft", "kidney_left"), ("Niere_links", "kidney_left"), ("kidney_L", "kidney_left"),
     ("liver_seg", "liver"), ("Segmentation-liver-label", "liver"), ("T12", "vertebrae_T12"), ("postcava", "inferior_vena_cava")],
)  # fmt: skip
def test_spellings_of_a_class(name, label):
    assert meaning(name) == Meaning(label=label)


@pytest.mark.parametrize(
    "name",
    ["face", "heart_atrium_left", "lung_vessels", "kidneys", "kidney", "liver_segment_1", "liver_1", "Pankreaskopf",
     "no_lesion", "liver_without_tumor", "right_left_lung", "liver_and_spleen", "heart_myocardium", ""],
)  # fmt: skip
def test_parts_pairs_and_denied_findings_mean_nothing(name):
    assert not meaning(name).known


@pytest.mark.parametrize(
    ("name", "finding"),
    [("liver_tumor", "liver_tumor"), ("pleural_effusion", "pleural_effusion"), ("liver_lesions", "liver_lesions"),
     ("Leberzyste", "cyst"), ("hematoma", "hematoma"), ("brain_aneurysm", "brain_aneurysm")],
)  # fmt: skip
def test_findings(name, finding):
    assert meaning(name) == Meaning(finding=finding)


@pytest.mark.parametrize("name", ["Background", "bg", "Hintergrund", "Clear Label", "Unknown"])
def test_background_is_nothing_else(name):
    assert meaning(name) == Meaning(background=True)


@pytest.mark.parametrize(
    ("path", "label"),
    [("s0001_liver", "liver"), ("liver/mask", "liver"), ("liver/0001", "liver"), ("sub-01_spleen", "spleen"),
     ("liver/vessels", ""), ("colon_001", ""), ("1_rib_left", ""), ("12_vertebra", ""), ("liver/spleen", "spleen")],
)  # fmt: skip
def test_a_path_names_the_only_class_of_its_file(path, label):
    assert meaning_of_path(path.split("/")).label == label


def test_words_for_a_mask_and_numbers_name_nothing():
    assert meaning_of_path(["masks", "IM_0001"]) is None and meaning_of_path(["1.2.840.113"]) is None
