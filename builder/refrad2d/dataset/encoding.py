"""One slice → its encoded pictures, apart from the writers: a process that only encodes imports no `datasets`."""

from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from refrad2d import samples
from refrad2d.dataset.duplicates import digest_of, look_of
from refrad2d.images.masks.pictures import read_picture
from refrad2d.images.slices import read_frame
from refrad2d.samples import Native, make_image, png


class Task(NamedTuple):
    """A slice to encode: its row with slope and intercept, its frame in a folder of pixels, the masks of its series."""

    row: Mapping
    folder: str
    frame: Mapping  # as `slices.read_frame` takes it, with the number of the slice in its series
    mask: str | None  # a file of `masks.pictures`


class Encoded(NamedTuple):
    """The encoded pictures of a slice for Parquet, its members of the archive by extension, and its look.

    `digest` is `duplicates.digest_of` of the picture where it was asked for.
    """

    image: bytes
    mask: bytes | None
    members: dict[str, bytes]
    look: bytes = b""
    digest: str = ""


def encode(task: Task, *, digest: bool = False) -> Encoded:
    """Encode one slice."""
    pixels = read_frame(Path(task.folder), task.frame)
    mask = read_picture(Path(task.mask), task.frame["number"]) if task.mask else None
    picture = make_image(pixels, task.row)
    members = samples.encode(Native(task.row, pixels, mask))
    return Encoded(png(picture), mask, members, look_of(picture), digest_of(picture) if digest else "")
