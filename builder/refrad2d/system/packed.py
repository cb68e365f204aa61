"""Values in little room, for memory or for sealed files, and never written as they are: pickled and compressed.

    >>> unpack(pack(["a"] * 1000))[-1], len(pack(["a"] * 1000)) < 100
    ('a', True)

What the files of a series have in common takes hardly any room so.
"""

import pickle
import zlib
from typing import Any


def pack(value: Any) -> bytes:
    """A value in little memory; equal parts that are one object take room once."""
    return zlib.compress(pickle.dumps(value, protocol=5), 1)


def unpack(packed: bytes) -> Any:
    """The value that `pack` was given."""
    return pickle.loads(zlib.decompress(packed))
