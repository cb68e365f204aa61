"""New phantom patients as a dataset to judge on, without the detour through DICOM.

    python -m radgrounder.pretraining.heldout build/heldout --sites A --patients 80
    radgrounder eval --model sft/bases/nano --benchmark refrad2d --data build/heldout --out build/heldout-results

Four slices a patient; a train split of as many other patients, which is what the controls are made of, and a
validation split for `radgrounder.evaluation.calibrate`. Pretraining draws its patients from other numbers.
"""

import argparse
import shutil
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import yaml
from datasets import Dataset
from PIL import Image

from radgrounder.pretraining.pool import draw_row
from refrad2d.phantom.series import REGIONS, SITES
from refrad2d.schema import CONFIG_COLUMNS, features

FIRST_SEED = {"test": 900_000_000, "train": 800_000_000, "validation": 700_000_000}  # pretraining draws far below
CONFIGS = ("report", "vqa", "grounded")
SLICES = 4  # of a patient


def write_heldout(out: Path, *, sites: Sequence[str], regions: Sequence[str], patients: int) -> int:
    """Write the dataset and return how many slices its test split has. ValueError if `out` exists."""
    if out.exists():
        raise ValueError(f"{out} exists already. Choose a new folder, or delete it.")
    temporary = out.with_name(out.name + ".tmp")
    shutil.rmtree(temporary, ignore_errors=True)
    temporary.mkdir(parents=True)
    for split, first in FIRST_SEED.items():
        rows = list(_rows(first, sites=sites, regions=regions, patients=patients))
        for config in CONFIGS:
            kept = [
                row for row in rows if config != "grounded" or any(r and r["spans"] for r in row["report"].values())
            ]
            columns = [{name: row[name] for name in CONFIG_COLUMNS[config]} for row in kept]
            Dataset.from_list(columns, features=features(config)).to_parquet(temporary / f"{config}-{split}.parquet")
    entries = [
        {
            "config_name": config,
            "data_files": [{"split": split, "path": f"{config}-{split}.parquet"} for split in FIRST_SEED],
        }
        for config in CONFIGS
    ]
    (temporary / "README.md").write_text(f"---\n{yaml.safe_dump({'configs': entries})}---\n", encoding="utf-8")
    temporary.rename(out)
    return SLICES * patients


def _rows(first: int, *, sites: Sequence[str], regions: Sequence[str], patients: int) -> Iterator[dict[str, Any]]:
    for patient in range(patients):
        for number in range(SLICES):
            row = draw_row(first + 8 * patient + 2 * number, sites=sites, regions=regions)
            yield {**row, "image": Image.fromarray(row["image"]), "mask": Image.fromarray(row["mask"])}


def main(argv: Sequence[str] | None = None) -> int:
    """Write the dataset."""
    parser = argparse.ArgumentParser(prog="python -m radgrounder.pretraining.heldout", description=__doc__)
    parser.add_argument("out", type=Path, metavar="OUT")
    parser.add_argument("--sites", nargs="+", default=["A"], choices=SITES)
    parser.add_argument("--regions", nargs="+", default=["abdomen_ct"], choices=list(REGIONS))
    parser.add_argument("--patients", type=int, default=80)
    arguments = vars(parser.parse_args(argv))
    try:
        print(f"{write_heldout(**arguments)} slices to judge on are in {arguments['out']}.")
    except ValueError as error:
        print(f"heldout: error: {error}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
