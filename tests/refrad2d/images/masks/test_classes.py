"""Values mean what the evidence says; without it the mask is dropped."""

import pytest

from refrad2d.images.masks.classes import Evidence, classes_of
from refrad2d.images.masks.records import MaskRecord
from refrad2d.images.masks.tables import Table
from refrad2d.images.sources import Source
from refrad2d.labels import label_by_name


def ask(path, *values, names=None, modality="CT", sparse=False, findings=(), **evidence):
    mask = MaskRecord(names or {}, frozenset(values), (), sparse=sparse, findings=frozenset(findings))
    return classes_of(mask, Source("/masks", path), modality, Evidence(**evidence))


@pytest.mark.parametrize(
    ("path", "values", "reason"),
    [("face.nii", [1], "mask_without_class"), ("label.nii", [1], "mask_without_class"), ("m.nii", [1, 2], "mask_without_class"),
     ("labelsTr/liver_001.nii", [1, 2, 9], "mask_without_class"), ("labelsTr/colon_001.nii", [1], "mask_without_class"),
     ("amos_0001.nii", [*range(1, 14)], "mask_without_class"), ("m.nii", [1, 2, 3, 5, 6, 7, 8], "mask_without_class"),
     ("verse.nii", [19, 20, 21, 22, 23], "mask_without_class"), ("atlas.nii", [1, 200], "mask_values_without_class"), ("m.nii", [255], "mask_values_without_class")],
)  # fmt: skip
def test_without_evidence_a_mask_has_no_classes(path, values, reason):
    assert ask(path, *values) == reason


def test_a_scheme_that_the_user_names_is_evidence_save_for_a_file_of_another_name():
    assert ask("m.nii", 1, 2, scheme="total").ids == {1: 1, 2: 2}
    assert ask("m.nii", 1, scheme="total").ids == {1: 1}
    assert ask("face.nii", 1, scheme="total") == "mask_without_class"


def test_file_and_table_must_agree():
    table = Table({1: "spleen"})
    assert ask("spleen.nii", 1, table=table).ids == {1: 1}
    assert ask("liver.nii", 1, table=table) == "mask_classes_contradict"
    assert ask("m.nii", 2, table=table) == "mask_values_without_class"
    assert ask("m.nii", 1, table=Table({0: "liver", 1: "spleen"})) == "mask_table_contradicts"
    assert ask("m.nii", 1, table=Table(contradicts=True)) == "mask_table_contradicts"


def test_background_is_no_class_wherever_it_is_numbered():
    found = ask("m.nii", 1, 2, table=Table({0: "background", 1: "Background", 2: "liver"}))
    assert found.ids == {2: label_by_name("liver").id} and not found.findings and not found.unknown


def test_what_is_neither_class_nor_finding_is_counted():
    found = ask("m.nii", 1, 2, 3, table=Table({1: "liver", 2: "face", 3: "liver_tumor"}))
    assert (set(found.ids), found.findings, found.unknown) == ({1}, {3: "liver_tumor"}, 1)
    assert ask("m.nii", 1, 2, table=Table({1: "face", 2: "hair"})) == "mask_without_class"


def test_segments_that_are_coded_abnormal_are_findings():
    found = ask("s.dcm", 1, 2, names={1: "Liver", 2: "Segment 2"}, sparse=True, findings=[2])
    assert set(found.ids) == {1} and found.findings == {2: "finding"}


def test_what_we_had_made_needs_no_further_evidence():
    assert ask("x.nii", 1, scheme="total_mr", trusted=True, modality="MR").ids == {1: 1}
