"""The files of an input folder, archive members included, in byte order: the positions that accounting speaks of.

>>> for source in list_sources(Path("export")): data = source.read()
"""

import os
import re
import stat
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from refrad2d.images.archives import (
    MAX_FILE_BYTES,
    Member,
    Unreadable,
    is_archive,
    list_members,
    name_bytes,
    read_member,
)
from refrad2d.system.processes import Result, run_isolated
from refrad2d.system.pseudonyms import pseudonym

FILE_TIMEOUT_S = 120.0  # for parsing one foreign file in a child process
FILE_MEMORY_MB = 1344  # that child may add to what it has when a run starts, pixels held before it too (`held`)
LIST_MEMORY_MB = 1024  # for the names of one archive's members
_LIST_BYTES_A_SECOND = 20e6  # the slowest machine that must still list the largest archive


@dataclass(frozen=True, slots=True)
class Source:
    """One input: a file of `root`, or a member of an archive there. `reason` is set where it must not be opened."""

    root: str
    path: str  # relative, with forward slashes
    member: str = ""
    reason: str = ""
    size: int = 0  # of a member, as its archive says
    offset: int = 0  # of a tar's member
    modality: str = ""  # what the user says of a NIfTI file
    orientation: str = ""  # what the user says of a NIfTI file that states none

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

    def version(self) -> tuple[int, int]:
        """How many bytes it has, and when its file was changed in nanoseconds; zeros where that cannot be known."""
        try:
            found = os.stat(os.path.join(self.root, self.path))
        except OSError:
            return 0, 0
        return self.size if self.member else found.st_size, found.st_mtime_ns

    def read(self) -> bytes:
        """The content. `Unreadable` if it may not be opened, is too large, or changes while it is read."""
        if self.reason:
            raise Unreadable(self.reason)
        path = os.path.join(self.root, self.path)
        if self.member:
            return read_member(path, Member(self.member, self.size, self.offset))
        before = os.stat(path)
        if before.st_size > MAX_FILE_BYTES:
            raise Unreadable("too_large")
        with open(path, "rb") as file:
            data = file.read(before.st_size + 1)
        if len(data) != before.st_size:
            raise Unreadable("changed_while_read")
        return data


def is_dicom(data: bytes) -> bool:
    """True for a DICOM file: the magic behind its preamble, or without one a first element of group 0002 or 0008."""
    if data[128:132] == b"DICM":
        return True
    if len(data) < 132 or data[:2] not in (b"\x02\x00", b"\x08\x00"):
        return False
    explicit = data[4:6].isalpha() and data[4:6].isupper()
    return data[3] == 0 and (explicit or int.from_bytes(data[4:8], "little") < 256)


def list_sources(root: Path, *, workers: int = 1, isolated: bool = True) -> list[Source]:
    """All files below a folder (or the file itself), members of zip and tar archives in their place, in byte order.

    Links that leave the tree, FIFOs and devices are listed with their reason and never opened. Archives are listed in
    child processes with limits; one that cannot be listed stands there itself, with its reason. `isolated=False` lists
    them here, for a caller that is such a child.
    """
    if root.is_file():
        plain = [Source(str(root.parent), root.name)]
    else:
        plain = [_look(root, path) for path in _walk(root)]
    archives = [source for source in plain if not source.reason and is_archive(source.path)]
    found = [source for source in plain if source.reason or not is_archive(source.path)]
    results = _list_isolated(archives, workers) if isolated else (Result(list_members(_full(s))) for s in archives)
    for source, result in zip(archives, results, strict=True):
        found += _members(source, result)
    return sorted(found, key=lambda source: name_bytes(source.name))


def _walk(root: Path) -> Iterator[str]:
    for folder, folders, names in os.walk(root):
        for name in [*names, *(n for n in folders if os.path.islink(os.path.join(folder, n)))]:
            yield os.path.relpath(os.path.join(folder, name), root).replace(os.sep, "/")


def _look(root: Path, path: str) -> Source:
    """What may be known of a file without opening it."""
    full = root / path
    try:
        if full.is_symlink() and not full.resolve().is_relative_to(root.resolve()):
            return Source(str(root), path, reason="link_out_of_tree")
        mode = full.stat().st_mode
    except (OSError, RuntimeError):  # RuntimeError: a link that comes back to itself
        return Source(str(root), path, reason="unreadable")
    if full.is_symlink() and stat.S_ISDIR(mode):
        return Source(str(root), path, reason="linked_folder")
    return Source(str(root), path, reason="" if stat.S_ISREG(mode) else "not_a_regular_file")


def _list_isolated(archives: list[Source], workers: int) -> Iterator[Result]:
    paths = [_full(source) for source in archives]
    if not paths:
        return
    largest = max((os.path.getsize(path) for path in paths if os.path.exists(path)), default=0)
    patience = FILE_TIMEOUT_S + largest / _LIST_BYTES_A_SECOND
    for _, result in run_isolated(list_members, paths, workers=workers, timeout_s=patience, memory_mb=LIST_MEMORY_MB):
        yield result


def _full(source: Source) -> str:
    return os.path.join(source.root, source.path)


def _members(archive: Source, result: Result) -> Iterable[Source]:
    if isinstance(result.value, list):
        for member in result.value:
            yield Source(archive.root, archive.path, member.name, member.reason, member.size, member.offset)
    else:
        yield Source(archive.root, archive.path, reason=result.value or result.reason or "unreadable_archive")


def keyed_paths(source: Source, key: bytes) -> set[str]:
    """Pseudonyms of every prefix of a path, without the extension of its file: what tells that two paths are near."""
    parts = [*source.parts[:-1], source.stem]
    return {pseudonym(key, "path", "/".join(parts[:n])) for n in range(1, len(parts) + 1)}


def keyed_uids(source: Source, key: bytes) -> set[str]:
    """Pseudonyms of every UID that stands in a path."""
    return {pseudonym(key, "uid", uid) for uid in re.findall(r"\d+(?:\.\d+){3,}", source.name)}
