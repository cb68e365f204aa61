"""The masks of a series between stages: encoded pictures one after the other in one file, each found by its number.

    write_pictures(path, (png(mask) for mask in masks)); read_picture(path, 7)

Behind the pictures stand the byte at which each begins and the last one ends, and how many pictures there are, as
unsigned 64-bit little-endian numbers.
"""

import os
from collections.abc import Iterable
from pathlib import Path

import numpy as np

SUFFIX = ".masks"  # behind the pseudonym of the series
OBJECTS = ".objects.json"  # the same, for what `boxes.objects` finds in each picture
_NUMBER = np.dtype("<u8")


def write_pictures(path: Path, pictures: Iterable[bytes]) -> None:
    """Write the pictures of a series in the order of its slices."""
    begins = [0]
    with path.open("wb") as file:
        for picture in pictures:
            file.write(picture)
            begins.append(begins[-1] + len(picture))
        file.write(np.array([*begins, len(begins) - 1], _NUMBER).tobytes())


def read_picture(path: Path, number: int) -> bytes:
    """The picture of the slice of this number in its series, from 0. ValueError if there is none."""
    with path.open("rb") as file:
        end = file.seek(-_NUMBER.itemsize, os.SEEK_END)
        (count,) = np.frombuffer(file.read(), _NUMBER).tolist()
        if not 0 <= number < count:
            raise ValueError(f"There is no picture {number} among {count}. Delete DIR/.stages and build again.")
        file.seek(end - _NUMBER.itemsize * (count + 1 - number))
        first, last = np.frombuffer(file.read(2 * _NUMBER.itemsize), _NUMBER).tolist()
        file.seek(first)
        return file.read(last - first)
