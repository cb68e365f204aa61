"""Keyed pseudonyms: the same identifier and key give the same name, and nobody without the key can go back.

The key file is made where it is missing (mode 600) and never enters the output folder.
"""

import base64
import hashlib
import hmac
import os
import secrets
from pathlib import Path

LENGTH = 20  # characters of [a-z2-7], 100 bits


def pseudonym(key: bytes, kind: str, *values: object) -> str:
    """A name for an identifier: HMAC-SHA256 of its kind and values, [a-z2-7], 20 characters."""
    message = "\x1f".join([kind, *map(str, values)]).encode("utf-8", "surrogateescape")
    digest = hmac.new(key, message, hashlib.sha256).digest()
    return base64.b32encode(digest).decode("ascii").lower()[:LENGTH]


def load_key(path: Path) -> bytes:
    """The key in a file of 64 hexadecimal digits; a missing file is created with a fresh key, mode 600."""
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "w") as file:
            file.write(secrets.token_hex(32) + "\n")
    text = path.read_text(encoding="ascii", errors="replace").strip()
    try:
        key = bytes.fromhex(text)
    except ValueError:
        key = b""
    if len(key) < 16:
        raise ValueError(
            f"Key file {path} does not hold at least 32 hexadecimal digits. "
            "Name another, or delete it to have one made."
        )
    return key


def key_id(key: bytes) -> str:
    """A short public name of a key: tells whether two datasets were made with the same one, and nothing else."""
    return pseudonym(key, "key-id")[:8]
