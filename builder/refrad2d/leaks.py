"""Pictures that stand nearly the same in two places: across splits, or here and in a benchmark.

    pairs = near_duplicates(hash_rows(DIR))          # [("k3f…", "q7a…", 4)]: two ids and the bits that differ

A picture becomes 256 bits: whether each of 16×16 cells is darker than its right neighbour. Copies that were
re-compressed, re-windowed a little or resized differ in a few bits; different patients differ in about a third.
"""

import io
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from itertools import combinations
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pyarrow.parquet as pq
from PIL import Image

SIDE = 16
BITS = SIDE * SIDE
MAX_DISTANCE = 15  # bits; see docs/privacy.md for what copies and strangers measure
BANDS = 16  # of 16 bits each: hashes that differ in at most 15 bits agree in at least one band
MIN_CONTRAST = 4.0  # standard deviation of the grey values; flatter pictures say nothing
_CROWD = 500  # hashes in one bucket beyond which a band is too common to mean anything


class Hashed(NamedTuple):
    """A picture's id, split and patient with its hash."""

    id: str
    split: str
    patient: str
    bits: int


def hash_picture(picture: Image.Image) -> int | None:
    """256 bits of a picture, None if it is flat."""
    grey = picture.convert("L").resize((SIDE + 1, SIDE), Image.Resampling.BOX)
    cells = np.asarray(grey, dtype=np.int16)
    if cells.std() < MIN_CONTRAST:
        return None
    return int.from_bytes(np.packbits(cells[:, :-1] < cells[:, 1:]).tobytes(), "big")


def hash_rows(dir: Path) -> Iterator[Hashed]:
    """The pictures of a build's DIR; flat ones are left out."""
    for path in sorted((dir / "refrad2d" / "data").glob("slices-*.parquet")):
        split = path.name.split("-")[1]
        for batch in pq.ParquetFile(path).iter_batches(batch_size=64, columns=["id", "patient", "image"]):
            for row in batch.to_pylist():
                bits = hash_picture(Image.open(io.BytesIO(row["image"]["bytes"])))
                if bits is not None:
                    yield Hashed(row["id"], split, row["patient"], bits)


def hash_folder(folder: Path) -> Iterator[Hashed]:
    """The PNG and JPEG files of a benchmark; the name of the file is the id, the name of the folder the split."""
    for path in sorted(folder.rglob("*")):
        if path.suffix.lower() in (".png", ".jpg", ".jpeg"):
            bits = hash_picture(Image.open(path))
            if bits is not None:
                yield Hashed(path.name, folder.name, "", bits)


def near_duplicates(pictures: Iterable[Hashed], max_distance: int = MAX_DISTANCE) -> list[tuple[str, str, int]]:
    """Pairs of pictures in different splits whose hashes differ in at most `max_distance` bits, the nearest first."""
    everything = list(pictures)
    buckets: Mapping[tuple[int, int], list[int]] = defaultdict(list)
    for number, picture in enumerate(everything):
        for band in range(BANDS):
            buckets[band, picture.bits >> (band * (BITS // BANDS)) & 0xFFFF].append(number)
    pairs: set[tuple[int, int]] = set()
    for members in buckets.values():
        if len({everything[n].split for n in members}) > 1 and len(members) <= _CROWD:
            pairs.update((a, b) for a, b in combinations(members, 2) if everything[a].split != everything[b].split)
    found = (
        (everything[a].id, everything[b].id, (everything[a].bits ^ everything[b].bits).bit_count()) for a, b in pairs
    )
    return sorted((pair for pair in found if pair[2] <= max_distance), key=lambda pair: (pair[2], pair))
