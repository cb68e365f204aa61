"""manifest.json: what a dataset consists of, by size and SHA-256, and the versions that made it.

digest_files(hash_files(root)) == read_json(root / "manifest.json")["fingerprint"]     # a whole dataset
"""

import hashlib
import platform
from collections.abc import Mapping
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from refrad2d.layout import ACCOUNTING, CHANGELOG, FORMAT, STATS, list_published
from refrad2d.schema import SPLITS
from refrad2d.system.files import read_json
from refrad2d.system.pseudonyms import key_id

BESIDE = (STATS, ACCOUNTING, CHANGELOG)  # published files outside the two folders
RECORDED = ("refrad2d", "datasets", "numpy", "pillow", "pyarrow", "scipy", "pydicom", "nibabel", "highdicom")
SEGMENTER = "segmenter.json"  # left by the stage `segment`
READER = ("onnxruntime", "rapidocr")  # of burnt-in text; a build may leave it alone


def manifest(root: Path, key: bytes, counts: Mapping[str, Mapping[str, int]]) -> dict[str, Any]:
    """Sizes and SHA-256 of all published files below `root`, the versions that made them, and one fingerprint.

    `counts` are the rows by kind of file and split.
    """
    files = hash_files(root)
    return {
        "format": FORMAT,
        "fingerprint": digest_files(files),
        "key_id": key_id(key),
        "versions": installed_versions(),
        "rows": in_splits(counts),
        "files": files,
    }


def in_splits(counts: Mapping[str, Mapping[str, int]]) -> dict[str, dict[str, int]]:
    """Rows by kind of file and split, the splits in their order, empty ones left out."""
    return {kind: {split: by[split] for split in SPLITS if by.get(split)} for kind, by in counts.items()}


def hash_files(root: Path) -> dict[str, dict]:
    """Size and SHA-256 of every published file below `root`, by its path."""
    beside = {name: root / name for name in BESIDE if (root / name).is_file()}
    files = {}
    for name, path in sorted({**list_published(root), **beside}.items()):
        digest, size = hash_file(path)
        files[name] = {"bytes": size, "sha256": digest}
    return files


def hash_file(path: Path) -> tuple[str, int]:
    """SHA-256 and size of a file."""
    digest, size = hashlib.sha256(), 0
    with path.open("rb") as file:
        while block := file.read(1 << 20):
            digest.update(block)
            size += len(block)
    return digest.hexdigest(), size


def digest_files(files: Mapping[str, Mapping]) -> str:
    """The fingerprint of a dataset: one SHA-256 over the names and hashes of all its files."""
    return hashlib.sha256("".join(f"{name} {files[name]['sha256']}\n" for name in sorted(files)).encode()).hexdigest()


def masks_made_by(segmented: Path, given: Path | None) -> dict[str, dict[str, Any]]:
    """What made the masks, from the folder of the stage `segment`: the segmenter with its version and weights, "masks"
    where those of a folder were `given`, of which no more is known, and nothing where there are none."""
    if (segmented / SEGMENTER).is_file():
        return {"segmenter": read_json(segmented / SEGMENTER)}
    return {"segmenter": {"name": "masks"}} if given else {}


def installed_versions() -> dict[str, str]:
    """What the bytes of a dataset depend on."""
    names = (*RECORDED, *(name for name in READER if find_spec(name)))
    return {"python": platform.python_version(), **{name: version(name) for name in names}}
