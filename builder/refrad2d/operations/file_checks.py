"""The files of a dataset against its manifest: missing, extra, changed, misnamed, with gaps in their numbers."""

import stat
from collections import defaultdict
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from refrad2d.dataset.manifest import digest_files, hash_file
from refrad2d.layout import FOLDERS, MANIFEST, has_rows, list_published, numbered, parse_shard
from refrad2d.schema import SPLITS


class Fault(NamedTuple):
    """One thing that is wrong: in which file (relative to DIR), at which key (row id, member, field), of which kind."""

    file: str
    key: str | None
    kind: str


def is_regular(path: Path) -> bool:
    """True for a file that is neither a link nor a pipe or device, so that it can be read without waiting."""
    try:
        return stat.S_ISREG(path.lstat().st_mode)
    except OSError:
        return False


def check_files(dir: Path, manifest: Mapping[str, Any], files: Mapping[str, Mapping]) -> Iterator[Fault]:
    """Files against the manifest: missing, extra, changed, truncated, swapped, copied; shards against their numbers."""
    on_disk = {name for name, path in list_published(dir).items() if is_regular(path)}
    recorded = {entry["sha256"]: name for name, entry in files.items()}
    for name in sorted(files.keys() | on_disk):
        if name not in on_disk:
            if not (dir / name).is_file():
                yield Fault(name, None, "missing_file")
                continue
        digest, size = hash_file(dir / name)
        if name not in files:
            yield Fault(name, None, "duplicate_file" if digest in recorded else "extra_file")
        elif digest != files[name]["sha256"]:
            kind = "swapped" if digest in recorded else "truncated" if size < files[name]["bytes"] else "changed"
            yield Fault(name, None, kind)
    if digest_files(files) != manifest.get("fingerprint"):
        yield Fault(MANIFEST, "fingerprint", "changed")
    yield from _check_shard_names(on_disk, set(manifest.get("emptied", ())))


def _check_shard_names(names: set[str], emptied: set[str]) -> Iterator[Fault]:
    """Names that are none, and gaps in the numbers; `emptied` shards went with the patients that `remove` took out."""
    groups: dict[tuple, set[int]] = defaultdict(set)
    for name in sorted(names | emptied):
        if not has_rows(name):
            continue
        shard = parse_shard(name)
        if not shard or shard.split not in SPLITS or shard.kind not in FOLDERS or shard.path != name:
            yield Fault(name, None, "shard_name")
        else:
            groups[name.rpartition("/")[0], shard.stem, shard.of].add(shard.number)
    for (folder, stem, of), numbers in sorted(groups.items()):
        for n in sorted(set(range(of)) - numbers):
            yield Fault(f"{folder}/{numbered(stem, n, of)}", None, "missing_shard")
        if any(n >= of for n in numbers):
            yield Fault(f"{folder}/{stem}", None, "shard_name")
