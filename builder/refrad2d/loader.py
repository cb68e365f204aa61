"""The `datasets` builder class over the WebDataset shards: the same rows as the Parquet files, for datasets 3.6 to 5.x.

    >>> from refrad2d import load
    >>> load("grounded", root="build/demo/dataset", split="train")

A loading script beside the data cannot do this any more (datasets 4 removed them), a class in a package can.
"""

import io
import json
import tarfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import datasets
import numpy as np
from PIL import Image

from refrad2d.conversations import conversations, sft_row
from refrad2d.labels import label_by_id
from refrad2d.schema import CONFIGS, DEFAULT_CONFIG, SFT_SPLITS, SPLITS, features
from refrad2d.windows import count_pixels, rescale, windows

try:  # datasets 5 wants keys that name their shard
    from datasets.builder import Key
except ImportError:
    Key = None

VERSION = datasets.Version("1.0.0")


class RefRad2DConfig(datasets.BuilderConfig):
    """A config and the folder it is read from; both are part of the cache's fingerprint."""

    def __init__(self, root: str = "", **options: Any) -> None:
        super().__init__(version=VERSION, **options)
        self.root = root


class RefRad2D(datasets.GeneratorBasedBuilder):
    """Reads `<root>/refrad2d-wds/<split>-*.tar`, sample by sample, windows the native pixels and yields rows."""

    VERSION = VERSION
    BUILDER_CONFIG_CLASS = RefRad2DConfig
    BUILDER_CONFIGS = [RefRad2DConfig(name=name) for name in CONFIGS]
    DEFAULT_CONFIG_NAME = DEFAULT_CONFIG

    def _info(self) -> datasets.DatasetInfo:
        return datasets.DatasetInfo(features=features(self.config.name))

    def _split_generators(self, dl_manager: Any) -> list[datasets.SplitGenerator]:
        splits = SFT_SPLITS if self.config.name == "sft" else SPLITS
        found = {split: [str(path) for path in list_shards(Path(self.config.root), split)] for split in splits}
        return [datasets.SplitGenerator(split, gen_kwargs={"shards": paths}) for split, paths in found.items() if paths]

    def _generate_shards(self, shards: list[str]) -> Iterator[str]:
        yield from shards

    def _generate_examples(self, shards: list[str]) -> Iterator[tuple[Any, dict]]:
        for number, shard in enumerate(shards):
            for count, row in enumerate(self._rows(shard)):
                yield (Key(number, count) if Key else f"{number:05d}-{count:09d}"), row

    def _rows(self, shard: str) -> Iterator[dict]:
        for sample in read_samples(shard):
            yield from config_rows(self.config.name, sample)


def list_shards(root: Path, split: str) -> list[Path]:
    """The archive shards of a split, batch by batch; those that the manifest does not name (yet) are left out."""
    found = sorted((root / "refrad2d-wds").glob(f"{split}-*.tar"))
    manifest = root / "manifest.json"
    known = json.loads(manifest.read_text(encoding="utf-8")).get("files") if manifest.is_file() else None
    return [path for path in found if known is None or path.relative_to(root).as_posix() in known]


def read_samples(shard: str | Path) -> Iterator[dict[str, bytes]]:
    """The samples of a tar shard as {extension: bytes}, with "__key__" as text."""
    with tarfile.open(shard, "r|") as tar:
        sample: dict[str, Any] = {}
        for member in tar:
            key, _, extension = member.name.partition(".")
            if sample and sample["__key__"] != key:
                yield sample
                sample = {}
            sample["__key__"] = key
            sample[extension] = tar.extractfile(member).read()
        if sample:
            yield sample


def native_values(sample: Mapping[str, bytes], row: Mapping[str, Any]) -> np.ndarray:
    """(rows, columns) float32: Hounsfield units for CT, the scanner's values for MR."""
    pixels = np.asarray(Image.open(io.BytesIO(sample["pixels.png"])))
    return rescale(pixels, row["slope"], row["intercept"])


def config_rows(config: str, sample: Mapping[str, bytes]) -> Iterator[dict]:
    """The rows of a config that an archive sample gives: one, several conversations, or none."""
    row = json.loads(sample["json"])
    grounded = any(report and report["spans"] for report in row["report"].values())
    if config == "grounded" and not grounded:
        return
    image = Image.fromarray(windows(native_values(sample, row), row["modality"]))
    mask = Image.open(io.BytesIO(sample["mask.png"])) if "mask.png" in sample else None
    if config == "sft":
        for messages in conversations(row, mask_sizes(mask)):
            yield sft_row(image, messages)
        return
    full = {**row, "image": image, "mask": mask}
    yield {name: full[name] for name in features(config)}


def mask_sizes(mask: Image.Image | None) -> dict[str, int]:
    """Pixels of each label in a mask of unified ids, resized to the size of the image."""
    if mask is None:
        return {}
    return {label_by_id(i): n for i, n in enumerate(count_pixels(mask).tolist()) if n and label_by_id(i)}


def load(
    config: str = DEFAULT_CONFIG,
    *,
    root: str | Path = ".",
    split: str | None = None,
    streaming: bool = False,
    cache_dir: str | None = None,
    num_proc: int | None = None,
) -> Any:
    """A config of a build's DIR from its archive. ValueError if the config is unknown or `root` holds no shards."""
    features(config)
    if not any((Path(root) / "refrad2d-wds").glob("*.tar")):
        raise ValueError(f"{root} holds no refrad2d-wds/*.tar. Give the DIR of `refrad2d build`.")
    root = str(Path(root).resolve())
    builder = RefRad2D(dataset_name="refrad2d", config_name=config, root=root, cache_dir=cache_dir, hash=_state(root))
    if streaming:
        return builder.as_streaming_dataset(split)
    builder.download_and_prepare(num_proc=num_proc)
    return builder.as_dataset(split)


def _state(root: str) -> str:
    """A name for what lies in the archive, so that a rebuilt one is not read from an old cache."""
    manifest = Path(root) / "manifest.json"
    if manifest.is_file():
        return json.loads(manifest.read_text(encoding="utf-8"))["fingerprint"][:16]
    files = sorted((Path(root) / "refrad2d-wds").glob("*.tar"))
    return f"{len(files)}-{sum(path.stat().st_size for path in files)}"
