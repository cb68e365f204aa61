"""New phantom patients as a dataset to judge on, without the detour through DICOM.

    radgrounder heldout build/heldout --sites A --patients 80
    radgrounder eval --model sft/bases/nano --benchmark refrad2d --data build/heldout --out build/heldout-results

Four slices a patient; a train split of as many other patients, which is what the controls are made of, and a
validation split for `radgrounder calibrate`. Pretraining draws its patients from other numbers.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Any

import yaml
from datasets import Dataset
from PIL import Image

from radgrounder.pretraining.pool import SLICES_OF_STUDY, draw_row
from refrad2d.dataset.manifest import hash_file
from refrad2d.rows import Question
from refrad2d.schema import CONFIG_COLUMNS, features
from refrad2d.system.files import atomic_folder

FIRST_SEED = {"test": 900_000_000, "train": 800_000_000, "validation": 700_000_000}  # pretraining draws far below
CONFIGS = ("report", "vqa", "grounded")
SLICES_OF_PATIENT = 4

Row = dict[str, Any]
Questions = Callable[[Sequence[Question]], list[Question]]


def write_heldout(
    out: Path,
    *,
    sites: Sequence[str],
    regions: Sequence[str],
    patients: int,
    slices: Mapping[str, int] = MappingProxyType(dict.fromkeys(FIRST_SEED, SLICES_OF_PATIENT)),
    asked: Questions = list,
) -> int:
    """Write the dataset and return how many slices its test split has.

    `slices` of a patient by split, a divisor of 8; a split that is not named is not written. `asked` is what becomes of
    the questions of a slice. ValueError if `out` exists.
    """
    if out.exists():
        raise ValueError(f"{out} exists already. Choose a new folder, or delete it.")
    files: dict[str, dict[str, str]] = {config: {} for config in CONFIGS}
    with atomic_folder(out) as temporary:
        for split, count in slices.items():
            rows = list(_rows(FIRST_SEED[split], count, sites=sites, regions=regions, patients=patients))
            for row in rows:
                row["vqa"] = asked(row["vqa"])
            for config in CONFIGS:
                columns = [{name: row[name] for name in CONFIG_COLUMNS[config]} for row in _of_config(rows, config)]
                file = temporary / f"{config}-{split}.parquet"
                Dataset.from_list(columns, features=features(config)).to_parquet(file)
                # `datasets` tells its cached copies apart by the names in the card alone
                files[config][split] = f"{config}-{split}-{hash_file(file)[0][:12]}.parquet"
                file.rename(temporary / files[config][split])
        (temporary / "README.md").write_text(_card(files), encoding="utf-8")
    return slices.get("test", 0) * patients


def _of_config(rows: Sequence[Row], config: str) -> list[Row]:
    """The rows that a config has; in `grounded` only those with a grounded report."""
    if config != "grounded":
        return list(rows)
    return [row for row in rows if any(report and report["spans"] for report in row["report"].values())]


def _card(files: Mapping[str, Mapping[str, str]]) -> str:
    entries = [
        {"config_name": config, "data_files": [{"split": split, "path": path} for split, path in of.items()]}
        for config, of in files.items()
    ]
    return f"---\n{yaml.safe_dump({'configs': entries})}---\n"


def _rows(first: int, slices: int, *, sites: Sequence[str], regions: Sequence[str], patients: int) -> Iterator[Row]:
    for patient in range(patients):
        for number in range(slices):
            seed = first + SLICES_OF_STUDY * patient + SLICES_OF_STUDY // slices * number
            row = draw_row(seed, sites=sites, regions=regions)
            yield {**row, "image": Image.fromarray(row["image"]), "mask": Image.fromarray(row["mask"])}
