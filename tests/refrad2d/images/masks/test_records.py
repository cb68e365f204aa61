"""The slices of a mask lie in one file, each with its layers; empty ones do not."""

import numpy as np

from refrad2d.images.masks.records import SliceFile, read_layers
from refrad2d.images.sources import Source
from tests.fixtures.export_records import KEY, axial


def test_slices_come_back_from_one_file_and_empty_ones_are_not_in_it(tmp_path):
    written, source = [], Source("/masks", "m.nii")
    shown = [np.full((layers, 16, 16), layers, np.uint16) for layers in (1, 0, 3)]
    file = SliceFile(source, KEY, tmp_path)
    assert file.write(np.zeros((1, 16, 16), np.uint16), axial(0)).file == "" and not list(tmp_path.iterdir())
    for k, layers in enumerate(shown):
        written.append(file.write(layers, axial(5.0 * k)))
    assert [bool(one.file) for one in written] == [True, False, True]
    assert len(list(tmp_path.iterdir())) == 1
    for k in (0, 2):
        assert (read_layers(tmp_path, written[k]) == shown[k]).all()
    assert not len(read_layers(tmp_path, written[1])) and not len(read_layers(tmp_path, None))


def test_a_second_try_begins_the_file_anew(tmp_path):
    layers = np.ones((2, 16, 16), np.uint16)
    for value in (1, 7):
        written = SliceFile(Source("/masks", "m.nii"), KEY, tmp_path).write(layers * value, axial(0))
    assert written.offset == 0 and (read_layers(tmp_path, written) == 7).all()
