"""A tiny RefRad2D folder for the tests of judging: Parquet by the schema's features, invented patients only."""

from pathlib import Path

import numpy as np
from datasets import Dataset
from PIL import Image

from refrad2d.labels import label_by_name
from refrad2d.schema import CONFIG_COLUMNS, features

MASK_SIZE = 112
REPORTS = {"de": ("Die Leber ist glatt.", "Leber", 4), "en": ("The liver is smooth.", "liver", 4)}


def make_row(number: int, patient: str, box: tuple, *, modality: str = "CT", site: str = "A") -> dict:
    """One axial slice with a liver in this box (mask pixels) and a spleen of one pixel, too small to be asked for."""
    mask = np.zeros((MASK_SIZE, MASK_SIZE), dtype=np.uint8)
    x_min, y_min, x_max, y_max = box
    mask[y_min:y_max, x_min:x_max] = label_by_name("liver").id
    mask[0, 0] = label_by_name("spleen").id
    picture = np.zeros((224, 224, 3), dtype=np.uint8)
    picture[2 * y_min : 2 * y_max, 2 * x_min : 2 * x_max] = 200
    picture[0, 0] = number  # no two pictures are equal
    share = [c / MASK_SIZE for c in box]
    objects = [
        {"label": "liver", "box": share, "area": (x_max - x_min) * (y_max - y_min)},
        {"label": "spleen", "box": [0, 0, 1 / MASK_SIZE, 1 / MASK_SIZE], "area": 1},
    ]
    report = {
        language: {
            "clinical_question": "Leber?",
            "clinical_info": "",
            "findings": text,
            "spans": [{"start": at, "end": at + len(word), "label": "liver", "labels": ["liver"], "box": share}],
            "origin": "original",
        }
        for language, (text, word, at) in REPORTS.items()
    }
    questions = (("Is a liver visible?", "yes" if number % 4 else "no", "yesno"), ("Which organ?", "liver", "open"))
    vqa = [
        {"question": q, "answer": a, "language": "en", "type": kind, "choices": [], "spans": [], "source": "text"}
        for q, a, kind in questions
    ]
    return {
        "id": f"s{number}", "patient": patient, "study": "t", "series": "r", "modality": modality,
        "spacing": [1.0, 1.0], "body_part": "abdomen", "plane": "axial", "sex": "FM"[number % 2 == 0], "age": 60,
        "site": site,
        "image": Image.fromarray(picture), "mask": Image.fromarray(mask), "objects": objects,
        "report": report, "vqa": vqa, "findings": [],
        "provenance": {"slice_rule": "structure", "curator": "c", "segmenter": "s", "blanked": 0, "version": "0"},
    }  # fmt: skip


CONFIGS = ("report", "vqa", "grounded")


def write_dataset(folder: Path, splits: dict[str, list[dict]], configs: tuple[str, ...] = CONFIGS) -> str:
    """Write these rows as a dataset folder with a card, and return its path."""
    folder.mkdir(parents=True)
    card = ["---", "configs:"]
    for config in configs:
        card += [f"- config_name: {config}", "  data_files:"]
        for split, rows in splits.items():
            kept = [{name: row[name] for name in CONFIG_COLUMNS[config]} for row in rows]
            Dataset.from_list(kept, features=features(config)).to_parquet(folder / f"{config}-{split}.parquet")
            card += [f"  - split: {split}", f"    path: {config}-{split}.parquet"]
    (folder / "README.md").write_text("\n".join([*card, "---", ""]))
    return str(folder)
