import io

import numpy as np
import pytest

from refrad2d.images.dicom import age_decade, body_part, parse_dicom, refuse_unsuitable, shown_slice, shown_slices
from refrad2d.images.sources import Unreadable
from tests.fixtures.dicom_files import make_slice


def data_of(**elements):
    buffer = io.BytesIO()
    make_slice(**elements).save_as(buffer, enforce_file_format=True)
    return buffer.getvalue()


def test_a_slice_is_shown_in_hounsfield_units():
    values, modality = shown_slice(data_of(pixels=np.full((4, 4), 1064, np.uint16)))
    assert modality == "CT" and values.dtype == np.float32 and (values == 40).all()


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
