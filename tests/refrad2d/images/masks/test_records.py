"""A slice of a mask is a file if it holds anything."""

import numpy as np

from refrad2d.images.masks.records import write_slice
from refrad2d.images.sources import Source
from tests.fixtures.export_records import KEY, axial


def test_a_slice_is_written_unless_it_is_empty(tmp_path):
    layers = np.zeros((1, 16, 16), np.uint16)
    source = Source("/masks", "m.nii")
    assert write_slice(layers, axial(0), source, KEY, tmp_path, "1").file == "" and not list(tmp_path.iterdir())
    layers[0, 1, 1] = 7
    written = write_slice(layers, axial(0), source, KEY, tmp_path, "1")
    assert (np.load(tmp_path / f"{written.file}.npy") == layers).all()
