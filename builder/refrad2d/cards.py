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
from refrad2d.schema import CONFIGS, DEFAULT_CONFIG, FILES, SPLITS, features


def find_template(folder: str, name: str) -> str:
    """A card template: inside the wheel, or in the repository that an editable install points to."""
    packaged = files("refrad2d").joinpath(folder, name)
    if packaged.is_file():
        return packaged.read_text(encoding="utf-8")
    return (Path(__file__).resolve().parents[2] / folder / name).read_text(encoding="utf-8")


def card_yaml(rows: Mapping[str, Mapping[str, int]], folder: Path) -> str:
    """The YAML head of the card of the Parquet files in `folder`.

    `rows` is {"slices" | "grounded" | "sft": {split: rows}}; empty splits are left out. The sizes in bytes are more
    than information: `datasets` tells a local folder from its cache by this YAML alone, so a rebuilt one must differ.
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
            "data_files": [{"split": split, "path": f"{stem}-{split}-*.parquet"} for split in splits],
        }
        if stem == FILES[DEFAULT_CONFIG]:
            entry["columns"] = list(features(config))
        if config == DEFAULT_CONFIG:
            entry["default"] = True
        configs.append(entry)
        sizes = {s: sum(path.stat().st_size for path in folder.glob(f"{stem}-{s}-*.parquet")) for s in splits}
        counts = rows[stem.rpartition("/")[2]]
        infos[config] = DatasetInfo(
            features=features(config),
            config_name=config,
            splits=SplitDict({s: SplitInfo(s, num_bytes=sizes[s], num_examples=counts[s]) for s in splits}),
            download_size=sum(sizes.values()),
            dataset_size=sum(sizes.values()),
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


def write_card(folder: Path, stats: Mapping) -> None:
    """Write README.md into the Parquet folder of a dataset."""
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
        rules_table=table(["rule", "slices"], sorted(stats["slices"]["rule"].items())),
        patients=", ".join(f"{split} {stats['patients'][split]}" for split in SPLITS if stats["patients"].get(split)),
    )  # fmt: skip
    (folder / "README.md").write_text(f"---\n{card_yaml(rows, folder)}---\n{body}", encoding="utf-8", newline="\n")


def table(header: list[str], rows: list) -> str:
    """A Markdown table."""
    lines = ["| " + " | ".join(map(str, row)) + " |" for row in [header, ["---"] * len(header), *rows]]
    return "\n".join(lines)
