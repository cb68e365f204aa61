"""The rows of a dataset against the laws and each other: slices, grounded rows and conversations made of them."""

import hashlib
import io
import json
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from sys import intern
from types import MappingProxyType
from typing import Any, NamedTuple, cast

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from PIL import Image, UnidentifiedImageError

from refrad2d.conversations import conversations, sft_row
from refrad2d.dataset.duplicates import Seen, in_two_splits, is_blank, look_of, signs_of
from refrad2d.dataset.laws import check_row
from refrad2d.dataset.leaks import Hashed
from refrad2d.dataset.volumes import check_volume
from refrad2d.grounding import parse
from refrad2d.layout import FOLDERS, STATS, list_folder, parse_shard, stem
from refrad2d.operations.encoding_checks import check_footer, check_png
from refrad2d.operations.file_checks import Fault, is_regular
from refrad2d.operations.transaction import tombstone
from refrad2d.rows import PICTURES, SCALE, Row, Volume, is_grounded
from refrad2d.schema import CONFIG_COLUMNS, SFT_SPLITS, SPLITS, arrow_schema
from refrad2d.system.reasons import PREFIX

# Columns that all slices of a series share with its volumes.
WHO_OF_SERIES = ("patient", "study", "series", "modality", "body_part", "plane", "sex", "age", "site")
_UNREADABLE = (OSError, pa.ArrowException, UnicodeDecodeError, EOFError)


class Sample(NamedTuple):
    """What the row files say of a slice, to compare other files with."""

    split: str
    patient: str
    study: str
    series: str
    row: str  # digest of all fields but the pictures
    grounded: str  # digest of those that the grounded files repeat
    image: str  # digest of the encoded image
    pixels: str  # digest of the decoded image, empty where it cannot be read
    mask: str | None
    is_grounded: bool
    is_blank: bool
    look: bytes  # what the image looks like, to find it in another split
    turns: tuple[str, ...]  # digests of the conversations that follow from the row
    batch: str = ""  # of its shard
    who: tuple = ()  # what a volume of its series repeats
    objects: Mapping[str, int] = MappingProxyType({})  # a hash of each, by label


@dataclass
class Dataset:
    """What is collected while the shards are read, in the order slices, grounded, sft, archive."""

    root: Path
    manifest: dict[str, Any]
    samples: dict[str, Sample] = field(default_factory=dict)
    grounded: set[str] = field(default_factory=set)
    # by batch and series, label and slice: a later batch may have other masks
    volumes: dict[tuple[str, str], dict[str, dict[str, int]]] = field(default_factory=dict)
    turns: dict[tuple[str, str], Counter] = field(default_factory=lambda: defaultdict(Counter))  # by split and image
    broken: set[str] = field(
        default_factory=set
    )  # config-split with an unreadable file: its missing rows follow from that
    rows: dict[str, Counter] = field(default_factory=lambda: defaultdict(Counter))
    sites: dict[str, str | None] = field(default_factory=dict)  # of each batch: a command names one

    def hashed(self) -> Iterator[Hashed]:
        """The pictures as the leak table counts them."""
        for key, sample in self.samples.items():
            yield Hashed(key, sample.split, signs_of(sample.look))


def check_rows(dataset: Dataset) -> Iterator[Fault]:
    """The Parquet files of every kind, and what follows from one for another; fills `dataset`."""
    readers = (read_slices, read_grounded, read_sft, read_volumes)
    for kind, reader in zip(("slices", "grounded", "sft", "volumes"), readers, strict=True):
        for path in filter(is_regular, list_folder(dataset.root, kind)):
            yield from reader(dataset, path)
    yield from check_derived(dataset)
    yield from check_volumes(dataset)


def split_of_file(path: Path) -> str:
    """The split that a shard's name says, "?" if it says none."""
    shard = parse_shard(path.name)
    return shard.split if shard else "?"


def _read_rows(dataset: Dataset, path: Path, config: str, faults: list[Fault]) -> Iterator[dict]:
    """The rows of a Parquet file of a config; damage goes into `faults`."""
    name = path.relative_to(dataset.root).as_posix()
    try:
        with pq.ParquetFile(path, page_checksum_verification=True, pre_buffer=False) as file:
            if not file.schema_arrow.equals(arrow_schema(config)):
                faults.append(Fault(name, None, "schema"))
                return
            faults += [Fault(name, None, kind) for kind in check_footer(file, config, path)]
            for batch in file.iter_batches(batch_size=64):
                yield from batch.to_pylist()
    except _UNREADABLE:
        faults.append(Fault(name, None, "unreadable"))
        shard = parse_shard(path.name)
        dataset.broken.add(stem(shard.kind, shard.split) if shard else path.name)


