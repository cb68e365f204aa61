"""Whether a dataset is what was built: files, shards, rows and laws; one fault a line, exit 1 if there is any.

refrad2d verify DIR
{"file": "refrad2d-wds/train-00000-of-00001.tar", "key": "k3f…", "kind": "duplicate_member"}
"""

import hashlib
import io
import json
import re
import tarfile
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from PIL import Image, UnidentifiedImageError

from refrad2d.conversations import conversations, sft_row
from refrad2d.dataset.laws import check_row, make_image, require_manifest
from refrad2d.grounding import parse
from refrad2d.labels import MODALITIES, label_by_id
from refrad2d.operations.transaction import is_half_changed, tombstone
from refrad2d.schema import SFT_SPLITS, SPLITS, features
from refrad2d.windows import count_pixels

FOLDERS = ("refrad2d", "refrad2d-wds")
SCALE = ("slope", "intercept")  # archive only: hu = pixels * slope + intercept
_SHARD = re.compile(
    r"(?P<stem>(?:(?P<config>[a-z]+)-)?(?P<split>[a-z]+))(?P<batch>-b\d{3})?-(?P<n>\d{5})-of-(?P<of>\d{5})\.(?:parquet|tar)"
)
_MEMBER = re.compile(r"(?P<key>[a-z0-9_-]+)\.(?P<extension>json|pixels\.png|mask\.png)")
_UNREADABLE = (OSError, pa.ArrowException, UnicodeDecodeError, EOFError)


class Fault(NamedTuple):
    """One thing that is wrong: in which file (relative to DIR), at which key (row id, member, field), of which kind."""

    file: str
    key: str | None
    kind: str


class Sample(NamedTuple):
    """What the row files say of a slice, to compare other files with."""

    split: str
    patient: str
    row: str  # digest of all fields but the pictures
    grounded: str  # digest of those that the grounded files repeat
    image: str  # digest of the encoded image
    pixels: str  # digest of the decoded image, empty where it cannot be read
    mask: str | None
    is_grounded: bool
    is_blank: bool
    turns: tuple[str, ...]  # digests of the conversations that follow from the row


@dataclass
class Dataset:
    """What is collected while the shards are read, in the order slices, grounded, sft, archive."""

    root: Path
    manifest: dict[str, Any]
    samples: dict[str, Sample] = field(default_factory=dict)
    grounded: set[str] = field(default_factory=set)
    turns: dict[tuple[str, str], Counter] = field(default_factory=lambda: defaultdict(Counter))  # by split and image
    broken: set[str] = field(
        default_factory=set
    )  # config-split with an unreadable file: its missing rows follow from that
    rows: dict[str, Counter] = field(default_factory=lambda: defaultdict(Counter))


def verify(dir: Path) -> Iterator[Fault]:
    """Every fault of a build's DIR. Reads everything once; never changes anything.

    Damage shows twice, as `changed` for the file and as what it did to rows, so a fault can be traced to its rows.
    """
    manifest_path = dir / "manifest.json"
    try:
        manifest = json.loads(manifest_path.read_text(encoding="utf-8"))
        files = manifest["files"]
        require_manifest(manifest)
    except FileNotFoundError:
        yield Fault("manifest.json", None, "missing_file")
        return
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        yield Fault("manifest.json", None, "unreadable")
        return
    if is_half_changed(dir):
        yield Fault("manifest.json", None, "unfinished_change")  # run the same append or remove again
        return
    yield from check_files(dir, manifest, files)
    dataset = Dataset(dir, manifest)
    for kind, reader in (("data", read_slices), ("grounded", read_grounded), ("sft", read_sft)):
        for path in sorted((dir / "refrad2d" / kind).glob("*.parquet")):
            yield from reader(dataset, path)
    yield from check_derived(dataset)
    seen: dict[str, str] = {}
    for path in sorted((dir / "refrad2d-wds").glob("*.tar")):
        yield from read_archive(dataset, path, seen)
    for key in sorted(dataset.samples.keys() - seen.keys()):
        yield Fault("refrad2d-wds", key, "missing_sample")
    yield from check_splits(dataset)
    yield from check_counts(dataset)
    yield from check_accounting(dir)


def check_files(dir: Path, manifest: Mapping[str, Any], files: Mapping[str, Mapping]) -> Iterator[Fault]:
    """Files against the manifest: missing, extra, changed, truncated, swapped, copied; shards against their numbers."""
    on_disk = {p.relative_to(dir).as_posix() for name in FOLDERS for p in (dir / name).rglob("*") if not p.is_dir()}
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
    total = hashlib.sha256("".join(f"{n} {files[n]['sha256']}\n" for n in sorted(files)).encode()).hexdigest()
    if total != manifest.get("fingerprint"):
        yield Fault("manifest.json", "fingerprint", "changed")
    yield from _check_shard_names(on_disk, set(manifest.get("emptied", ())))


