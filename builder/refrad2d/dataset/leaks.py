"""Pictures that stand nearly the same in two places: across splits, or here and in a benchmark.

    count_leaks(list_shards(Path("DIR"), "slices"))          # what the card says
    refrad2d audit leaks DIR [--benchmarks FOLDER]           # the same, and the pairs

A picture becomes 256 bits: whether each of its coarsest 16×16 cosine coefficients lies above their median. Copies that
were re-compressed, resized or shown in another window differ in few bits, different pictures in about half.
"""

import io
from array import array
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import combinations
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pyarrow.parquet as pq
from PIL import Image
from scipy.fft import dctn

from refrad2d.layout import SPLITS, parse_shard

SIDE = 64  # pixels of the picture that the cosine transform sees
KEPT = 16  # coefficients a side
BITS = KEPT * KEPT
MAX_DISTANCE = 48  # bits; docs/privacy.md says what copies and strangers differ in
FLAT = 1.0  # grey levels: a picture that varies less has no pattern to compare
ENDINGS = (".png", ".jpg", ".jpeg")
_CHUNK = 1024


class Hashed(NamedTuple):
    """A picture's id and split, with its hash: BITS values of +1 and -1."""

    id: str
    split: str
    bits: np.ndarray


class Match(NamedTuple):
    """Positions of two pictures whose hashes differ in `bits` of BITS."""

    one: int
    other: int
    bits: int


def perceptual_hash(picture: np.ndarray) -> np.ndarray:
    """The hash of a uint8 picture (height, width[, 3]): 256 values of +1 and -1, all 0 for a flat picture."""
    grey = Image.fromarray(np.asarray(picture, dtype=np.uint8)).convert("L")
    # Averaging over areas, unlike the models' resize: what lies between the sampled points must count too.
    small = np.asarray(grey.resize((SIDE, SIDE), Image.Resampling.BOX), dtype=np.float32)
    if np.ptp(small) < FLAT:
        return np.zeros(BITS, dtype=np.float32)
    coarse = dctn(small, norm="ortho")[:KEPT, :KEPT].ravel()
    return np.where(coarse > np.median(coarse), 1.0, -1.0).astype(np.float32)


def find_matches(ones: np.ndarray, others: np.ndarray, *, most_bits: int = MAX_DISTANCE) -> list[Match]:
    """Pairs of hashes (n, 256), (m, 256) that differ in at most `most_bits`, nearest first; flat ones match nothing."""
    found = _near(np.asarray(ones), np.asarray(others), most_bits, lambda hashes: hashes)
    return sorted(found, key=lambda match: (match.bits, match.one, match.other))


def _near(ones: np.ndarray, others: np.ndarray, most_bits: int, signs: Callable) -> Iterator[Match]:
    """The pairs, compared piece by piece; `signs` makes hashes (n, 256) of +1 and -1 of pieces."""
    for start in range(0, len(ones), _CHUNK):
        some = signs(ones[start : start + _CHUNK])
        for other in range(0, len(others), _CHUNK):
            # +1 and -1: the product counts equal bits minus different ones, and a flat picture's zeros give half of all
            bits = (BITS - some @ signs(others[other : other + _CHUNK]).T) / 2
            rows, columns = np.nonzero(bits <= most_bits)
            for i, j in zip(rows, columns, strict=True):
                yield Match(start + int(i), other + int(j), int(bits[i, j]))


def hash_rows(paths: Iterable[Path]) -> Iterator[Hashed]:
    """The pictures of `slices` files of Parquet. ValueError if one is named otherwise than a shard."""
    for path in sorted(paths):
        shard = parse_shard(path.name)
        if shard is None:
            raise ValueError(f"{path.name} is no name of a shard. Give slices-<split>-00000-of-00001.parquet files.")
        with pq.ParquetFile(path, pre_buffer=False) as file:  # else all that is read stays
            for batch in file.iter_batches(batch_size=64, columns=["id", "image"]):
                for row in batch.to_pylist():
                    picture = np.asarray(Image.open(io.BytesIO(row["image"]["bytes"])))
                    yield Hashed(row["id"], shard.split, perceptual_hash(picture))


