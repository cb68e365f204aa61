"""Pictures of a series lie in one file and come back by their number."""

import pytest

from refrad2d.images.masks.pictures import read_picture, write_pictures


@pytest.mark.parametrize("pictures", [[b"one"], [b"", b"two", b"", b"x" * 70_000], [b"n" * n for n in range(300)]])
def test_each_picture_comes_back_by_its_number(tmp_path, pictures):
    write_pictures(tmp_path / "a.masks", iter(pictures))
    assert [read_picture(tmp_path / "a.masks", n) for n in range(len(pictures))] == pictures


@pytest.mark.parametrize("number", [-1, 2])
def test_a_picture_that_is_not_there_is_an_error(tmp_path, number):
    write_pictures(tmp_path / "a.masks", [b"a", b"b"])
    with pytest.raises(ValueError, match=f"no picture {number} among 2. Delete DIR/.stages"):
        read_picture(tmp_path / "a.masks", number)
    write_pictures(tmp_path / "none.masks", [])
    with pytest.raises(ValueError, match="among 0"):
        read_picture(tmp_path / "none.masks", 0)