def _check_shard_names(names: set[str], emptied: set[str]) -> Iterator[Fault]:
    """Names that are none, and gaps in the numbers; `emptied` shards went with the patients that `remove` took out."""
    groups: dict[tuple, set[int]] = defaultdict(set)
    for name in sorted(names | emptied):
        if not name.endswith((".parquet", ".tar")):
            continue
        folder, _, base = name.rpartition("/")
        match = _SHARD.fullmatch(base)
        if not match or match["split"] not in SPLITS:
            yield Fault(name, None, "shard_name")
        else:
            groups[folder, match["stem"] + (match["batch"] or ""), int(match["of"])].add(int(match["n"]))
    for (folder, stem, of), numbers in sorted(groups.items()):
        for n in sorted(set(range(of)) - numbers):
            yield Fault(f"{folder}/{stem}-{n:05d}-of-{of:05d}", None, "missing_shard")
        if any(n >= of for n in numbers):
            yield Fault(f"{folder}/{stem}", None, "shard_name")


def hash_file(path: Path) -> tuple[str, int]:
    """SHA-256 and size of a file."""
    digest, size = hashlib.sha256(), 0
    with path.open("rb") as file:
        while block := file.read(1 << 20):
            digest.update(block)
            size += len(block)
    return digest.hexdigest(), size


def _split(path: Path) -> str:
    match = _SHARD.fullmatch(path.name)
    return match["split"] if match else "?"


def _read_rows(dataset: Dataset, path: Path, config: str, faults: list[Fault]) -> Iterator[dict]:
    """The rows of a Parquet file of a config; damage goes into `faults`."""
    name = path.relative_to(dataset.root).as_posix()
    try:
        with pq.ParquetFile(path, page_checksum_verification=True) as file:
            if not file.schema_arrow.equals(features(config).arrow_schema):
                faults.append(Fault(name, None, "schema"))
                return
            for batch in file.iter_batches(batch_size=64):
                yield from batch.to_pylist()
    except _UNREADABLE:
        faults.append(Fault(name, None, "unreadable"))
        match = _SHARD.fullmatch(path.name)
        dataset.broken.add(match["stem"] if match else path.name)


def read_slices(dataset: Dataset, path: Path) -> Iterator[Fault]:
    """Rows of the `slices` files: each law, ids that occur twice."""
    name, split = path.relative_to(dataset.root).as_posix(), _split(path)
    faults: list[Fault] = []
    for row in _read_rows(dataset, path, "slices", faults):
        dataset.rows["slices"][split] += 1
        key = str(row["id"])
        if key in dataset.samples:
            yield Fault(name, key, "duplicate_row")
            continue
        image, mask = _picture(row["image"]), _picture(row["mask"])
        if image is None:
            yield Fault(name, key, "image_unreadable")
        if mask is None and row["mask"]:
            yield Fault(name, key, "mask_unreadable")
        else:
            yield from (Fault(name, key, kind) for kind in dict.fromkeys(check_row(row, mask)))
        dataset.samples[key] = _sample(row, split, image, mask)
    yield from faults


def _sample(row: Mapping, split: str, image: np.ndarray | None, mask: np.ndarray | None) -> Sample:
    reports = [report for report in (row["report"] or {}).values() if report]
    return Sample(
        split=split,
        patient=row["patient"],
        row=digest(_plain(row)),
        grounded=_grounded_digest(row),
        image=_bytes_digest(row["image"]),
        pixels=_array_digest(image) if image is not None else "",
        mask=_bytes_digest(row["mask"]) if row["mask"] else None,
        is_grounded=any(report["spans"] for report in reports),
        is_blank=image is None or bool(image.max() == image.min()),
        turns=_turns(row, mask),
    )


def _turns(row: Mapping, mask: np.ndarray | None) -> tuple[str, ...]:
    """The conversations that follow from a row; none where its spans are broken, which is a fault of its own."""
    sizes: dict[str, int] = {}
    if mask is not None and mask.ndim == 2:
        counts = count_pixels(mask)
        sizes = {name: int(n) for i, n in enumerate(counts) if n and (name := label_by_id(i))}
    try:
        return tuple(digest(list(turn))[:16] for turn in conversations(row, sizes))
    except (ValueError, KeyError, TypeError, AttributeError):
        return ()