def hash_folder(folder: Path) -> Iterator[Hashed]:
    """The PNG and JPEG files of a folder; its first level of folders, one a benchmark, are the splits.

    ValueError if there is none.
    """
    paths = sorted(p for p in folder.rglob("*") if p.suffix.lower() in ENDINGS and p.is_file())
    if not paths:
        raise ValueError(f"{folder} holds no {', '.join(ENDINGS)}. Give a folder with the pictures of benchmarks.")
    for path in paths:
        parts = path.relative_to(folder).parts
        with Image.open(path) as picture:
            bits = perceptual_hash(np.asarray(picture.convert("RGB")))
        yield Hashed("/".join(parts), parts[0] if len(parts) > 1 else folder.name, bits)


def near_duplicates(pictures: Iterable[Hashed], max_distance: int = MAX_DISTANCE) -> list[tuple[str, str, int]]:
    """Ids of pictures in different splits that look the same, and the bits that differ, the nearest first."""
    groups = _by_split(pictures)
    found = [
        (ones.ids[match.one], others.ids[match.other], match.bits)
        for ones, others in combinations(groups.values(), 2)
        for match in ones.matches(others, max_distance)
    ]
    return sorted(found, key=lambda pair: (pair[2], pair))


def count_leaks(paths: Iterable[Path], benchmarks: Path | None = None) -> list[dict]:
    """For each two splits, and each split and benchmark: pictures on both sides, pairs that look the same, and how
    many pictures of the second side are in one. `paths` are shards of slices."""
    return count_pairs(hash_rows(paths), hash_folder(benchmarks) if benchmarks is not None else ())


def count_pairs(pictures: Iterable[Hashed], benchmarks: Iterable[Hashed] = ()) -> list[dict]:
    """The same for pictures that have been hashed."""
    groups, foreign = _by_split(pictures), _by_split(benchmarks)
    pairs = [(a, groups[a], b, groups[b]) for a, b in combinations(groups, 2)]
    pairs += [(a, ours, b, theirs) for a, ours in groups.items() for b, theirs in foreign.items()]
    rows = []
    for a, ones, b, others in pairs:
        pairs_found, seen = 0, set()
        for match in ones.matches(others, MAX_DISTANCE):
            pairs_found += 1
            seen.add(match.other)
        sizes = [len(ones.ids), len(others.ids)]
        rows.append({"one": a, "other": b, "pictures": sizes, "pairs": pairs_found, "seen": len(seen)})
    return rows


def leak_rows(leaks: Sequence[Mapping]) -> list[list]:
    """The cells of the card's table: two places, their pictures, pairs, pictures of the second place concerned."""
    return [[f"{row['one']}, {row['other']}", *row["pictures"], row["pairs"], row["seen"]] for row in leaks]


LEAK_HEADER = ["places", "pictures of the first", "of the second", "pairs that look alike", "of the second concerned"]


class Names:
    """Many names, one after the other in little memory."""

    def __init__(self) -> None:
        self._text, self._ends = bytearray(), array("Q", [0])

    def append(self, name: str) -> None:
        """Add a name behind the last."""
        self._text += name.encode()
        self._ends.append(len(self._text))

    def __len__(self) -> int:
        return len(self._ends) - 1

    def __getitem__(self, n: int) -> str:
        return self._text[self._ends[n] : self._ends[n + 1]].decode()


class _Group:
    """The pictures of a place: their ids and hashes, of which each takes 32 bytes."""

    def __init__(self) -> None:
        self.ids = Names()
        self._packed = bytearray()

    def add(self, picture: Hashed) -> None:
        self.ids.append(picture.id)
        self._packed += np.packbits(picture.bits > 0).tobytes()

    def matches(self, others: "_Group", most_bits: int) -> Iterator[Match]:
        """The pairs of pictures here and there that differ in at most so many bits."""
        yield from _near(self._hashes(), others._hashes(), most_bits, _signs)

    def _hashes(self) -> np.ndarray:
        return np.frombuffer(self._packed, np.uint8).reshape(len(self.ids), BITS // 8)


def _signs(packed: np.ndarray) -> np.ndarray:
    return np.unpackbits(packed, axis=1).astype(np.float32) * 2 - 1


def _by_split(pictures: Iterable[Hashed]) -> dict[str, _Group]:
    """Pictures that are not flat by split: ours in their order, others by name."""
    groups: dict[str, _Group] = defaultdict(_Group)
    for picture in pictures:
        if picture.bits.any():
            groups[picture.split].add(picture)
    order = {split: number for number, split in enumerate(SPLITS)}
    return {split: groups[split] for split in sorted(groups, key=lambda s: (order.get(s, len(order)), s))}
