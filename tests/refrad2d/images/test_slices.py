"""A slice with its pixels, and after it has left the process that read it."""

import numpy as np
import pytest

from tests.fixtures.export_records import known_slice


def test_values_are_pixels_times_slope_plus_intercept_in_float32():
    shown = known_slice(0.0, pixels=np.array([[0, 1024]], np.uint16), slope=2.0, intercept=-1024.0)
    assert shown.values().tolist() == [[-1024.0, 1024.0]] and shown.values().dtype == np.float32


def test_a_slice_that_left_its_process_has_no_pixels():
    shown = known_slice(0.0)
    with pytest.raises(ValueError, match="Read its file again"):
        shown.values()


def test_slices_are_compared_by_what_is_known_of_them():
    one, other = (known_slice(0.0, pixels=np.full((2, 2), n)) for n in (0, 1))
    assert one == other and one != known_slice(1.0)


def test_pixels_are_not_printed():
    assert "pixels" not in repr(known_slice(0.0, pixels=np.zeros((2, 2))))
