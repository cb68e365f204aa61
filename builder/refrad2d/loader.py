"""The `datasets` builder class over the WebDataset shards: the same rows as the Parquet files, for datasets 3.6 to 5.x.

Volumes, which are of no single slice, are read from their Parquet files.

    >>> from refrad2d import load
    >>> load("grounded", root="build/demo/dataset", split="train")

A loading script beside the data cannot do this any more (datasets 4 removed them), a class in a package can.
"""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import datasets
import pyarrow.parquet as pq

from refrad2d.boxes import pixels_of
from refrad2d.conversations import conversations, sft_row
from refrad2d.layout import ARCHIVE, list_shards, read_manifest
from refrad2d.mixture import Mixture, choose
from refrad2d.rows import is_grounded
from refrad2d.samples import MASK, decode, make_image, png, read_samples
from refrad2d.schema import CONFIGS, DEFAULT_CONFIG, SFT_SPLITS, SPLITS, features

try:  # datasets 5 wants keys that name their shard
    from datasets.builder import Key
except ImportError:
    Key = None

VERSION = datasets.Version("1.0.0")
VOLUMES_AT_ONCE = 64  # rows in memory


class RefRad2DConfig(datasets.BuilderConfig):
    """A config, the folder it is read from and what of a slice `sft` gives; all are part of the cache's fingerprint."""

    def __init__(self, root: str = "", mixture: Mixture | None = None, **options: Any) -> None:
        super().__init__(version=VERSION, **options)
        self.root, self.mixture = root, mixture


class RefRad2D(datasets.GeneratorBasedBuilder):
    """Reads the archive shards of `<root>`, sample by sample, windows the native pixels and yields rows."""

    VERSION = VERSION
    BUILDER_CONFIG_CLASS = RefRad2DConfig
    BUILDER_CONFIGS = [RefRad2DConfig(name=name) for name in CONFIGS]
    DEFAULT_CONFIG_NAME = DEFAULT_CONFIG

    def _info(self) -> datasets.DatasetInfo:
        return datasets.DatasetInfo(features=features(self.config.name))

    def _split_generators(self, dl_manager: Any) -> list[datasets.SplitGenerator]:
        splits = SFT_SPLITS if self.config.name == "sft" else SPLITS
        root, kind = Path(self.config.root), "volumes" if self.config.name == "volumes" else "archive"
        found = {split: [str(path) for path in named_shards(root, split, kind)] for split in splits}
        return [datasets.SplitGenerator(split, gen_kwargs={"shards": paths}) for split, paths in found.items() if paths]

    def _generate_shards(self, shards: list[str]) -> Iterator[str]:
        yield from shards

    def _generate_examples(self, shards: list[str]) -> Iterator[tuple[Any, Mapping[str, object]]]:
        for number, shard in enumerate(shards):
            for count, row in enumerate(self._rows(shard)):
                yield (Key(number, count) if Key else f"{number:05d}-{count:09d}"), row

    def _rows(self, shard: str) -> Iterator[Mapping[str, object]]:
        if self.config.name == "volumes":
            with pq.ParquetFile(shard) as file:
                for batch in file.iter_batches(batch_size=VOLUMES_AT_ONCE):
                    yield from batch.to_pylist()
            return
        for _, sample in read_samples(shard):
            yield from config_rows(self.config.name, sample, mixture=self.config.mixture)


def named_shards(root: Path, split: str, kind: str = "archive") -> list[Path]:
    """The shards of a split, batch by batch; those that the manifest does not name (yet) are left out."""
    known = (read_manifest(root) or {}).get("files")
    found = list_shards(root, kind, split)
    return [path for path in found if known is None or path.relative_to(root).as_posix() in known]


def config_rows(
    config: str, sample: Mapping[str, bytes], *, mixture: Mixture | None = None
) -> Iterator[Mapping[str, object]]:
    """The rows of a config that an archive sample gives: one, several conversations, or none.

    With a `mixture`, `sft` gives only what `mixture.choose` keeps. ValueError if the sample is of an older format.
    """
    native = decode(sample)
    row = native["json"]
    pixels_of(row["objects"])  # the features would fill a missing count with null in silence
    if config == "grounded" and not is_grounded(row):
        return
    # encoded once: `datasets` would encode a PIL image anew for each of the conversations that share it
    image = {"bytes": png(make_image(native["pixels"], row)), "path": None}
    if config == "sft":
        turns = list(conversations(row))
        for number in choose(turns, row["id"], mixture) if mixture else range(len(turns)):
            yield sft_row(image, turns[number])
        return
    mask = {"bytes": sample[MASK], "path": None} if MASK in sample else None
    full = {**row, "image": image, "mask": mask}
    yield {name: full[name] for name in features(config)}


def load(
    config: str = DEFAULT_CONFIG,
    *,
    root: str | Path = ".",
    split: str | None = None,
    mixture: Mixture | None = None,
    streaming: bool = False,
    cache_dir: str | None = None,
    num_proc: int | None = None,
) -> Any:
    """A config of a build's DIR from its archive; `volumes` from Parquet.

    `sft` gives all conversations of a slice, with a `mixture` at most so many of each kind. ValueError if the config is
    unknown or has no conversations to choose from, or `root` holds no shards or a dataset of another format.
    """
    features(config)
    if mixture and config != "sft":
        raise ValueError(f"The config {config!r} has no conversations to choose from. Give a mixture to sft only.")
    folder = Path(root).resolve()
    if not list_shards(folder, "archive"):
        raise ValueError(f"{root} holds no {ARCHIVE}/*.tar. Give the DIR of `refrad2d build`.")
    if config == "volumes" and not list_shards(folder, "volumes"):
        raise ValueError(f"{root} has no volumes: no series has a mask of all its slices. Build it with --masks.")
    chosen = {"mixture": mixture} if mixture else {}
    builder = RefRad2D(
        dataset_name="refrad2d",
        config_name=config,
        root=str(folder),
        cache_dir=cache_dir,
        hash=_state(folder),
        **chosen,
    )
    if streaming:
        return builder.as_streaming_dataset(split)
    builder.download_and_prepare(num_proc=num_proc)
    return builder.as_dataset(split)


def _state(root: Path) -> str:
    """A name for what lies in the archive, so that a rebuilt one is not read from an old cache."""
    if manifest := read_manifest(root):
        return manifest["fingerprint"][:16]
    sizes = [path.stat().st_size for path in list_shards(root, "archive")]
    return f"{len(sizes)}-{sum(sizes)}"
