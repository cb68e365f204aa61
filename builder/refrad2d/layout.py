"""Where everything of a dataset lies: names of folders, files and shards, made and read here and nowhere else.

>>> Shard("slices", "train", "b001", 0, 2).path
'refrad2d/data/slices-train-b001-00000-of-00002.parquet'
>>> parse_shard("refrad2d-wds/train-00000-of-00001.tar").kind
'archive'
"""

import re
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from refrad2d.system.files import read_json

FORMAT = (
    4  # of a dataset; 2: objects have `pixels`, 3: rows have `absent` and `provenance.shown`, 4: another PNG encoder
)
STAGES = 2  # of what lies below DIR/.stages, to be raised when a stage reads or writes other files; 2: `.objects.json`
SPLITS = ("train", "validation", "test")
SFT_SPLITS = ("train", "validation")  # a model is never trained on the test patients
PARQUET, ARCHIVE = "refrad2d", "refrad2d-wds"  # the two folders that are published
CARD = f"{PARQUET}/README.md"
MANIFEST, STATS, ACCOUNTING, CHANGELOG = "manifest.json", "stats.json", "accounting.jsonl", "CHANGELOG.md"
REPORTS = ("privacy-report.html", "privacy-report.json")  # of `inspect`: they show rows, and speak of what was before
FOLDERS = {  # kind of shard → its folder; the Parquet files of a config lie in those of its kind
    "slices": f"{PARQUET}/data",
    "grounded": f"{PARQUET}/grounded",
    "sft": f"{PARQUET}/sft",
    "volumes": f"{PARQUET}/volumes",
    "archive": ARCHIVE,
}
KIND_OF_CONFIG = {"report": "slices", "vqa": "slices", "grounded": "grounded", "sft": "sft", "volumes": "volumes"}
_SHARD = re.compile(
    r"(?:(?P<kind>[a-z]+)-)?(?P<split>[a-z]+)(?:-(?P<batch>b\d{3}))?-(?P<n>\d{5})-of-(?P<of>\d{5})\.(?P<ending>parquet|tar)"
)


class Shard(NamedTuple):
    """One file of rows: what it holds, of which split, added by which batch ("" for the build), and its number."""

    kind: str  # slices | grounded | sft | volumes | archive
    split: str
    batch: str
    number: int
    of: int

    @property
    def stem(self) -> str:
        """Its name up to the number."""
        return stem(self.kind, self.split, self.batch)

    @property
    def path(self) -> str:
        """Its path below DIR."""
        return f"{FOLDERS[self.kind]}/{numbered(self.stem, self.number, self.of)}.{ending(self.kind)}"


def stem(kind: str, split: str, batch: str = "") -> str:
    """The name of shards of a kind, up to their number: "slices-train", "train-b001" in the archive."""
    return "-".join(filter(None, ("" if kind == "archive" else kind, split, batch)))


def numbered(stem: str, number: int, of: int) -> str:
    """The name of a shard without its ending."""
    return f"{stem}-{number:05d}-of-{of:05d}"


def ending(kind: str) -> str:
    """The ending of the files of a kind, without dot."""
    return "tar" if kind == "archive" else "parquet"


def has_rows(name: str) -> bool:
    """True for a file that holds rows or samples, whatever else its name says."""
    return name.endswith((".parquet", ".tar"))


def parse_shard(name: str) -> Shard | None:
    """What a shard's name or path says; None if it is the name of no shard."""
    match = _SHARD.fullmatch(name.rpartition("/")[2])
    if not match or (match["ending"] == "tar") != (match["kind"] is None):
        return None
    return Shard(match["kind"] or "archive", match["split"], match["batch"] or "", int(match["n"]), int(match["of"]))


def kind_of(name: str) -> str:
    """The kind of a shard by its name or path, "" for any other file."""
    shard = parse_shard(name)
    return shard.kind if shard else ""


def shard_folder(root: Path, kind: str) -> Path:
    """The folder of the shards of a kind below DIR."""
    return root / FOLDERS[kind]


def list_shards(root: Path, kind: str, split: str = "*") -> list[Path]:
    """The shards of a kind that lie below DIR, of one split or all, sorted by name: batch by batch."""
    return sorted(shard_folder(root, kind).glob(f"{stem(kind, split)}-*.{ending(kind)}"))


def list_folder(root: Path, kind: str) -> list[Path]:
    """Every file with the ending of a kind in its folder, misnamed ones too, sorted."""
    return sorted(shard_folder(root, kind).glob(f"*.{ending(kind)}"))


def list_published(root: Path) -> dict[str, Path]:
    """Every file of the two published folders by its path below DIR."""
    found = (path for folder in (PARQUET, ARCHIVE) for path in (root / folder).rglob("*"))
    return {path.relative_to(root).as_posix(): path for path in found if not path.is_dir()}


def card_patterns(kind: str, split: str, names: Iterable[str]) -> list[str]:
    """What finds the Parquet shards of a split among `names` (paths below DIR), batch by batch, seen from the card.

    A batch has a pattern of its own, so that shards of the next one are not read before the card names them.
    """
    batches = sorted({s.batch for s in map(parse_shard, names) if s and (s.kind, s.split) == (kind, split)})
    folder = FOLDERS[kind].removeprefix(f"{PARQUET}/")
    return [f"{folder}/{stem(kind, split, batch)}-{'*' if batch else '[0-9]*'}.parquet" for batch in batches]


def read_manifest(root: Path) -> dict[str, Any] | None:
    """The manifest of DIR, None where there is none. ValueError if its format is another than this version's."""
    if not (root / MANIFEST).is_file():
        return None
    manifest = read_json(root / MANIFEST)
    require_format(manifest, root)
    return manifest


def require_format(manifest: Mapping[str, Any], root: Path) -> None:
    """ValueError if a manifest has another format than this version makes and reads."""
    if manifest.get("format") != FORMAT:
        raise ValueError(
            f"{root} has format {manifest.get('format')}; this version makes and reads format {FORMAT} only. "
            "Build the dataset again from its export, or use the version that manifest.json names."
        )
