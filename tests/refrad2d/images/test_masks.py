import nibabel
import numpy as np
import pytest

from refrad2d.images.masks import label_table, load_scheme, read_mask
from refrad2d.images.sources import Source

KEY = b"k" * 32


def read(tmp_path, volume, name="mask.nii"):
    nibabel.save(nibabel.Nifti1Image(volume, np.diag([1, 1, 5, 1])), tmp_path / name)
    (tmp_path / "raw").mkdir(exist_ok=True)
    return read_mask((Source(str(tmp_path), name), KEY, str(tmp_path / "raw"), frozenset({"axial"})))


def test_slices_without_a_value_have_no_file(tmp_path):
    volume = np.zeros((4, 4, 3), np.uint8)
    volume[1, 1, 1] = 5
    record = read(tmp_path, volume)
    assert [bool(shown.file) for shown in record.slices] == [False, True, False] and record.names == {}


def test_a_file_of_one_class_is_named_after_it(tmp_path):
    volume = np.zeros((4, 4, 3), np.uint8)
    volume[1, 1, 1] = 1
    assert read(tmp_path, volume, "kidney_left.nii").names == {1: "kidney_left"}


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