def read_slices(dataset: Dataset, path: Path) -> Iterator[Fault]:
    """Rows of the `slices` files: each law, ids that occur twice."""
    name, split = path.relative_to(dataset.root).as_posix(), split_of_file(path)
    faults: list[Fault] = []
    shard = parse_shard(name)
    for row in cast("Iterator[Row]", _read_rows(dataset, path, "slices", faults)):  # pyarrow has no types
        dataset.rows["slices"][split] += 1
        key = str(row["id"])
        if key in dataset.samples:
            yield Fault(name, key, "duplicate_row")
            continue
        image, mask = read_picture(row["image"]), read_picture(row["mask"])
        yield from (Fault(name, key, kind) for kind in _check_pictures(row))
        if shard and dataset.sites.setdefault(shard.batch, row["site"]) != row["site"]:
            yield Fault(name, key, "site_differs")
        if image is None:
            yield Fault(name, key, "image_unreadable")
        if mask is None and row["mask"]:
            yield Fault(name, key, "mask_unreadable")
        else:
            yield from (Fault(name, key, kind) for kind in dict.fromkeys(check_row(row, mask)))
        dataset.samples[key] = _sample(row, split, image, mask)._replace(batch=shard.batch if shard else "")
    yield from faults


def _check_pictures(row: Mapping) -> Iterator[str]:
    """Kinds of fault in how the pictures of a row are named and encoded; what they show is checked elsewhere."""
    for name, ending in (("image", "png"), ("mask", "mask.png")):
        picture = row[name] or {}
        if picture.get("path") not in (None, f"{row['id']}.{ending}"):
            yield "picture_name"
        if picture.get("bytes") and not check_png(picture["bytes"]):
            yield "picture_encoding"


def _sample(row: Row, split: str, image: np.ndarray | None, mask: np.ndarray | None) -> Sample:
    return Sample(
        split=split,
        patient=row["patient"],
        study=row["study"],
        series=row["series"],
        row=digest(plain(row)),
        grounded=_grounded_digest(row),
        image=bytes_digest(row["image"]),
        pixels=array_digest(image) if image is not None else "",
        mask=bytes_digest(row["mask"]) if row["mask"] else None,
        is_grounded=bool(row["report"]) and is_grounded(row),
        is_blank=image is None or is_blank(image),
        look=look_of(image) if image is not None and image.dtype == np.uint8 else b"",
        turns=_turns(row),
        who=tuple(cast(Mapping, row)[name] for name in WHO_OF_SERIES),
        objects={intern(str(found["label"])): _object_hash(found) for found in row["objects"] or ()},
    )


def _object_hash(found: Mapping[str, Any]) -> int:
    return hash((*(found["box"] or ()), found["area"], found["pixels"]))


def _turns(row: Row) -> tuple[str, ...]:
    """The conversations that follow from a row; none where its spans are broken, which is a fault of its own."""
    try:
        return tuple(digest(list(turn))[:16] for turn in conversations(row))
    except (ValueError, KeyError, TypeError, AttributeError):
        return ()


def read_grounded(dataset: Dataset, path: Path) -> Iterator[Fault]:
    """The `grounded` files repeat the grounded ones of the slices, unchanged, in the same split."""
    name, split = path.relative_to(dataset.root).as_posix(), split_of_file(path)
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
        elif "picture_name" in _check_pictures(row):
            yield Fault(name, key, "picture_name")
        elif bytes_digest(row["image"]) != sample.image:
            yield Fault(name, key, "image_differs")
        elif (bytes_digest(row["mask"]) if row["mask"] else None) != sample.mask:
            yield Fault(name, key, "mask_differs")
        elif _grounded_digest(row) != sample.grounded:
            yield Fault(name, key, "row_differs")
        dataset.grounded.add(key)
    yield from faults


