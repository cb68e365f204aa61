"""Rows and pixels → what is published: Parquet for viewing and training, WebDataset as lossless archive, one manifest.

Writes below `dst`: refrad2d/ (Parquet), refrad2d-wds/ (tar shards). `image` is made by `windows` here and nowhere else.
"""

import hashlib
import io
import platform
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ProcessPoolExecutor
from contextlib import ExitStack
from importlib.metadata import version
from importlib.util import find_spec
from multiprocessing import get_context
from pathlib import Path
from typing import NamedTuple

import numpy as np
from PIL import Image

from refrad2d.conversations import conversations, sft_row
from refrad2d.dataset.splits import split_of
from refrad2d.dataset.writers import ParquetShards, TarShards, json_bytes
from refrad2d.labels import label_by_name
from refrad2d.schema import SFT_SPLITS, SPLITS, features
from refrad2d.system.accounting import Progress, no_progress
from refrad2d.system.files import read_jsonl
from refrad2d.system.pseudonyms import key_id, pseudonym
from refrad2d.windows import count_pixels, rescale, windows

FORMAT = 1
BESIDE = ("stats.json", "accounting.jsonl", "CHANGELOG.md")  # published files outside the two folders
RECORDED = ("refrad2d", "datasets", "numpy", "pillow", "pyarrow", "scipy", "pydicom", "nibabel", "highdicom")
READER = ("onnxruntime", "rapidocr")  # of burnt-in text; a build may leave it alone


class Pictures(NamedTuple):
    """The encoded pictures of a slice, and the pixels of each class id in the mask at the size of the image."""

    image: bytes
    pixels: bytes
    mask: bytes | None
    sizes: dict[int, int]


Refuse = Callable[[Mapping, Pictures], str | None]


def encode(task: tuple[str, str | None, str, float, float]) -> Pictures:
    """Encode one slice. `task` is (pixel file, mask file or None, modality, slope, intercept)."""
    pixel_file, mask_file, modality, slope, intercept = task
    pixels = np.load(pixel_file)
    image = windows(rescale(pixels, slope, intercept), modality)
    if mask_file is None:
        return Pictures(png(image), png(pixels), None, {})
    mask = np.asarray(Image.open(mask_file))
    sizes = {i: n for i, n in enumerate(count_pixels(mask).tolist()) if i and n}
    return Pictures(png(image), png(pixels), Path(mask_file).read_bytes(), sizes)


def png(picture: np.ndarray) -> bytes:
    """A lossless PNG of (rows, columns[, 3]) uint8 or (rows, columns) uint16."""
    out = io.BytesIO()
    Image.fromarray(picture).save(out, "PNG", compress_level=1)
    return out.getvalue()


def slice_sizes(sizes: Mapping[int, int], objects: list[Mapping]) -> dict[str, int]:
    """Pixels of each label at the size of the image; 0 for one that vanished in the resize."""
    return {o["label"]: sizes.get(label_by_name(o["label"]).id, 0) for o in objects}


def run(
    ingested: Path,
    segmented: Path,
    rows: Path,
    dst: Path,
    *,
    key: bytes,
    workers: int = 1,
    progress: Progress = no_progress,
    batch: str = "",
    refuse: Refuse | None = None,
) -> dict[str, Counter]:
    """Write all configs and splits. Returns rows as {config: {split: rows}} and, under "patients", patients a split.

    `batch` stands in the names of the shards, so that they can lie beside those of other batches. `refuse` says why a
    row is left out, None to keep it; the reasons are counted under "refused".
    """
    frames = {frame["id"]: frame for series in read_jsonl(ingested / "series.jsonl") for frame in series["frames"]}
    ordered = sorted(read_jsonl(rows), key=lambda row: pseudonym(key, "order", row["id"]))
    tasks = [_task(row, frames[row["id"]], ingested, segmented) for row in ordered]
    outputs, refused = _Outputs(dst, batch), Counter()
    patients: dict[str, set[str]] = defaultdict(set)
    with ExitStack() as stack:
        encoded: Iterator[Pictures] = map(encode, tasks)
        if workers > 1:
            pool = stack.enter_context(ProcessPoolExecutor(workers, get_context("spawn")))
            encoded = pool.map(encode, tasks, chunksize=16)
        for row, pictures in progress(zip(ordered, encoded, strict=True), len(ordered), "shards"):
            if refuse and (reason := refuse(row, pictures)):
                refused[reason] += 1
                continue
            split = split_of(row["patient"], key)
            patients[split].add(row["patient"])
            outputs.write(row, pictures, frames[row["id"]], split)
    counts = outputs.close()
    counts["patients"] = Counter({split: len(names) for split, names in patients.items()})
    if refuse:
        counts["refused"] = refused
    return counts


