"""DICOM datasets as slices: values, orientation, padding, and what of a header may be kept."""

import io

import numpy as np
import pytest
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence

from refrad2d.images.dicom import (
    age_decade,
    body_part,
    parse_dicom,
    refuse_unsuitable,
    shown_slice,
    shown_slices,
    sop_class,
    whole_number,
)
from refrad2d.images.sources import Unreadable
from tests.fixtures.dicom_files import make_slice


def to_bytes(dataset):
    out = io.BytesIO()
    dataset.save_as(out, enforce_file_format=True)
    return out.getvalue()


def test_a_ct_slice_is_shown_in_hounsfield_units():
    values, modality = shown_slice(to_bytes(make_slice(pixels=np.array([[0, 1024], [3000, 4095]], np.uint16))))
    assert modality == "CT" and values.dtype == np.float32 and values.tolist() == [[-1024, 0], [1976, 3071]]


def test_a_slice_lies_at_its_position_in_the_patient():
    (shown,) = shown_slices(make_slice(2))
    assert shown.placement.plane == "axial" and shown.placement.origin == (-8, -8, 10)


def test_a_slice_says_how_it_differs_from_its_file():
    pixels = np.arange(6, dtype=np.uint16).reshape(2, 3)
    (shown,) = shown_slices(make_slice(pixels=pixels, ImageOrientationPatient=[-1, 0, 0, 0, 1, 0]))
    assert shown.reoriented == (False, False, True) and shown.picture.tolist() == pixels[:, ::-1].tolist()


def test_a_frame_has_its_own_rescale_and_number():
    dataset = make_slice(pixels=np.ones((2, 2), np.uint16))
    dataset.NumberOfFrames, dataset.PixelData = 2, np.ones((2, 2, 2), np.uint16).tobytes()
    groups = [Dataset(), Dataset()]
    for slope, group in enumerate(groups, 1):
        transformation = Dataset()
        transformation.RescaleSlope, transformation.RescaleIntercept = slope, 10
        group.PixelValueTransformationSequence = Sequence([transformation])
    dataset.PerFrameFunctionalGroupsSequence = Sequence(groups)
    slices = list(shown_slices(dataset))
    assert [shown.number for shown in slices] == [0, 1]
    assert [shown.values().max() for shown in slices] == [11, 12]


def test_padding_becomes_the_lowest_real_value():
    pixels = np.array([[63536, 1000], [1100, 1200]], np.uint16)
    (shown,) = shown_slices(make_slice(pixels=pixels, PixelPaddingValue=63536))
    assert shown.picture.tolist() == [[1000, 1000], [1100, 1200]]


@pytest.mark.parametrize(("modality", "expected"), [("MR", [[3, 2], [1, 0]]), ("CT", [[0, 1], [2, 3]])])
def test_monochrome1_is_inverted_for_mr_alone(modality, expected):
    pixels = np.arange(4, dtype=np.uint16).reshape(2, 2)
    dataset = make_slice(pixels=pixels, PhotometricInterpretation="MONOCHROME1", Modality=modality)
    assert next(shown_slices(dataset)).picture.tolist() == expected


@pytest.mark.parametrize(
    ("elements", "reason"),
    [
        ({"Rows": 1}, "no_pixels"),
        ({"Rows": 60000, "Columns": 60000}, "too_large"),
        ({"SamplesPerPixel": 3}, "colour_image"),
        ({"ImageType": ["DERIVED", "SECONDARY", "SCOUT"]}, "localizer"),
    ],
)
def test_what_is_no_slice_to_learn_from_is_refused(elements, reason):
    with pytest.raises(Unreadable, match=reason):
        refuse_unsuitable(make_slice(**elements))


def test_bytes_that_are_no_dataset_are_refused():
    with pytest.raises(Unreadable, match="unreadable_dicom"):
        parse_dicom(to_bytes(make_slice()) + b"\xe1\x7f\x10\x00FL\x03\x00abc")  # floats have four bytes


def test_the_class_stands_in_the_meta_information_where_the_dataset_leaves_it_empty():
    dataset = make_slice()
    kind = str(dataset.SOPClassUID)
    del dataset.SOPClassUID
    assert sop_class(dataset) == kind


@pytest.mark.parametrize(
    ("text", "decade"), [("067Y", 60), ("094Y", 90), ("100Y", 90), ("008M", 0), ("67", None), ("", None)]
)
def test_ages_are_kept_as_decades(text, decade):
    assert age_decade(text) == decade


def test_a_body_part_is_kept_if_it_is_one_of_the_standards():
    assert body_part(" ABDOMEN ") == "abdomen" and body_part("MUELLER HANS") is None


@pytest.mark.parametrize(("value", "number"), [("4", 4), (None, None)])
def test_a_number_that_is_missing_is_none(value, number):
    assert whole_number(make_slice(SeriesNumber=value), "SeriesNumber") == number