def read_grounded(dataset: Dataset, path: Path) -> Iterator[Fault]:
    """The `grounded` files repeat the grounded ones of the slices, unchanged, in the same split."""
    name, split = path.relative_to(dataset.root).as_posix(), _split(path)
    faults: list[Fault] = []
    for row in _read_rows(dataset, path, "grounded", faults):
        dataset.rows["grounded"][split] += 1
        key = str(row["id"])
        sample = dataset.samples.get(key)
        if key in dataset.grounded:
            yield Fault(name, key, "duplicate_row")
        elif sample is None or not sample.is_grounded:
            yield Fault(name, key, "extra_row")
        elif sample.split != split:
            yield Fault(name, key, "wrong_split")
        elif _bytes_digest(row["image"]) != sample.image:
            yield Fault(name, key, "image_differs")
        elif (_bytes_digest(row["mask"]) if row["mask"] else None) != sample.mask:
            yield Fault(name, key, "mask_differs")
        elif _grounded_digest(row) != sample.grounded:
            yield Fault(name, key, "row_differs")
        dataset.grounded.add(key)
    yield from faults


def read_sft(dataset: Dataset, path: Path) -> Iterator[Fault]:
    """The `sft` files: markup that can be read, images of their split; `check_derived` compares the conversations."""
    name, split = path.relative_to(dataset.root).as_posix(), _split(path)
    faults: list[Fault] = []
    known = {sample.image for sample in dataset.samples.values() if sample.split == split}
    last = None
    for number, row in enumerate(_read_rows(dataset, path, "sft", faults)):
        dataset.rows["sft"][split] += 1
        image = _bytes_digest(row["image"])
        if image not in known and image != last:
            yield Fault(name, str(number), "image_of_no_row")
        if any(parse(part["text"] or "").invalid for m in row["messages"] for part in m["content"]):
            yield Fault(name, str(number), "markup_invalid")
        if row["length"] != sft_row(None, row["messages"])["length"]:
            yield Fault(name, str(number), "length_differs")
        dataset.turns[split, image][digest(row["messages"])[:16]] += 1
        last = image
    yield from faults


def check_derived(dataset: Dataset) -> Iterator[Fault]:
    """Grounded rows and conversations that should follow from the slices and are absent, changed or too many."""
    expected: dict[tuple[str, str], Counter] = defaultdict(Counter)
    keys: dict[tuple[str, str], str] = {}
    for key, sample in dataset.samples.items():
        if sample.is_grounded and key not in dataset.grounded and f"grounded-{sample.split}" not in dataset.broken:
            yield Fault(f"refrad2d/grounded/grounded-{sample.split}", key, "missing_row")
        if sample.split in SFT_SPLITS:
            expected[sample.split, sample.image].update(sample.turns)
            keys.setdefault((sample.split, sample.image), key)
    for place, turns in expected.items():
        if turns != dataset.turns.get(place, Counter()) and f"sft-{place[0]}" not in dataset.broken:
            kind = "conversation_differs" if place in dataset.turns else "missing_row"
            yield Fault(f"refrad2d/sft/sft-{place[0]}", keys[place], kind)


def read_archive(dataset: Dataset, path: Path, seen: dict[str, str]) -> Iterator[Fault]:
    """A WebDataset shard: whole samples, no member twice, JSON, mask and pixels as in the row files."""
    name, split = path.relative_to(dataset.root).as_posix(), _split(path)
    samples: dict[str, dict[str, bytes]] = {}
    last = None
    try:
        with tarfile.open(path, "r:") as tar:
            for member in tar:
                match = _MEMBER.fullmatch(member.name)
                if not match or not member.isfile():
                    yield Fault(name, member.name, "member_name")
                    continue
                key, extension = match["key"], match["extension"]
                parts = samples.setdefault(key, {})
                if extension in parts:
                    yield Fault(name, member.name, "duplicate_member")
                    continue
                if parts and last != key:
                    yield Fault(name, key, "interleaved")
                last = key
                content = tar.extractfile(member)
                parts[extension] = content.read() if content else b""
    except (tarfile.TarError, OSError, EOFError, ValueError):
        yield Fault(name, None, "unreadable")
    for key, parts in samples.items():
        dataset.rows["archive"][split] += 1
        if key in seen:
            yield Fault(name, key, "duplicate_sample")
            continue
        seen[key] = name
        yield from (Fault(name, key, kind) for kind in _check_sample(dataset, split, key, parts))


