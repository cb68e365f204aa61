"""Segments of a DICOM SEG: their names, and labels that no rule for pictures changes."""

import pytest
from pydicom.dataset import Dataset

from refrad2d.images.masks.reading import read_mask
from refrad2d.images.masks.records import read_layers
from refrad2d.images.masks.seg import segment_name
from refrad2d.images.sources import Source
from tests.fixtures.export_records import KEY
from tests.refrad2d.stages.test_segment_inputs import corner, seg


def segment(label, meaning="", side=""):
    item, code, modifier = Dataset(), Dataset(), Dataset()
    item.SegmentLabel, code.CodeMeaning, modifier.CodeMeaning = label, meaning, side
    code.SegmentedPropertyTypeModifierCodeSequence = [modifier] if side else []
    item.SegmentedPropertyTypeCodeSequence = [code] if meaning else []
    return item


def test_a_segment_is_named_by_its_label_else_by_its_code():
    assert segment_name(segment("Leber")) == "Leber"
    assert segment_name(segment("Segment 1", "Kidney", "Left")) == "Left Kidney"
    assert segment_name(segment("Segment 1", "Tissue")) == "Segment 1"


@pytest.mark.parametrize("kind", ["BINARY", "LABELMAP", "FRACTIONAL"])
@pytest.mark.parametrize("padding", [None, 0, 1])
def test_labels_are_no_pixels(tmp_path, kind, padding):
    dataset = seg(("Liver", corner()), kind=kind)
    if padding is not None:
        dataset.PixelPaddingValue = padding
    dataset.save_as(tmp_path / "s.dcm")
    record = read_mask((Source(str(tmp_path), "s.dcm"), KEY, str(tmp_path), frozenset()))
    assert record.values == {1} and record.names == {1: "Liver"} or record.names == {0: "Background", 1: "Liver"}
    shown = [read_layers(tmp_path, part) for part in record.slices]
    assert len(shown) == 3 and all(layers.sum() == 32 and layers[0, :8, :4].all() for layers in shown)


def test_segments_that_overlap_lie_in_layers(tmp_path):
    seg(("Liver", corner()), ("Tumour", corner(4, 2)), ("Spleen", corner(16, 1))).save_as(tmp_path / "s.dcm")
    record = read_mask((Source(str(tmp_path), "s.dcm"), KEY, str(tmp_path), frozenset()))
    layers = read_layers(tmp_path, record.slices[0])
    assert [(layers == n).sum() for n in (1, 2, 3)] == [32, 8, 16]
