"""What may not be written stays in memory in little room."""

from refrad2d.images.sources import Source
from refrad2d.system.packed import pack, unpack


def test_what_comes_back_is_what_was_given():
    value = {3: [Source("/export", "a/IM1")], "é": (None, 2.5, b"\0")}
    assert unpack(pack(value)) == value


def test_the_files_of_a_series_take_a_few_bytes_each():
    assert len(pack([Source("/export", f"Patient/Study/Series/IM{n:05d}") for n in range(1000)])) < 20_000