def _check_sample(dataset: Dataset, split: str, key: str, parts: Mapping[str, bytes]) -> Iterator[str]:
    sample = dataset.samples.get(key)
    if sample is None:
        yield "extra_sample"
        return
    if sample.split != split:
        yield "wrong_split"
    if "json" not in parts or "pixels.png" not in parts or (sample.mask is not None) != ("mask.png" in parts):
        yield "missing_member" if sample.mask is not None or "mask.png" not in parts else "extra_member"
    if "mask.png" in parts and sample.mask is not None and hashlib.sha256(parts["mask.png"]).hexdigest() != sample.mask:
        yield "mask_differs"
    try:
        row = json.loads(parts.get("json", b"{}"))
    except ValueError:
        yield "json_unreadable"
        return
    if "json" not in parts:
        return
    if not isinstance(row, dict) or digest(_plain(row)) != sample.row or not all(_is_number(row.get(n)) for n in SCALE):
        yield "row_differs"
    elif "pixels.png" in parts:
        pixels = _picture({"bytes": parts["pixels.png"]})
        if pixels is None or pixels.ndim != 2:
            yield "pixels_unreadable"
        elif (
            sample.pixels and row["modality"] in MODALITIES and _array_digest(make_image(pixels, row)) != sample.pixels
        ):
            yield "image_differs"


def check_splits(dataset: Dataset) -> Iterator[Fault]:
    """No person in two splits, none that was removed; no picture in two splits (blank ones aside)."""
    patients: dict[str, set[str]] = defaultdict(set)
    removed = set(dataset.manifest.get("removed", ()))
    pictures: dict[str, dict[str, str]] = defaultdict(dict)
    for key, sample in dataset.samples.items():
        patients[sample.patient].add(sample.split)
        if not sample.is_blank:
            pictures[sample.image].setdefault(sample.split, key)
    for patient, splits in sorted(patients.items()):
        if len(splits) > 1:
            yield Fault("refrad2d/data", patient, "patient_in_two_splits")
        if removed and tombstone(patient) in removed:
            yield Fault("refrad2d/data", patient, "patient_was_removed")
    for by_split in pictures.values():
        if len(by_split) > 1:
            yield Fault("refrad2d/data", min(by_split.values()), "image_in_two_splits")


def check_counts(dataset: Dataset) -> Iterator[Fault]:
    """Rows by config and split against the manifest."""
    recorded = dataset.manifest.get("rows", {})
    for config in ("slices", "grounded", "sft"):
        for split in SPLITS:
            if dataset.rows[config][split] != recorded.get(config, {}).get(split, 0):
                yield Fault(f"refrad2d/{config}", split, "row_count")


def check_accounting(dir: Path) -> Iterator[Fault]:
    """One line an input file, positions without gap or repetition, a reason exactly where something was dropped."""
    positions: dict[str, list[int]] = defaultdict(list)
    try:
        for line in (dir / "accounting.jsonl").read_text(encoding="utf-8").splitlines():
            entry = json.loads(line)
            positions[entry["root"]].append(entry["n"])
            if entry["status"] not in ("kept", "dropped") or (entry["status"] == "dropped") != bool(entry["reason"]):
                yield Fault("accounting.jsonl", f"{entry['root']} {entry['n']}", "status")
    except FileNotFoundError:
        yield Fault("accounting.jsonl", None, "missing_file")
        return
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        yield Fault("accounting.jsonl", None, "unreadable")
        return
    for root, numbers in sorted(positions.items(), key=str):
        if sorted(numbers, key=str) != sorted(range(len(numbers)), key=str):
            yield Fault("accounting.jsonl", root, "positions")


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _picture(stored: Mapping | None) -> np.ndarray | None:
    """The decoded picture of an image struct, None if there is none or it cannot be read."""
    if not stored or not stored.get("bytes"):
        return None
    try:
        return np.asarray(Image.open(io.BytesIO(stored["bytes"])))
    except (UnidentifiedImageError, OSError, SyntaxError, ValueError, Image.DecompressionBombError):
        return None


def _array_digest(array: np.ndarray) -> str:
    return hashlib.sha256(f"{array.shape} {array.dtype}".encode() + array.tobytes()).hexdigest()


def _bytes_digest(stored: Mapping | None) -> str:
    return hashlib.sha256((stored or {}).get("bytes") or b"").hexdigest()


def _plain(row: Mapping) -> dict:
    """A row without its pictures and without what only the archive has."""
    return {name: value for name, value in row.items() if name not in ("image", "mask", "pixels", *SCALE)}


def _grounded_digest(row: Mapping) -> str:
    names = ("id", "patient", "study", "series", "modality", "objects", "report", "findings", "provenance")
    return digest({name: row.get(name) for name in names})


def digest(value: Any) -> str:
    """A hash of JSON-like data in which 1 equals 1.0 and an absent field equals None or an empty list."""
    return hashlib.sha256(json.dumps(_canonical(value), sort_keys=True).encode()).hexdigest()


def _canonical(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {k: c for k, v in value.items() if (c := _canonical(v)) not in (None, [], {})}
    if isinstance(value, list | tuple):
        return [_canonical(v) for v in value]
    return float(value) if isinstance(value, int) and not isinstance(value, bool) else value
