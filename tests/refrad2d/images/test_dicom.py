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
    shown_slices,
    sop_class,
    whole_number,
)
from refrad2d.images.sources import Unreadable
from tests.fixtures.dicom_files import make_slice


def data_of(**elements):
    buffer = io.BytesIO()
    make_slice(**elements).save_as(buffer, enforce_file_format=True)
    return buffer.getvalue()


def test_a_slice_is_shown_in_hounsfield_units():
    values = next(shown_slices(make_slice(pixels=np.full((4, 4), 1064, np.uint16)))).values()
    assert values.dtype == np.float32 and (values == 40).all()


def test_a_slice_that_runs_to_the_right_is_flipped_and_says_so():
    (shown,) = shown_slices(make_slice(ImageOrientationPatient=[-1, 0, 0, 0, 1, 0]))
    assert shown.reoriented == (False, False, True)
    assert shown.picture[0, 0] == make_slice().pixel_array[0, -1]


@pytest.mark.parametrize(
    ("elements", "reason"),
    [
        ({"ImageType": ["ORIGINAL", "PRIMARY", "LOCALIZER"]}, "localizer"),
        ({"Modality": "CR"}, "not_a_ct_or_mr_image"),
        ({"SOPClassUID": "1.2.840.10008.5.1.4.1.1.7"}, "not_a_ct_or_mr_image"),
        ({"BurnedInAnnotation": "YES"}, "burned_in_annotation"),
        ({"SamplesPerPixel": 3}, "colour_image"),
        ({"RescaleType": "OD"}, "not_in_hounsfield_units"),
        ({"Rows": 1}, "no_pixels"),
        ({"Rows": 60000, "Columns": 60000}, "too_large"),
    ],
)
def test_what_is_no_slice_to_learn_from_is_refused(elements, reason):
    with pytest.raises(Unreadable, match=reason):
        refuse_unsuitable(make_slice(**elements))


def test_a_slice_without_place_is_refused():
    with pytest.raises(Unreadable, match="no_geometry"):
        next(shown_slices(make_slice(ImagePositionPatient=None)))


def test_padding_becomes_the_smallest_real_value():
    pixels = np.array([[0, 0], [900, 1000]], np.uint16)
    (shown,) = shown_slices(make_slice(pixels=pixels, PixelPaddingValue=0))
    assert shown.picture.tolist() == [[900, 900], [900, 1000]]


def test_broken_bytes_are_unreadable():
    with pytest.raises(Unreadable, match="unreadable_dicom"):
        parse_dicom(data_of().replace(b"PN\x0e\x00Testerin", b"US\x0d\x00Testerin"))


@pytest.mark.parametrize(("text", "decade"), [("067Y", 60), ("099Y", 90), ("011M", 0), ("67", None), ("", None)])
def test_ages_are_decades(text, decade):
    assert age_decade(text) == decade


def test_a_body_part_is_a_term_of_the_standard_or_nothing():
    assert body_part(" ABDOMEN ") == "abdomen" and body_part("Tina Testerin") is None


def test_a_slice_lies_at_its_position_in_the_patient():
    (shown,) = shown_slices(make_slice(2))
    assert shown.placement.plane == "axial" and shown.placement.origin == (-8, -8, 10)


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


@pytest.mark.parametrize(("modality", "expected"), [("MR", [[3, 2], [1, 0]]), ("CT", [[0, 1], [2, 3]])])
def test_monochrome1_is_inverted_for_mr_alone(modality, expected):
    pixels = np.arange(4, dtype=np.uint16).reshape(2, 2)
    dataset = make_slice(pixels=pixels, PhotometricInterpretation="MONOCHROME1", Modality=modality)
    assert next(shown_slices(dataset)).picture.tolist() == expected


def test_the_class_stands_in_the_meta_information_where_the_dataset_leaves_it_empty():
    dataset = make_slice()
    kind = str(dataset.SOPClassUID)
    del dataset.SOPClassUID
    assert sop_class(dataset) == kind


@pytest.mark.parametrize(("value", "number"), [("4", 4), (None, None)])
def test_a_number_that_is_missing_is_none(value, number):
    assert whole_number(make_slice(SeriesNumber=value), "SeriesNumber") == number
