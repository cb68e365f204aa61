"""What a mask file says: the meaning of its numbers, its slices, and what is no label map."""

import nibabel
import numpy as np
import pytest

from refrad2d.images.masks import label_table, load_scheme, read_mask
from refrad2d.images.sources import Source
from refrad2d.labels import label_by_name
from tests.fixtures.export_records import KEY


def read(tmp_path, volume, name="mask.nii", planes=("axial",)):
    (tmp_path / "raw").mkdir()
    nibabel.save(nibabel.Nifti1Image(volume, np.diag([-1.0, -1.0, 1.0, 1.0])), tmp_path / name)
    return read_mask((Source(str(tmp_path), name), KEY, str(tmp_path / "raw"), frozenset(planes)))


def one_voxel(value, dtype=np.uint8):
    volume = np.zeros((4, 5, 6), dtype)
    volume[1, 2, 3] = value
    return volume


def test_only_slices_with_a_class_are_written(tmp_path):
    record = read(tmp_path, one_voxel(5))
    written = [n for n, piece in enumerate(record.slices) if piece.file]
    assert len(record.slices) == 6 and written == [3]
    assert np.argwhere(np.load(tmp_path / "raw" / f"{record.slices[3].file}.npy") == 5).tolist() == [[2, 1]]


def test_a_volume_is_cut_in_every_plane_that_is_asked_for(tmp_path):
    record = read(tmp_path, one_voxel(5), planes=("axial", "sagittal"))
    assert [piece.placement.plane for piece in record.slices] == ["sagittal"] * 4 + ["axial"] * 6


@pytest.mark.parametrize("value", [-1, 0.5, np.inf])
def test_values_that_are_no_class_numbers_make_no_label_map(tmp_path, value):
    assert read(tmp_path, one_voxel(value, np.float32)) == "not_a_label_map"


def test_a_file_of_one_class_is_named_after_it(tmp_path):
    assert read(tmp_path, one_voxel(1), name="kidney_left.nii").names == {1: "kidney_left"}


def test_a_file_of_several_classes_is_not_named_after_one(tmp_path):
    volume = one_voxel(1)
    volume[0, 0, 0] = 2
    assert read(tmp_path, volume, name="kidney_left.nii").names == {}


def test_what_is_no_image_is_no_mask(tmp_path):
    (tmp_path / "readme.txt").write_text("masks of May")
    assert read_mask((Source(str(tmp_path), "readme.txt"), KEY, str(tmp_path), frozenset())) == "not_a_mask"


def test_each_scheme_has_its_own_numbers():
    left = label_by_name("kidney_left")
    numbers = {name: {label: n for n, label in load_scheme(name).items()} for name in ("total", "total_mr", "unified")}
    assert [found["kidney_left"] for found in numbers.values()] == [left.ct_id, left.mr_id, left.id]


def test_an_unknown_scheme_names_the_known_ones():
    with pytest.raises(ValueError, match="'totl'. Choose from total, total_mr, unified"):
        load_scheme("totl")


def test_a_label_file_without_numbers_is_an_error(tmp_path):
    (tmp_path / "labels.csv").write_text("liver\nspleen\n")
    with pytest.raises(ValueError, match="labels.csv has no line number,name"):
        load_scheme(str(tmp_path / "labels.csv"))


def test_a_label_table_with_entities_is_not_parsed():
    header = nibabel.Nifti1Header()
    bomb = b'<!DOCTYPE x [<!ENTITY a "aaaa">]><LabelTable><Label Key="1">&a;</Label></LabelTable>'
    header.extensions.append(nibabel.nifti1.Nifti1Extension(0, bomb))
    assert label_table(header) == {}
