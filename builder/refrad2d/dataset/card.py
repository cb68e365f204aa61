"""The dataset card: YAML from the schema, numbers from stats.json, words from dataset_card/template.md."""

from collections.abc import Mapping
from importlib.resources import files
from operator import itemgetter
from pathlib import Path
from string import Template

import yaml

from refrad2d import __version__
from refrad2d.dataset.blind import BLIND_HEADER, blind_rows
from refrad2d.dataset.leaks import LEAK_HEADER, leak_rows
from refrad2d.layout import CARD, KIND_OF_CONFIG, PARQUET, card_patterns, list_published, parse_shard
from refrad2d.schema import CONFIGS, DEFAULT_CONFIG, SPLITS, card_fields, columns
from refrad2d.system.markdown import table


def find_template(folder: str, name: str) -> str:
    """A card template: inside the wheel, or in the repository that an editable install points to."""
    packaged = files("refrad2d").joinpath(folder, name)
    if packaged.is_file():
        return packaged.read_text(encoding="utf-8")
    return (Path(__file__).resolve().parents[3] / folder / name).read_text(encoding="utf-8")


def card_yaml(rows: Mapping[str, Mapping[str, int]], sizes: Mapping[str, int]) -> str:
    """The YAML head of the card of a dataset whose published files have these sizes, {path below DIR: bytes}.

    `rows` is {"slices" | "grounded" | "sft": {split: rows}}; empty splits are left out. The sizes in bytes are more
    than information: `datasets` tells a local folder from its cache by this YAML alone, so a rebuilt one must differ.
    """
    shards = {name: shard for name in sizes if (shard := parse_shard(name))}
    infos, configs = [], []
    for config in CONFIGS:
        kind = KIND_OF_CONFIG[config]
        splits = [split for split in SPLITS if rows.get(kind, {}).get(split)]
        if not splits:
            continue
        entry: dict[str, object] = {
            "config_name": config,
            "data_files": [{"split": split, "path": _path(card_patterns(kind, split, shards))} for split in splits],
        }
        if kind == KIND_OF_CONFIG[DEFAULT_CONFIG]:
            entry["columns"] = list(columns(config))
        if config == DEFAULT_CONFIG:
            entry["default"] = True
        configs.append(entry)
        n_bytes = {
            split: sum(sizes[name] for name, shard in shards.items() if (shard.kind, shard.split) == (kind, split))
            for split in splits
        }
        infos.append(
            {
                "config_name": config,
                "features": card_fields(config),
                "splits": [{"name": s, "num_bytes": n_bytes[s], "num_examples": rows[kind][s]} for s in splits],
                "download_size": sum(n_bytes.values()),
                "dataset_size": sum(n_bytes.values()),
            }
        )
    head = {  # in the order in which `datasets` writes them
        "annotations_creators": ["machine-generated"],
        "language": ["de", "en"],
        "task_categories": ["image-text-to-text", "visual-question-answering", "object-detection"],
        "pretty_name": "RefRad2D",
        "tags": ["radiology", "medical", "grounding", "ct", "mr"],
        "dataset_info": sorted(infos, key=itemgetter("config_name")),
        "configs": configs,
    }
    return yaml.safe_dump(head, sort_keys=False, allow_unicode=True, width=1000)


def _path(patterns: list[str]) -> str | list[str]:
    return patterns[0] if len(patterns) == 1 else patterns


def write_card(root: Path, stats: Mapping, sizes: Mapping[str, int] | None = None) -> None:
    """Write the card of the dataset in DIR `root`; `sizes` as for `card_yaml`, by default those of what lies there."""
    if sizes is None:
        sizes = {name: path.stat().st_size for name, path in list_published(root).items()}
    (root / PARQUET).mkdir(parents=True, exist_ok=True)
    (root / CARD).write_text(render_card(stats, sizes), encoding="utf-8", newline="\n")


def render_card(stats: Mapping, sizes: Mapping[str, int]) -> str:
    """The text of the card, from stats.json and the sizes of the published files."""
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
        blind_table=table(BLIND_HEADER, blind_rows(stats.get("blind", {}))),
        rules_table=table(["rule", "slices"], sorted(stats["slices"]["rule"].items())),
        patients=", ".join(f"{split} {stats['patients'][split]}" for split in SPLITS if stats["patients"].get(split)),
    )  # fmt: skip
    return f"---\n{card_yaml(rows, sizes)}---\n{body}"
