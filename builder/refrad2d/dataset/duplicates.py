"""Pictures that are the same in two splits, or nearly: which of them stay out, and what `verify` finds.

>>> left_out([Seen("a", "train", look), Seen("b", "test", look)])
{'a'}

A picture is kept as its look: 32 bytes that a copy shares but for a few bits (`leaks`), so that millions fit in memory.
"""

import hashlib
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

import numpy as np

from refrad2d.dataset.leaks import BITS, perceptual_hash
from refrad2d.layout import SPLITS

MOST_BITS = 32  # that nearly equal pictures differ in; fewer than for a leak that a person looks at (docs/privacy.md)
REASON = "duplicate_across_splits"
_CHUNK = 2048


class Seen(NamedTuple):
    """A picture: its row, its split, and what `look_of` says of it."""

    id: str
    split: str
    look: bytes


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


def left_out(pictures: Iterable[Seen], published: Iterable[Seen] = ()) -> set[str]:
    """The rows of `pictures` that stay out, so that no picture is in two splits, whatever the order of both.

    One that is like a published one of another split stays out, since what is published is not rewritten. Of the rest,
    test comes before validation before train: whatever is like a picture of a split before its own stays out.
    """
    known, new = _by_split(published), _by_split(pictures)
    out: set[str] = set()
    kept: dict[str, list[Seen]] = {}
    for split in reversed(SPLITS):
        others = [seen for name in SPLITS if name != split for seen in (*known.get(name, ()), *kept.get(name, ()))]
        alike = {seen.id for seen in like(new.get(split, ()), others)}
        kept[split] = [seen for seen in new.get(split, ()) if seen.id not in alike]
        out |= alike
    return out


def in_two_splits(pictures: Iterable[Seen]) -> list[str]:
    """The rows whose pictures stand, nearly equal, in another split too: those that `left_out` would leave out."""
    return sorted(left_out(pictures))


def like(ones: Sequence[Seen], others: Sequence[Seen]) -> Iterator[Seen]:
    """Those of `ones` that look like any of `others`."""
    exact = {seen.look for seen in others}
    hashed = [seen for seen in ones if seen.look not in exact and _has_hash(seen)]
    yield from (seen for seen in ones if seen.look and seen.look in exact)
    against = [look for look in exact if len(look) == BITS // 8]
    for start in range(0, len(hashed), _CHUNK):
        some = hashed[start : start + _CHUNK]
        bits, alike = _signs([seen.look for seen in some]), np.zeros(len(some), bool)
        for other in range(0, len(against), _CHUNK):
            # of +1 and -1 the product counts equal bits minus different ones
            alike |= (bits @ _signs(against[other : other + _CHUNK]).T >= BITS - 2 * MOST_BITS).any(axis=1)
        yield from (seen for seen, hit in zip(some, alike, strict=True) if hit)


def _has_hash(seen: Seen) -> bool:
    return len(seen.look) == BITS // 8


def signs_of(look: bytes) -> np.ndarray:
    """The hash of a look as `perceptual_hash` gives it: 256 values of +1 and -1, all 0 for a picture that has none."""
    return _signs([look])[0] if len(look) == BITS // 8 else np.zeros(BITS, np.float32)


def _signs(looks: Sequence[bytes]) -> np.ndarray:
    packed = np.frombuffer(b"".join(looks), dtype=np.uint8).reshape(len(looks), BITS // 8)
    return np.unpackbits(packed, axis=1).astype(np.float32) * 2 - 1


def _by_split(pictures: Iterable[Seen]) -> dict[str, list[Seen]]:
    groups: dict[str, list[Seen]] = defaultdict(list)
    for seen in pictures:
        groups[seen.split].append(seen)
    return groups
