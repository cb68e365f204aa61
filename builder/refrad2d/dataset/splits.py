"""Train, validation, test by patient: a keyed hash decides, so a patient stays where it is when data are appended."""

import hashlib
import hmac

from refrad2d.schema import SPLITS

_SHARES = (0.8, 0.1, 0.1)


def split_of(patient: str, key: bytes) -> str:
    """The split of a patient's pseudonym: 80/10/10 in the long run, the same for the same key for ever."""
    digest = hmac.new(key, b"split\x1f" + patient.encode(), hashlib.sha256).digest()
    draw = int.from_bytes(digest[:8], "big") / 2**64
    for split, share in zip(SPLITS, _SHARES, strict=True):
        if draw < share:
            return split
        draw -= share
    return SPLITS[-1]
