"""What lies below DIR beside the files of a dataset: foreign files, hidden ones, empty folders, links; and names that
may be told.

No fault tells the name of a foreign file, which could be that of a person: its folder, and its place among the names
there as `ls -A` sorts them in the C locale.
"""

import os
import re
from collections.abc import Iterator
from pathlib import Path

from refrad2d.layout import (
    ACCOUNTING,
    ARCHIVE,
    CARD,
    CHANGELOG,
    FOLDERS,
    MANIFEST,
    PARQUET,
    REPORTS,
    STATS,
    has_rows,
    parse_shard,
)
from refrad2d.operations.file_checks import Fault
from refrad2d.schema import SPLITS

ROOT_FILES = (MANIFEST, STATS, ACCOUNTING, CHANGELOG, *REPORTS)
_PUBLISHED = {PARQUET, ARCHIVE, *FOLDERS.values()}
_STAGES = (".stages", ".stages.old")  # of a command at work, or of one that was killed
_STAGE_NAMES = {"lock", "commit", "done", "shards", "ingest", "segment", "curate", "mentions", "match", "questions"}
_TOLD = re.compile(
    r"[a-z2-7]{20}|((entry|line|member) )?\d+|fingerprint|(export|masks|reports)(-b\d{3})?|" + "|".join(SPLITS)
)


def check_tree(root: Path) -> Iterator[Fault]:
    """Everything below DIR that no command of ours makes, but for files in the published folders: see `check_files`."""
    yield from _check_folder(root, "")


def _check_folder(root: Path, folder: str) -> Iterator[Fault]:
    entries = sorted(os.scandir(root / folder), key=lambda entry: os.fsencode(entry.name))
    if not entries and folder:
        yield Fault(folder, None, "empty_folder")
    for number, entry in enumerate(entries, 1):
        name, place = f"{folder}/{entry.name}".lstrip("/"), f"entry {number}"
        if entry.is_symlink():
            yield Fault(folder or ".", place, "link")
        elif entry.is_dir(follow_symlinks=False):
            if name in _PUBLISHED:
                yield from _check_folder(root, name)
            elif (
                name not in _STAGES
                or {path.name.removesuffix(".tmp") for path in root.joinpath(name).iterdir()} - _STAGE_NAMES
            ):
                yield Fault(folder or ".", place, "extra_folder")
        elif not entry.is_file(follow_symlinks=False):
            yield Fault(folder or ".", place, "not_a_file")
        elif not (name in ROOT_FILES or name == CARD or folder and has_rows(name)):  # names of shards: check_files
            yield Fault(folder or ".", place, "extra_file")


def told(root: Path, fault: Fault) -> Fault:
    """A fault without any name that is not ours: a file by its place in its folder, a key only if it is a pseudonym, a
    number or a word of ours."""
    key = fault.key if fault.key and _TOLD.fullmatch(fault.key) else None
    if _is_ours(fault.file):
        return Fault(fault.file, key, fault.kind)
    folder, _, name = fault.file.rpartition("/")
    while folder not in {"", *_PUBLISHED}:
        folder, _, name = folder.rpartition("/")
    try:
        names = sorted(map(os.fsencode, os.listdir(root / folder)))
        key = f"entry {names.index(os.fsencode(name)) + 1}"
    except (OSError, ValueError):
        key = None
    return Fault(folder or ".", key, fault.kind)


def _is_of_stages(folder: Path) -> bool:
    return all(path.name.removesuffix(".tmp") in _STAGE_NAMES for path in folder.iterdir())


def _is_ours(name: str) -> bool:
    if name in {".", CARD, *ROOT_FILES, *_PUBLISHED, *(f"{PARQUET}/{kind}" for kind in FOLDERS)}:
        return True
    folder, _, last = name.rpartition("/")
    ending = "tar" if folder == ARCHIVE else "parquet"
    shard = parse_shard(last) or parse_shard(f"{last}-00000-of-00001.{ending}")  # or the stem of several
    return bool(shard and FOLDERS.get(shard.kind) == folder and shard.split in SPLITS)
