"""The dataset card: YAML from the schema, numbers from stats.json, words from dataset_card/template.md."""

from collections.abc import Mapping
from importlib.resources import files
from pathlib import Path
from string import Template

import yaml
from datasets import DatasetInfo, SplitDict, SplitInfo
from datasets.info import DatasetInfosDict
from huggingface_hub import DatasetCardData

from refrad2d import __version__
from refrad2d.dataset.leaks import LEAK_HEADER, leak_rows
from refrad2d.schema import CONFIGS, DEFAULT_CONFIG, FILES, SPLITS, features


def find_template(folder: str, name: str) -> str:
    """A card template: inside the wheel, or in the repository that an editable install points to."""
    packaged = files("refrad2d").joinpath(folder, name)
    if packaged.is_file():
        return packaged.read_text(encoding="utf-8")
    return (Path(__file__).resolve().parents[3] / folder / name).read_text(encoding="utf-8")


def card_yaml(rows: Mapping[str, Mapping[str, int]], sizes: Mapping[str, int]) -> str:
    """The YAML head of the card of Parquet files with these sizes, {path in the folder: bytes}.

    `rows` is {"slices" | "grounded" | "sft": {split: rows}}; empty splits are left out. The sizes in bytes are more
    than information: `datasets` tells a local folder from its cache by this YAML alone, so a rebuilt one must differ.
    Each batch has a pattern of its own, so that shards of the next one are not read before the card names them.
    """
    infos = DatasetInfosDict()
    configs = []
    for config in CONFIGS:
        stem = FILES[config]
        splits = [split for split in SPLITS if rows.get(stem.rpartition("/")[2], {}).get(split)]
        if not splits:
            continue
        entry = {
            "config_name": config,
            "data_files": [{"split": split, "path": _patterns(f"{stem}-{split}", sizes)} for split in splits],
        }
        if stem == FILES[DEFAULT_CONFIG]:
            entry["columns"] = list(features(config))
        if config == DEFAULT_CONFIG:
            entry["default"] = True
        configs.append(entry)
        n_bytes = {s: sum(n for name, n in sizes.items() if name.startswith(f"{stem}-{s}-")) for s in splits}
        counts = rows[stem.rpartition("/")[2]]
        infos[config] = DatasetInfo(
            features=features(config),
            config_name=config,
            splits=SplitDict({s: SplitInfo(s, num_bytes=n_bytes[s], num_examples=counts[s]) for s in splits}),
            download_size=sum(n_bytes.values()),
            dataset_size=sum(n_bytes.values()),
        )
    data = DatasetCardData(
        language=["de", "en"],
        pretty_name="RefRad2D",
        task_categories=["image-text-to-text", "visual-question-answering", "object-detection"],
        tags=["radiology", "medical", "grounding", "ct", "mr"],
        annotations_creators=["machine-generated"],
    )
    infos.to_dataset_card_data(data)
    head = data.to_dict()
    head["configs"] = configs
    return yaml.safe_dump(head, sort_keys=False, allow_unicode=True, width=1000)


def _patterns(stem: str, sizes: Mapping[str, int]) -> str | list[str]:
    """What finds the shards of a stem, batch by batch."""
    starts = {name.removeprefix(f"{stem}-").split("-")[0] for name in sizes if name.startswith(f"{stem}-")}
    batches = sorted({"" if start.isdigit() else start for start in starts})
    patterns = [f"{stem}-{batch}-*.parquet" if batch else f"{stem}-[0-9]*.parquet" for batch in batches]
    return patterns[0] if len(patterns) == 1 else patterns


def write_card(folder: Path, stats: Mapping, sizes: Mapping[str, int] | None = None) -> None:
    """Write README.md into the Parquet folder of a dataset; `sizes` as for `card_yaml`, by default what lies there."""
    if sizes is None:
        sizes = {path.relative_to(folder).as_posix(): path.stat().st_size for path in folder.rglob("*.parquet")}
    rows, texts = stats["rows"], sorted(stats["texts"].items())
    frequent = sorted(stats["labels"].items(), key=lambda item: (-item[1], item[0]))
    files = [[root, reason, n] for root, by in stats["files"].items() for reason, n in sorted(by.items())]
    body = Template(find_template("dataset_card", "template.md")).substitute(
        version=__version__,
        first_split=next(s for s in SPLITS if rows["slices"].get(s)),
        rows_table=table(["config", *SPLITS], [[name, *(by.get(s, 0) for s in SPLITS)] for name, by in rows.items()]),
        modality_table=table(["modality, plane", "slices"], sorted(stats["slices"]["modality_plane"].items())),
        language_table=table(["language", "texts", "spans"], [[k, v, stats["spans"].get(k, 0)] for k, v in texts]),
        n_labels=len(stats["labels"]),
        label_table=table(["class", "spans"], frequent[:20]),
        files_table=table(["input", "result", "files"], files),
        leaks_table=table(LEAK_HEADER, leak_rows(stats["leaks"])) if stats.get("leaks") else "One split only.",
        rules_table=table(["rule", "slices"], sorted(stats["slices"]["rule"].items())),
        patients=", ".join(f"{split} {stats['patients'][split]}" for split in SPLITS if stats["patients"].get(split)),
    )  # fmt: skip
    (folder / "README.md").write_text(f"---\n{card_yaml(rows, sizes)}---\n{body}", encoding="utf-8", newline="\n")


def table(header: list[str], rows: list) -> str:
    """A Markdown table."""
    lines = ["| " + " | ".join(map(str, row)) + " |" for row in [header, ["---"] * len(header), *rows]]
    return "\n".join(lines)