def read_sft(dataset: Dataset, path: Path) -> Iterator[Fault]:
    """The `sft` files: markup that can be read, images of their split; `check_derived` compares the conversations."""
    name, split = path.relative_to(dataset.root).as_posix(), split_of_file(path)
    faults: list[Fault] = []
    mine = {key: sample for key, sample in dataset.samples.items() if sample.split == split}
    known, names = {sample.image for sample in mine.values()}, {None, *(f"{key}.png" for key in mine)}
    last = None
    for number, row in enumerate(_read_rows(dataset, path, "sft", faults)):
        dataset.rows["sft"][split] += 1
        image = bytes_digest(row["image"])
        if image not in known and image != last:
            yield Fault(name, str(number), "image_of_no_row")
        if row["image"]["path"] not in names:
            yield Fault(name, str(number), "picture_name")
        if any(parse(part["text"] or "").invalid for m in row["messages"] for part in m["content"]):
            yield Fault(name, str(number), "markup_invalid")
        if row["length"] != sft_row(None, row["messages"])["length"]:
            yield Fault(name, str(number), "length_differs")
        dataset.turns[split, image][digest(row["messages"])[:16]] += 1
        last = image
    yield from faults


def read_volumes(dataset: Dataset, path: Path) -> Iterator[Fault]:
    """The `volumes` files: each law, ids that occur twice, people and splits as the slices of the series and batch have
    them."""
    name, split = path.relative_to(dataset.root).as_posix(), split_of_file(path)
    faults: list[Fault] = []
    shard = parse_shard(name)
    batch = shard.batch if shard else ""
    series = {sample.series: sample for sample in dataset.samples.values() if sample.batch == batch}
    for row in cast("Iterator[Volume]", _read_rows(dataset, path, "volumes", faults)):
        dataset.rows["volumes"][split] += 1
        key, labels = str(row["id"]), dataset.volumes.setdefault((batch, str(row["series"])), {})
        sample = series.get(row["series"])
        if row["label"] in labels:
            yield Fault(name, key, "duplicate_row")
        elif sample is None:
            yield Fault(name, key, "extra_row")
        elif sample.split != split:
            yield Fault(name, key, "wrong_split")
        elif tuple(cast(Mapping, row)[column] for column in WHO_OF_SERIES) != sample.who:
            yield Fault(name, key, "row_differs")
        yield from (Fault(name, key, kind) for kind in dict.fromkeys(check_volume(row)))
        labels[str(row["label"])] = {str(shown["id"]): _object_hash(shown) for shown in row["slices"] or ()}
    yield from faults


def check_volumes(dataset: Dataset) -> Iterator[Fault]:
    """Volumes against the objects of the slices of their series: what a slice shows, its volume has there, and no more.

    That a slice shows what no volume of the series has is a fault from where more is missing than stats.json counts as
    left out. Of slices without a row only the laws of a volume can tell.
    """
    missing: dict[tuple[str, str, str], str] = {}
    batches = {batch for batch, _ in dataset.volumes}  # an old one may have none
    for key, sample in dataset.samples.items():
        place = _place("volumes", sample.split)
        labels = dataset.volumes.get((sample.batch, sample.series), {})
        for label, seen in sample.objects.items():
            if label not in labels:
                if sample.batch in batches:
                    missing.setdefault((sample.series, label, sample.batch), place)
            elif labels[label].get(key) != seen:
                yield Fault(place, key, "objects_differ")
        if any(key in slices and label not in sample.objects for label, slices in labels.items()):
            yield Fault(place, key, "objects_differ")
    if len(missing) > _left_out(dataset.root):
        (series, *_), place = min(missing.items())
        yield Fault(place, series, "missing_row")


def _left_out(root: Path) -> int:
    """How many volumes the builds left out, as stats.json says it."""
    try:
        counts = json.loads((root / STATS).read_text(encoding="utf-8")).get("volumes", {})
        return sum(n for name, n in counts.items() if name.startswith(PREFIX))
    except (OSError, ValueError, AttributeError, TypeError):
        return 0  # which is a fault of its own


