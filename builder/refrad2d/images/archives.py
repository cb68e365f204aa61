"""Zip and tar archives that nobody vouches for: what they hold, and the bytes of one member; nothing is ever unpacked.

    members = list_members("export.tar.gz")             # in a child process: an archive may be made to hang its reader
    data = read_member("export.tar.gz", members[0])

An archive inside an archive is named and not opened: a bomb needs nothing more than such nesting.
"""

import bz2
import gzip
import io
import lzma
import os
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Iterator, Mapping
from functools import cache, lru_cache
from typing import Any, BinaryIO, NamedTuple, cast

ENDINGS = (".zip", ".tar", ".tar.gz", ".tgz", ".tar.bz2", ".tbz2", ".tar.xz", ".txz")
MAX_MEMBERS = 200_000  # of one archive; more are one quarantine line
MAX_NAME_BYTES = 32 << 20  # of all names of one archive together
MAX_FILE_BYTES = 4 << 30
MAX_UNPACKED = 1 << 28  # of a single DICOM file
MAX_AFTER = 3 << 28  # bytes of a gzip stream after what it was read for
_CHUNK = 1 << 16
_OPENERS: Mapping[bytes, Callable[[str, str], object]] = {b"\x1f\x8b": gzip.open, b"BZ": bz2.open, b"\xfd7": lzma.open}
_BROKEN = (
    zipfile.BadZipFile,
    tarfile.TarError,
    zlib.error,
    lzma.LZMAError,
    EOFError,
    OSError,
    RuntimeError,
    NotImplementedError,
    ValueError,
    OverflowError,
    LookupError,
)


class Unreadable(Exception):
    """An input that cannot be used; the message is the reason that accounting states, never a name or a value."""


class Member(NamedTuple):
    """One file of an archive; `offset` is where its content starts in the unpacked tar, `reason` why it is left out."""

    name: str
    size: int = 0
    offset: int = 0
    reason: str = ""


def is_archive(name: str) -> bool:
    """True for a file that is listed member by member."""
    return name.lower().endswith(ENDINGS)


def list_members(path: str) -> list[Member] | str:
    """The members in byte order of their names, or the reason for which the whole archive is left out.

    Of two members of one name the later one counts, as if they were unpacked.
    """
    found: dict[str, Member] = {}
    count, size = 0, 0
    try:
        for member in _zip_members(path) if path.lower().endswith(".zip") else _tar_members(path):
            member = member if member.name else Member("?", reason="unreadable_archive_member")
            count, size = count + 1, size + len(name_bytes(member.name))
            if count > MAX_MEMBERS or size > MAX_NAME_BYTES:
                return "too_many_members"
            found[member.name] = member
    except _BROKEN:
        return "unreadable_archive"
    return sorted(found.values(), key=lambda member: name_bytes(member.name)) or "empty_archive"


def name_bytes(name: str) -> bytes:
    """What names are sorted by, in any locale. UnicodeEncodeError for a name that no file system could hold."""
    return name.encode("utf-8", "surrogateescape")


def _zip_members(path: str) -> Iterator[Member]:
    with zipfile.ZipFile(path) as archive:
        if sum(info.compress_size for info in archive.infolist()) > os.path.getsize(path):
            raise zipfile.BadZipFile  # members that share their bytes: a bomb
        for info in archive.infolist():
            if not info.is_dir():
                reason = "encrypted_archive_member" if info.flag_bits & 1 else _reason(info.filename, info.file_size)
                yield Member(info.filename, info.file_size, 0, reason)


def _tar_members(path: str) -> Iterator[Member]:
    with _unpacked(path) as stream, tarfile.open(fileobj=stream, mode="r:") as archive:
        for number, info in enumerate(archive):
            if number > MAX_MEMBERS:  # folders count as well
                raise tarfile.TarError
            if info.isdir():
                continue
            reason = _reason(info.name, info.size)
            if not info.isfile():
                reason = "linked_archive_member" if info.islnk() or info.issym() else "not_a_regular_file"
            elif info.issparse():
                reason = "sparse_archive_member"
            yield Member(info.name, info.size, info.offset_data, reason)
        for _ in iter(lambda: stream.read(_CHUNK), b""):  # to the checksum that ends the compressed stream
            pass