def _task(row: Mapping, frame: Mapping, ingested: Path, segmented: Path) -> tuple:
    mask = segmented / "masks" / f"{row['id']}.png"
    return (
        str(ingested / "frames" / f"{frame['file']}.npy"),
        str(mask) if row["provenance"]["segmenter"] else None,
        row["modality"],
        frame["slope"],
        frame["intercept"],
    )


class _Outputs:
    """All open shard writers, made when their first row comes, so that an empty split leaves no file."""

    def __init__(self, dst: Path, batch: str) -> None:
        self.dst, self.suffix = dst, f"-{batch}" if batch else ""
        self.parquet: dict[tuple[str, str], ParquetShards] = {}
        self.tars: dict[str, TarShards] = {}

    def write(self, row: Mapping, pictures: Pictures, frame: Mapping, split: str) -> None:
        image = {"bytes": pictures.image, "path": f"{row['id']}.png"}
        mask = {"bytes": pictures.mask, "path": f"{row['id']}.mask.png"} if pictures.mask else None
        full = {**row, "image": image, "mask": mask}
        self._parquet("slices", split).write(full)
        if any(report and report["spans"] for report in row["report"].values()):
            self._parquet("grounded", split).write(full)
        if split in SFT_SPLITS:
            for messages in conversations(row, slice_sizes(pictures.sizes, row["objects"])):
                self._parquet("sft", split).write(sft_row(image, messages))
        members = {"json": json_bytes({**row, "slope": frame["slope"], "intercept": frame["intercept"]})}
        members["pixels.png"] = pictures.pixels
        if pictures.mask:
            members["mask.png"] = pictures.mask
        if split not in self.tars:
            self.tars[split] = TarShards(self.dst / "refrad2d-wds", split + self.suffix)
        self.tars[split].write(row["id"], members)

    def _parquet(self, name: str, split: str) -> ParquetShards:
        if (name, split) not in self.parquet:
            folder = self.dst / "refrad2d" / {"slices": "data"}.get(name, name)
            self.parquet[name, split] = ParquetShards(folder, f"{name}-{split}{self.suffix}", features(name))
        return self.parquet[name, split]

    def close(self) -> dict[str, Counter]:
        counts: dict[str, Counter] = defaultdict(Counter)
        for (name, split), writer in self.parquet.items():
            counts[name][split] = writer.rows
            writer.close()
        for tar in self.tars.values():
            tar.close()
        return counts


def manifest(root: Path, key: bytes, counts: Mapping[str, Mapping[str, int]]) -> dict:
    """Sizes and SHA-256 of all published files below `root`, the versions that made them, and one fingerprint."""
    files = hash_files(root)
    return {
        "format": FORMAT,
        "fingerprint": fingerprint(files),
        "key_id": key_id(key),
        "versions": installed_versions(),
        "rows": {name: {s: by_split[s] for s in SPLITS if by_split.get(s)} for name, by_split in counts.items()},
        "files": files,
    }


def hash_files(root: Path) -> dict[str, dict]:
    """Size and SHA-256 of every published file below `root`, by its relative path."""
    files = {}
    folders = [path for name in ("refrad2d", "refrad2d-wds") for path in (root / name).rglob("*")]
    for path in sorted([*folders, *(root / name for name in BESIDE)]):
        if not path.is_file():
            continue
        data = path.read_bytes()
        files[path.relative_to(root).as_posix()] = {"bytes": len(data), "sha256": hashlib.sha256(data).hexdigest()}
    return files


def fingerprint(files: Mapping[str, Mapping]) -> str:
    """One SHA-256 over the names and hashes of all files."""
    return hashlib.sha256("".join(f"{name} {files[name]['sha256']}\n" for name in sorted(files)).encode()).hexdigest()


def installed_versions() -> dict[str, str]:
    """What the bytes of a dataset depend on."""
    names = (*RECORDED, *(name for name in READER if find_spec(name)))
    return {"python": platform.python_version(), **{name: version(name) for name in names}}
