"""What a mask file says: the meaning of its numbers, its slices, and what is no label map."""

import nibabel
import numpy as np
import pytest

from refrad2d.images.masks.reading import label_table, label_volume, read_mask
from refrad2d.images.masks.tables import load_scheme
from refrad2d.images.nifti import NiftiVolume
from refrad2d.images.sources import Source
from refrad2d.labels import label_by_name
from tests.fixtures.export_records import KEY


def read(tmp_path, volume, name="mask.nii", planes=("axial",)):
    nibabel.save(nibabel.Nifti1Image(volume, np.diag([1, 1, 5, 1])), tmp_path / name)
    (tmp_path / "raw").mkdir(exist_ok=True)
    return read_mask((Source(str(tmp_path), name), KEY, str(tmp_path / "raw"), frozenset(planes)))


def test_slices_without_a_value_have_no_file(tmp_path):
    volume = np.zeros((4, 4, 3), np.uint8)
    volume[1, 1, 1] = 5
    record = read(tmp_path, volume)
    assert [bool(shown.file) for shown in record.slices] == [False, True, False] and record.names == {}


def test_the_values_of_a_mask_are_known_and_its_names_only_from_the_file_itself(tmp_path):
    volume = np.zeros((4, 4, 3), np.uint8)
    volume[1, 1, 1], volume[2, 2, 2] = 1, 9
    record = read(tmp_path, volume, "kidney_left.nii")
    assert record.names == {} and record.values == {1, 9}


@pytest.mark.parametrize("value", [0.5, -1.0, 70000.0, np.nan])
def test_what_holds_no_label_numbers_is_no_label_map(tmp_path, value):
    assert read(tmp_path, np.full((4, 4, 3), value, np.float32)) == "not_a_label_map"


def test_schemes_number_the_classes():
    assert load_scheme("total")[1] == "spleen" and load_scheme("unified")[1] == "spleen"
    with pytest.raises(ValueError, match="Choose from total, total_mr, unified"):
        load_scheme("atlas")


def test_a_scheme_may_be_a_file(tmp_path):
    (tmp_path / "names.csv").write_text("number,name\n7,liver\n")
    assert load_scheme(str(tmp_path / "names.csv")) == {7: "liver"}
    (tmp_path / "empty.csv").write_text("liver\n")
    with pytest.raises(ValueError, match="no line number,name"):
        load_scheme(str(tmp_path / "empty.csv"))


def test_the_label_table_of_the_header_is_read_and_entities_are_not():
    def header(xml):
        header = nibabel.Nifti1Header()
        header.extensions.append(nibabel.nifti1.Nifti1Extension(0, xml))
        return header

    assert label_table(header(b'<x><LabelTable><Label Key="2">liver</Label></LabelTable></x>')) == {2: "liver"}
    assert label_table(header(b'<!DOCTYPE a><LabelTable><Label Key="2">liver</Label></LabelTable>')) == {}


def one_voxel(value, dtype=np.uint8):
    volume = np.zeros((4, 5, 6), dtype)
    volume[1, 2, 3] = value
    return volume


def test_a_volume_is_cut_in_every_plane_that_is_asked_for(tmp_path):
    record = read(tmp_path, one_voxel(5), planes=("axial", "sagittal"))
    assert [piece.placement.plane for piece in record.slices] == ["sagittal"] * 4 + ["axial"] * 6


def test_what_is_no_image_is_no_mask(tmp_path):
    (tmp_path / "readme.txt").write_text("masks of May")
    assert read_mask((Source(str(tmp_path), "readme.txt"), KEY, str(tmp_path), frozenset())) == "not_a_mask"


def test_each_scheme_has_its_own_numbers():
    left = label_by_name("kidney_left")
    numbers = {name: {label: n for n, label in load_scheme(name).items()} for name in ("total", "total_mr", "unified")}
    assert [found["kidney_left"] for found in numbers.values()] == [left.ct_id, left.mr_id, left.id]


@pytest.mark.parametrize("kind", ["u1", ">i2", "i4", "f4", "f8"])
@pytest.mark.parametrize("slope", [1.0, 2.0])
def test_whole_numbers_are_the_same_labels_in_any_type(kind, slope):
    values = np.random.default_rng(0).integers(0, 100, (5, 4, 3))
    volume = label_volume(NiftiVolume(values.astype(kind), slope, 0.0, np.eye(4), None))
    assert volume.dtype == np.uint16 and np.array_equal(volume, slope * values)
    for wrong in (-1, 40_000, 65_536):
        values[2, 1, 1] = wrong
        refused = wrong * slope > 65_535 or wrong < 0
        if np.can_cast(np.min_scalar_type(wrong), kind):
            found = label_volume(NiftiVolume(values.astype(kind), slope, 0.0, np.eye(4), None))
            assert (found is None) is refused
