"""What identifies patients and has to pass through a file to another process: sealed with the key of the dataset.

    seal = Seal(key, "which build")
    with path.open("wb") as file: seal.write(file, path.name, b"Quitzow")
    [(offset, value)] = seal.read(path)

AES-256-GCM of the library cryptography, under a key that HKDF-SHA256 makes of the dataset's key and of what is built.
Nothing that opens a seal stands in the file beside it, and a value at another place than it was written to opens
nowhere.
"""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

_NONCE = 12  # bytes; drawn for each value, and far fewer than 2**32 values are sealed with a key
_LENGTH = 8  # bytes that say how long a sealed value is


class CannotOpen(ValueError):
    """A seal that does not open: another key, or a file that was changed. The message names neither."""


def require_sealing() -> None:
    """ValueError if the library is not there."""
    Seal(b"", "")


class Seal:
    """Seals values and opens them; `purpose` is anything that tells this use of the key from others.

    ValueError if the library is not there.
    """

    def __init__(self, key: bytes, purpose: str) -> None:
        try:
            from cryptography.exceptions import InvalidTag
            from cryptography.hazmat.primitives.ciphers.aead import AESGCM
            from cryptography.hazmat.primitives.hashes import SHA256
            from cryptography.hazmat.primitives.kdf.hkdf import HKDF
        except ImportError as error:
            raise ValueError(
                "A build needs cryptography, which does not load here. Install refrad2d[build]."
            ) from error
        derived = HKDF(SHA256(), 32, None, f"refrad2d sealed parts {purpose}".encode()).derive(key)
        self._cipher, self._invalid = AESGCM(derived), InvalidTag

    def write(self, file: BinaryIO, name: str, value: bytes) -> int:
        """Append a value to a file that will have this name. Returns where it stands."""
        offset, nonce = file.tell(), os.urandom(_NONCE)
        sealed = nonce + self._cipher.encrypt(nonce, value, _place(name, offset))
        file.write(len(sealed).to_bytes(_LENGTH, "big"))
        file.write(sealed)
        return offset

    def read(self, path: Path) -> Iterator[tuple[int, bytes]]:
        """The values of a file with where they stand, in order. `CannotOpen` for one that is not what was written."""
        with path.open("rb") as file:
            end = file.seek(0, os.SEEK_END)
            offset = file.seek(0)
            while offset < end:
                yield offset, self._open(file, path.name, offset)
                offset = file.tell()

    def read_at(self, path: Path, offset: int) -> bytes:
        """The value that stands there."""
        with path.open("rb") as file:
            file.seek(offset)
            return self._open(file, path.name, offset)

    def _open(self, file: BinaryIO, name: str, offset: int) -> bytes:
        length = int.from_bytes(file.read(_LENGTH), "big")
        sealed = file.read(length)
        try:
            return self._cipher.decrypt(sealed[:_NONCE], sealed[_NONCE:], _place(name, offset))
        except (self._invalid, ValueError) as error:
            raise CannotOpen(
                "A sealed part does not open: it was changed, or sealed with another key than the one given. Give the "
                "key file of the build with --key-file, or delete DIR/.stages and build again."
            ) from error


def _place(name: str, offset: int) -> bytes:
    return f"{name} {offset}".encode()
