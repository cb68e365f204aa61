"""No volume is image and mask at once; a file below both roots is accounted for once."""

import nibabel
import numpy as np
import pytest

from refrad2d.images.masks.sharing import is_label_map, share_sources
from refrad2d.images.nifti import open_nifti
from refrad2d.images.sources import Source, list_sources


def says(volume, path="s1/x.nii", intent=0):
    image = nibabel.Nifti1Image(volume, np.eye(4))
    image.header.set_intent(intent)
    return is_label_map(open_nifti(image.to_bytes()), Source("/data", path))


def blocks(values):
    return np.repeat(np.repeat(np.arange(values, dtype=np.uint16), 40)[:, None], 9, 1).reshape(-1, 3, 3)


@pytest.mark.parametrize("volume", [np.eye(9, dtype=np.uint8)[:, None].repeat(3, 1), blocks(3), blocks(100)])
def test_regions_of_few_values_are_masks(volume):
    assert says(volume) and says(volume.astype(np.float32))


def test_pictures_are_none():
    draw = np.random.default_rng(0)
    assert not says(draw.integers(0, 900, (9, 9, 9), dtype=np.uint16), "s1/liver.nii")
    assert not says(draw.integers(0, 100, (9, 9, 9), dtype=np.uint8))
    assert not says(draw.integers(-1000, 100, (9, 9, 9), dtype=np.int16), "segmentations/liver.nii")
    assert not says(draw.random((9, 9, 9), dtype=np.float32))


def test_names_and_headers_tell_a_mask_of_scattered_values():
    scattered = np.random.default_rng(0).integers(0, 99, (9, 9, 9), dtype=np.uint8)
    assert not says(scattered)
    assert (
        says(scattered, "s1/segmentations/all.nii") and says(scattered, "s1/liver.nii") and says(scattered, intent=1002)
    )


def test_files_below_both_roots_are_masks_or_images(tmp_path):
    for name in ("ct.nii", "labels.csv", "masks/liver.nii", "readme.txt"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("1,liver\n" if name.endswith("csv") else "May")
    sources = list_sources(tmp_path)
    assert [source.path for source in sources] == ["ct.nii", "labels.csv", "masks/liver.nii", "readme.txt"]
    assert share_sources(sources, sources, {2: "label_map", 3: "not_an_image"}) == ({1, 2}, {0, 3})
    assert share_sources(sources, list_sources(tmp_path / "masks"), {2: "label_map"}) == ({2}, set())
    assert share_sources(sources, [], {2: "label_map"}) == (set(), set())