def _reason(name: str, size: int) -> str:
    return "archive_in_archive" if is_archive(name) else "too_large" if size > MAX_FILE_BYTES else ""


def _unpacked(path: str) -> BinaryIO:
    """A tar as a stream of its headers and files, whatever it is compressed with."""
    with open(path, "rb") as file:
        opener = _OPENERS.get(file.read(2), open)
    return cast(BinaryIO, opener(path, "rb"))  # of these modules, what `open` gives depends on the mode


def read_member(path: str, member: Member) -> bytes:
    """The content of a member; `Unreadable` if it was left out, is damaged, or holds less than it says."""
    if member.reason:
        raise Unreadable(member.reason)
    try:
        if path.lower().endswith(".zip"):
            data = _opened_zip(path, *_version(path)).read(member.name)
        else:
            stream = _opened_tar(path, *_version(path))
            stream.seek(member.offset)
            data = stream.read(member.size)
    except (*_BROKEN, KeyError) as error:
        _opened_tar.cache_clear()
        raise Unreadable("unreadable_archive_member") from error
    if len(data) != member.size:
        raise Unreadable("unreadable_archive_member")
    return data


def is_gzip(data: bytes) -> bool:
    """True for a gzip file, by its magic."""
    return data[:2] == b"\x1f\x8b"


def open_gzip(data: bytes) -> gzip.GzipFile:
    """What a gzip file holds as a stream, for `read_part`."""
    return _gzip()[0](fileobj=io.BytesIO(data))


@cache
def _gzip() -> tuple[Callable[..., Any], tuple[Any, ...]]:  # Any: isal may be absent, or say no types
    """What unpacks gzip, and what it raises for damage: isal, in half the time, where it is installed."""
    damage = (OSError, EOFError, zlib.error)
    try:
        from isal import igzip, isal_zlib  # here, since the command unpacks nothing
    except ImportError:
        return gzip.GzipFile, damage
    return igzip.GzipFile, (*damage, isal_zlib.error)


def read_part(file: gzip.GzipFile, size: int) -> bytes:
    """The next bytes of a gzip stream; `Unreadable` if it is damaged there."""
    try:
        return file.read(size)
    except _gzip()[1] as error:
        raise Unreadable("damaged_gzip") from error


def read_trailer(file: gzip.GzipFile) -> None:
    """Read a gzip stream to its end, which proves length and checksum; `Unreadable` if they are wrong or missing."""
    for _ in range(MAX_AFTER // _CHUNK):
        if not read_part(file, _CHUNK):
            return
    raise Unreadable("too_large")


def unpack_gzip(data: bytes) -> bytes:
    """What one gzip file holds, proven by its checksum; `Unreadable` if it is damaged or larger than `MAX_UNPACKED`."""
    with open_gzip(data) as file:
        content = read_part(file, MAX_UNPACKED + 1)
    if len(content) > MAX_UNPACKED:
        raise Unreadable("too_large")
    return content


def _version(path: str) -> tuple[int, int]:
    """What changes with the file, so that no handle outlives its archive."""
    status = os.stat(path)
    return status.st_size, status.st_mtime_ns


# Neighbouring members are read one after the other: with the archive left open a zip's directory is parsed once, and a
# compressed tar is unpacked once a process instead of once a member.
@lru_cache(maxsize=1)
def _opened_zip(path: str, size: int, modified: int) -> zipfile.ZipFile:
    return zipfile.ZipFile(path)


@lru_cache(maxsize=1)
def _opened_tar(path: str, size: int, modified: int) -> BinaryIO:
    return _unpacked(path)
