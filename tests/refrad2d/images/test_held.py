"""Pixels of the series at hand are decoded once: they are held, within bounds, until another series is read."""

import numpy as np

from refrad2d.images import records
from refrad2d.images.held import HELD, Held
from refrad2d.images.records import open_file, read_of_series
from refrad2d.images.slices import Slice
from refrad2d.images.sources import Source
from tests.fixtures.dicom_files import write_slice
from tests.fixtures.export_records import KEY, axial


def source(folder, name="a", k=0):
    write_slice(folder / name, k)
    return Source(str(folder), name)


def frame():
    return Slice(axial(0.0), pixels=np.zeros((16, 16), np.uint16))


def test_a_file_of_the_series_at_hand_is_decoded_once(tmp_path, monkeypatch):
    one, decoded = source(tmp_path), []
    monkeypatch.setattr(records, "shown_slices", counted := lambda *a: decoded.append(1) or shown(*a))
    assert counted and read_of_series((one, KEY, "s")).slices
    (again,) = open_file(one, frozenset({0}))[1]
    assert len(decoded) == 1 and again.pixels is not None
    assert list(open_file(one, frozenset({3}))[1]) == []
    assert read_of_series((source(tmp_path, "b", 1), KEY, "t")).slices  # of another series
    assert HELD.find(one) is None


shown = records.shown_slices


def test_outside_of_a_series_nothing_is_held(tmp_path):
    held, one = Held(), source(tmp_path)
    list(held.collect(one, None, iter([frame()])))
    assert held.find(one) is None


def test_what_does_not_fit_is_not_held_and_what_was_stays(tmp_path):
    held, one, two = Held(most_bytes=600), source(tmp_path), source(tmp_path, "b")
    with held.series("s"):
        assert len(list(held.collect(one, None, iter([frame()])))) == 1
        assert len(list(held.collect(two, None, iter([frame(), frame()])))) == 2
    assert held.find(one) is not None and held.find(two) is None


def test_a_file_that_is_not_what_it_was_is_not_found(tmp_path):
    held, one = Held(), source(tmp_path)
    with held.series("s"):
        list(held.collect(one, None, iter([frame()])))
    (tmp_path / "a").write_bytes(b"another")
    assert held.find(one) is None
    (tmp_path / "a").unlink()
    assert held.find(one) is None


def test_a_file_that_is_not_read_to_its_end_is_not_held(tmp_path):
    held, one = Held(), source(tmp_path)
    with held.series("s"):
        next(held.collect(one, None, iter([frame(), frame()])))
    assert held.find(one) is None


def test_what_has_been_written_is_forgotten_and_leaves_room(tmp_path):
    held, one, two = Held(most_bytes=600), source(tmp_path), source(tmp_path, "b")
    with held.series("s"):
        list(held.collect(one, None, iter([frame()])))
        held.forget(one)
        held.forget(one)
        list(held.collect(two, None, iter([frame()])))
    assert held.find(one) is None and held.find(two) is not None
