"""Keyed pseudonyms: the same identifier and key give the same name, and nobody without the key can go back.

The key file is made where it is missing (mode 600) and never enters the output folder.
"""

import base64
import hashlib
import hmac
import os
import re
import secrets
import unicodedata
from collections.abc import Iterable
from pathlib import Path

LENGTH = 20  # characters of [a-z2-7], 100 bits


def pseudonym(key: bytes, kind: str, *values: object) -> str:
    """A name for an identifier: HMAC-SHA256 of its kind and values, [a-z2-7], 20 characters."""
    message = "\x1f".join([kind, *map(str, values)]).encode("utf-8", "surrogateescape")
    return _name(hmac.new(key, message, hashlib.sha256))


def pseudonym_of_list(key: bytes, kind: str, items: Iterable[str], *values: object) -> str:
    """What `pseudonym` gives for a list and more values, of which the list may be longer than memory; `items` are the
    `repr` of what is in it."""
    found = hmac.new(key, f"{kind}\x1f[".encode(), hashlib.sha256)
    for n, item in enumerate(items):
        found.update(f"{', ' if n else ''}{item}".encode("utf-8", "surrogateescape"))
    found.update("\x1f".join(["]", *map(str, values)]).encode("utf-8", "surrogateescape"))
    return _name(found)


def _name(found: hmac.HMAC) -> str:
    return base64.b32encode(found.digest()).decode("ascii").lower()[:LENGTH]


_PSEUDONYM = re.compile(f"[a-z2-7]{{{LENGTH}}}")


def is_pseudonym(name: object) -> bool:
    """True for a text that `pseudonym` may have made."""
    return isinstance(name, str) and bool(_PSEUDONYM.fullmatch(name))


_WHOLE = re.compile(r"[+]?(\d+)(?:[.,](0*))?")
_POWER = re.compile(r"[+]?(\d)(?:[.,](\d+))?E[+](\d{1,2})")  # as spreadsheets and floats write it, with its sign
_RUN = re.compile(r"\d+|[^\W\d_]+")
_NO_NUMBER = frozenset(("", "NAN", "NONE", "NULL", "NA", "NAT", "N-A", "UNKNOWN"))
_EXACT = 1 << 53  # up to here a float holds every whole number


def normal_identifier(text: str) -> str:
    """The one form of a PatientID or accession number for joins, splits and pseudonyms; "" for none.

        >>> [normal_identifier(t) for t in ("0012345", "12345.0", "1.2345E+4", "acc 0471", "ACC-0471", "1-23")]
        ['12345', '12345', '12345', 'ACC0471', 'ACC0471', '1-23']

    Case, the kind of a separator and what programs make of a whole number (zeros before it, ".0", an exponent) do not
    count. See `is_rounded` for numbers that lost digits.
    """
    text = unicodedata.normalize("NFKC", text).strip().upper()
    if power := _POWER.fullmatch(text):
        digits = power[1] + (power[2] or "")
        return "" if is_rounded(text) else digits[: int(power[3]) + 1].lstrip("0")
    if whole := _WHOLE.fullmatch(text):
        return "" if is_rounded(text) else whole[1].lstrip("0")
    parts = _RUN.findall(text)
    joined = "".join(
        f"-{part}" if before and before[-1].isdigit() == part[0].isdigit() else part
        for before, part in zip(["", *parts], parts, strict=False)
    )
    return "" if joined in _NO_NUMBER else joined


def is_rounded(text: str) -> bool:
    """True for a number that a spreadsheet or a float has shortened ("1.23457E+11"): whose it is cannot be known."""
    text = unicodedata.normalize("NFKC", text).strip().upper()
    if power := _POWER.fullmatch(text):
        decimals, exponent = power[2] or "", int(power[3])
        return len(decimals) < exponent or bool(decimals[exponent:].strip("0")) or exponent > 15
    whole = _WHOLE.fullmatch(text)
    return bool(whole and whole[2] is not None and int(whole[1]) > _EXACT)


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
