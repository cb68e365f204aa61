"""Pictures that are the same in two splits, or nearly: which of them stay out, and what `verify` finds.

>>> left_out([Seen("a", "train", look), Seen("b", "test", look)])
{'a'}

A picture is kept as its look: 32 bytes that a copy shares but for a few bits (`leaks`), so that millions fit in memory
(`Pictures`).
"""

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Iterator
from itertools import chain
from pathlib import Path
from typing import NamedTuple

import numpy as np

from refrad2d.dataset.leaks import BITS, Hashed, Names, count_pairs, hash_folder, perceptual_hash
from refrad2d.layout import SPLITS

MOST_BITS = 32  # that nearly equal pictures differ in; fewer than for a leak that a person looks at (docs/privacy.md)
REASON = "duplicate_across_splits"
HASH_BYTES = BITS // 8
_CHUNK = 2048


class Seen(NamedTuple):
    """A picture: its row, its split, and what `look_of` says of it."""

    id: str
    split: str
    look: bytes


class Pictures:
    """Pictures that were seen, each in some 60 bytes."""

    def __init__(self, pictures: Iterable[Seen] = ()) -> None:
        self._names, self._splits, self._sizes, self._looks = Names(), bytearray(), bytearray(), bytearray()
        for seen in pictures:
            self.add(seen)

    def add(self, seen: Seen) -> None:
        """Add a picture. ValueError if its split is unknown."""
        self._names.append(seen.id)
        self._splits.append(SPLITS.index(seen.split))
        self._sizes.append(len(seen.look))
        self._looks += seen.look.ljust(HASH_BYTES, b"\0")

    def __len__(self) -> int:
        return len(self._names)

    def __iter__(self) -> Iterator[Seen]:
        return map(self.__getitem__, range(len(self)))

    def __getitem__(self, n: int) -> Seen:
        look = self._looks[HASH_BYTES * n : HASH_BYTES * n + self._sizes[n]]
        return Seen(self._names[n], SPLITS[self._splits[n]], bytes(look))

    def hashed(self) -> tuple[np.ndarray, np.ndarray]:
        """Which pictures have a hash, and the bytes of their hashes, (n, 32) uint8."""
        found = np.flatnonzero(np.frombuffer(self._sizes, np.uint8) == HASH_BYTES)
        return found, np.frombuffer(self._looks, np.uint8).reshape(len(self), HASH_BYTES)[found]


def is_blank(picture: np.ndarray) -> bool:
    """True for a picture (height, width[, channels]) of one colour. It shows nothing, so it gives nothing away."""
    return bool((picture == picture[:1, :1]).all())


def look_of(picture: np.ndarray) -> bytes:
    """What a picture (height, width, 3) of uint8 looks like: its hash of 32 bytes; 16 bytes of a digest for one too
    plain to be hashed, which only an equal one shares; nothing for a blank one."""
    bits = perceptual_hash(picture)
    if bits.any():
        return np.packbits(bits > 0).tobytes()
    return b"" if is_blank(picture) else hashlib.sha256(picture.tobytes()).digest()[:16]


def digest_of(picture: np.ndarray) -> str:
    """A hash of what a picture shows, whatever encoder wrote it; empty for a blank one."""
    return "" if is_blank(picture) else hashlib.sha256(picture.tobytes()).hexdigest()


def left_out(pictures: Iterable[Seen], published: Iterable[Seen] = ()) -> set[str]:
    """The rows of `pictures` that stay out, so that no picture is in two splits, whatever the order of both.

    One that is like a published one of another split stays out, since what is published is not rewritten. Of the rest,
    test comes before validation before train: whatever is like a picture of a split before its own stays out.
    """
    known, new = _by_split(published), _by_split(pictures)
    out: set[str] = set()
    kept: dict[str, Pictures] = {}
    for split in reversed(SPLITS):
        mine, names = new.get(split, Pictures()), [name for name in SPLITS if name != split]
        others = chain.from_iterable(groups[name] for name in names for groups in (known, kept) if name in groups)
        alike = {seen.id for seen in like(mine, others)}
        kept[split] = Pictures(seen for seen in mine if seen.id not in alike)
        out |= alike
    return out


def in_two_splits(pictures: Iterable[Seen]) -> list[str]:
    """The rows whose pictures stand, nearly equal, in another split too: those that `left_out` would leave out."""
    return sorted(left_out(pictures))


def like(ones: Iterable[Seen], others: Iterable[Seen]) -> Iterator[Seen]:
    """Those of `ones` that look like any of `others`."""
    mine, theirs = Pictures(ones), Pictures(others)
    digests = {seen.look for seen in theirs if 0 < len(seen.look) < HASH_BYTES}
    yield from (seen for seen in mine if seen.look in digests)
    (places, hashes), (_, against) = mine.hashed(), theirs.hashed()
    for start in range(0, len(hashes), _CHUNK):
        bits = _signs(hashes[start : start + _CHUNK])
        alike = np.zeros(len(bits), bool)
        for other in range(0, len(against), _CHUNK):
            # of +1 and -1 the product counts equal bits minus different ones
            alike |= (bits @ _signs(against[other : other + _CHUNK]).T >= BITS - 2 * MOST_BITS).any(axis=1)
        yield from (mine[int(n)] for n in places[start : start + _CHUNK][alike])


def count_seen(pictures: Iterable[Seen], benchmarks: Path | None = None) -> list[dict]:
    """What `leaks.count_leaks` gives, of pictures that were hashed when they were written."""
    hashed = (Hashed(seen.id, seen.split, signs_of(seen.look)) for seen in pictures)
    return count_pairs(hashed, hash_folder(benchmarks) if benchmarks is not None else ())


def signs_of(look: bytes) -> np.ndarray:
    """The hash of a look as `perceptual_hash` gives it: 256 values of +1 and -1, all 0 for a picture that has none."""
    if len(look) != HASH_BYTES:
        return np.zeros(BITS, np.float32)
    return _signs(np.frombuffer(look, np.uint8)[None])[0]


def _signs(packed: np.ndarray) -> np.ndarray:
    return np.unpackbits(packed, axis=1).astype(np.float32) * 2 - 1


def _by_split(pictures: Iterable[Seen]) -> dict[str, Pictures]:
    groups: dict[str, Pictures] = defaultdict(Pictures)
    for seen in pictures:
        groups[seen.split].add(seen)
    return groups
