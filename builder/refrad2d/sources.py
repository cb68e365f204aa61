"""The files of an input folder, archive members included, in byte order: the positions that accounting speaks of.

>>> for source in list_sources(Path("export")): data = source.read()
"""

import os
import re
import stat
import tarfile
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from refrad2d.pseudonyms import pseudonym

MAX_FILE_BYTES = 4 << 30
FILE_TIMEOUT_S = 120.0  # for parsing one foreign file in a child process
FILE_MEMORY_MB = 4096
ARCHIVES = (".zip", ".tar", ".tar.gz", ".tgz")


class Unreadable(Exception):
    """An input that cannot be used; the message is the reason that accounting states, never a name or a value."""


@dataclass(frozen=True)
class Source:
    """One input: a file of `root`, or a member of an archive there. `reason` is set where it must not be opened."""

    root: str
    path: str  # relative, with forward slashes
    member: str = ""
    reason: str = ""

    @property
    def name(self) -> str:
        """The relative path, archive members as `a.zip!member`."""
        return f"{self.path}!{self.member}" if self.member else self.path

    @property
    def parts(self) -> tuple[str, ...]:
        """The folders and the file name of the path, those inside an archive included."""
        return tuple(p for p in self.name.replace("!", "/").split("/") if p)

    @property
    def stem(self) -> str:
        """The name of the file without the extensions of NIfTI."""
        return self.parts[-1].split(".nii")[0]

    def read(self) -> bytes:
        """The content. `Unreadable` if it may not be opened, is too large, or changes while it is read."""
        if self.reason:
            raise Unreadable(self.reason)
        path = os.path.join(self.root, self.path)
        if self.member:
            return _read_member(path, self.member)
        before = os.stat(path)
        if before.st_size > MAX_FILE_BYTES:
            raise Unreadable("too_large")
        with open(path, "rb") as file:
            data = file.read(before.st_size + 1)
        if len(data) != before.st_size:
            raise Unreadable("changed_while_read")
        return data


def _read_member(path: str, member: str) -> bytes:
    try:
        if path.lower().endswith(".zip"):
            with zipfile.ZipFile(path) as archive:
                if archive.getinfo(member).file_size > MAX_FILE_BYTES:
                    raise Unreadable("too_large")
                return archive.read(member)
        with tarfile.open(path) as archive:
            info = archive.getmember(member)
            if info.size > MAX_FILE_BYTES:
                raise Unreadable("too_large")
            file = archive.extractfile(info)
            return file.read() if file else b""
    except (
        zipfile.BadZipFile,
        tarfile.TarError,
        EOFError,
        OSError,
        RuntimeError,
        NotImplementedError,
        ValueError,
    ) as error:
        raise Unreadable("unreadable_archive_member") from error


def is_dicom(data: bytes) -> bool:
    """True for a DICOM file: the magic behind its preamble, or without one a first element of group 0002 or 0008."""
    if data[128:132] == b"DICM":
        return True
    if len(data) < 132 or data[:2] not in (b"\x02\x00", b"\x08\x00"):
        return False
    explicit = data[4:6].isalpha() and data[4:6].isupper()
    return data[3] == 0 and (explicit or int.from_bytes(data[4:8], "little") < 256)


def list_sources(root: Path) -> list[Source]:
    """All files below a folder (or the file itself), members of zip and tar archives in their place, in byte order.

    Links that leave the tree, FIFOs and devices are listed with their reason and never opened.
    """
    if root.is_file():
        return [Source(str(root.parent), root.name)]
    found = [source for path in _walk(root) for source in _expand(root, path)]
    return sorted(found, key=lambda source: os.fsencode(source.name))


def _walk(root: Path) -> Iterator[str]:
    for folder, folders, names in os.walk(root):
        for name in [*names, *(n for n in folders if os.path.islink(os.path.join(folder, n)))]:
            yield os.path.relpath(os.path.join(folder, name), root).replace(os.sep, "/")


def _expand(root: Path, path: str) -> list[Source]:
    full = root / path
    if full.is_symlink() and not full.resolve().is_relative_to(root.resolve()):
        return [Source(str(root), path, reason="link_out_of_tree")]
    try:
        mode = full.stat().st_mode
    except OSError:
        return [Source(str(root), path, reason="unreadable")]
    if full.is_symlink() and stat.S_ISDIR(mode):
        return [Source(str(root), path, reason="linked_folder")]
    if not stat.S_ISREG(mode):
        return [Source(str(root), path, reason="not_a_regular_file")]
    if not path.lower().endswith(ARCHIVES):
        return [Source(str(root), path)]
    try:
        members = _members(full)
    except (zipfile.BadZipFile, tarfile.TarError, EOFError, OSError, RuntimeError, ValueError):
        return [Source(str(root), path, reason="unreadable_archive")]
    return [Source(str(root), path, member) for member in members] or [Source(str(root), path, reason="empty_archive")]


def _members(path: Path) -> list[str]:
    if path.name.lower().endswith(".zip"):
        with zipfile.ZipFile(path) as archive:
            return sorted({info.filename for info in archive.infolist() if not info.is_dir()})
    with tarfile.open(path) as archive:
        return sorted({info.name for info in archive if info.isfile()})


def keyed_paths(source: Source, key: bytes) -> set[str]:
    """Pseudonyms of every prefix of a path, without the extension of its file: what tells that two paths are near."""
    parts = [*source.parts[:-1], source.stem]
    return {pseudonym(key, "path", "/".join(parts[:n])) for n in range(1, len(parts) + 1)}


def keyed_uids(source: Source, key: bytes) -> set[str]:
    """Pseudonyms of every UID that stands in a path."""
    return {pseudonym(key, "uid", uid) for uid in re.findall(r"\d+(?:\.\d+){3,}", source.name)}
