"""A slice with its pixels, and after it has left the process that read it."""

import numpy as np
import pytest

from refrad2d.images.slices import Slice
from tests.fixtures.export_records import axial_place


def test_values_are_hounsfield_units():
    shown = Slice(axial_place(), 2.0, -1024.0, np.array([[0, 512]], np.uint16))
    assert shown.values().tolist() == [[-1024, 0]] and shown.values().dtype == np.float32


def test_a_slice_without_pixels_says_what_to_do():
    with pytest.raises(ValueError, match="Read its file again"):
        Slice(axial_place()).values()


def test_pixels_are_not_printed():
    assert "pixels" not in repr(Slice(axial_place(), pixels=np.zeros((2, 2), np.uint16)))