def check_derived(dataset: Dataset) -> Iterator[Fault]:
    """Grounded rows and conversations that should follow from the slices and are absent, changed or too many."""
    expected: dict[tuple[str, str], Counter] = defaultdict(Counter)
    keys: dict[tuple[str, str], str] = {}
    for key, sample in dataset.samples.items():
        if sample.is_grounded and key not in dataset.grounded and stem("grounded", sample.split) not in dataset.broken:
            yield Fault(_place("grounded", sample.split), key, "missing_row")
        if sample.split in SFT_SPLITS:
            expected[sample.split, sample.image].update(sample.turns)
            keys.setdefault((sample.split, sample.image), key)
    for place, turns in expected.items():
        if turns != dataset.turns.get(place, Counter()) and stem("sft", place[0]) not in dataset.broken:
            kind = "conversation_differs" if place in dataset.turns else "missing_row"
            yield Fault(_place("sft", place[0]), keys[place], kind)


def _place(kind: str, split: str) -> str:
    """The shards of a split, whichever of them it is."""
    return f"{FOLDERS[kind]}/{stem(kind, split)}"


def check_splits(dataset: Dataset) -> Iterator[Fault]:
    """No person in two splits, none that was removed; no picture in two splits (blank ones aside)."""
    people: dict[str, dict[str, set[str]]] = {name: defaultdict(set) for name in ("patient", "study", "series")}
    removed = set(dataset.manifest.get("removed", ()))
    pictures: dict[str, dict[str, str]] = defaultdict(dict)
    for key, sample in dataset.samples.items():
        for name, groups in people.items():
            groups[getattr(sample, name)].add(sample.split)
        if not sample.is_blank:
            pictures[sample.image].setdefault(sample.split, key)
    for name, groups in people.items():
        for key in sorted(key for key, splits in groups.items() if len(splits) > 1):
            yield Fault(FOLDERS["slices"], key, f"{name}_in_two_splits")
    for patient in sorted(people["patient"]):
        if removed and tombstone(patient) in removed:
            yield Fault(FOLDERS["slices"], patient, "patient_was_removed")
    equal = {image for image, by_split in pictures.items() if len(by_split) > 1}
    for image in equal:
        yield Fault(FOLDERS["slices"], min(pictures[image].values()), "image_in_two_splits")
    for key in in_two_splits(Seen(key, sample.split, sample.look) for key, sample in dataset.samples.items()):
        if dataset.samples[key].image not in equal:
            yield Fault(FOLDERS["slices"], key, "similar_image_in_two_splits")


def check_counts(dataset: Dataset) -> Iterator[Fault]:
    """Rows by config and split against the manifest."""
    recorded = dataset.manifest.get("rows", {})
    for config in ("slices", "grounded", "sft", "volumes"):
        for split in SPLITS:
            if dataset.rows[config][split] != recorded.get(config, {}).get(split, 0):
                yield Fault(f"refrad2d/{config}", split, "row_count")


def read_picture(stored: Mapping | None) -> np.ndarray | None:
    """The decoded picture of an image struct, None if there is none or it cannot be read."""
    if not stored or not stored.get("bytes"):
        return None
    try:
        return np.asarray(Image.open(io.BytesIO(stored["bytes"])))
    except (UnidentifiedImageError, OSError, SyntaxError, ValueError, Image.DecompressionBombError):
        return None


def array_digest(array: np.ndarray) -> str:
    """A hash of shape, type and values."""
    return hashlib.sha256(f"{array.shape} {array.dtype}".encode() + array.tobytes()).hexdigest()


def bytes_digest(stored: Mapping | None) -> str:
    """A hash of the encoded picture of an image struct."""
    return hashlib.sha256((stored or {}).get("bytes") or b"").hexdigest()


def plain(row: Mapping) -> dict:
    """A row without its pictures and without what only the archive has."""
    return {name: value for name, value in row.items() if name not in (*PICTURES, *SCALE)}


def _grounded_digest(row: Mapping) -> str:
    return digest({name: row.get(name) for name in CONFIG_COLUMNS["grounded"] if name not in PICTURES})


def digest(value: Any) -> str:
    """A hash of JSON-like data in which 1 equals 1.0 and an absent field equals None or an empty list."""
    return hashlib.sha256(json.dumps(_canonical(value), sort_keys=True).encode()).hexdigest()


def _canonical(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {k: c for k, v in value.items() if (c := _canonical(v)) not in (None, [], {})}
    if isinstance(value, list | tuple):
        return [_canonical(v) for v in value]
    return float(value) if isinstance(value, int) and not isinstance(value, bool) else value
