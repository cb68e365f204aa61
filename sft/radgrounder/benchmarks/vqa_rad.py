"""VQA-RAD: questions of clinicians about radiology pictures, on a split whose test pictures no training row shows.

    radgrounder eval --model MODEL --benchmark vqa-rad --data DATA --out OUT

DATA holds images/*.jpg and either wu2025_split/{train,validation,test}_fixed_split.json (785/728/735 questions, Wu et
al. 2025, the default) or original_split/{train,test}set.json (3,064/451, `split="original"`; Lau et al. 2018).
"""

import json
from collections import Counter
from pathlib import Path
from typing import Any

from radgrounder.benchmarks.base import Benchmark, Facts
from radgrounder.benchmarks.questions import (
    COLUMNS,
    EXTRA,
    Pictures,
    Question,
    known_hashes,
    make_benchmark,
    read_splits,
)

SOURCE = (
    "Get VQA-RAD from its OSF project, osf.io/89kps, put the pictures into DATA/images and the split files into "
    "DATA/wu2025_split or DATA/original_split."
)
FILES = {
    "disjoint": {part: f"wu2025_split/{part}_fixed_split.json" for part in ("train", "validation", "test")},
    "original": {part: f"original_split/{part}set.json" for part in ("train", "test")},
}
KINDS = ("open", "closed")
BENCHMARK = Facts(
    name="vqa-rad",
    columns=COLUMNS,
    extra=EXTRA,
    title="VQA-RAD",
    task="visual-question-answering",
    layout={
        "F1": ("vqa", "f1"),
        "LLMScore open": ("additional", "vqa", "llm_score_open"),
        "accuracy closed": ("vqa", "accuracy_closed"),
    },
    published="vqa_rad_published.csv",
    caveat="The paper states the original split; the released code holds the image-disjoint one.",
)


def load(
    data: str, *, limit: int | None = None, seed: int = 0, text_only: bool = False, split: str = "disjoint"
) -> Benchmark:
    """The test questions of a split. ValueError if files are missing, are another split or are not official."""
    if split not in FILES:
        raise ValueError(f"Unknown split {split!r} of VQA-RAD. Choose from {', '.join(FILES)}.")
    root = Path(data)
    test, training = (read_questions(root, split, part) for part in ("test", "train"))
    pictures = Pictures(lambda image: root / "images" / image, SOURCE, known_hashes(read_splits("vqa_rad.csv")))
    about, notes = {"split": split}, _overlap_note(test, training)
    return make_benchmark(
        BENCHMARK, test, training, pictures,
        limit=limit, seed=seed, text_only=text_only, about=about, notes=notes,
    )  # fmt: skip


def _overlap_note(test: list[Question], training: list[Question]) -> list[str]:
    images, seen = {q.image for q in test}, {q.image for q in training}
    if not images & seen:
        return []
    shared = len(images & seen)
    return [f"{shared} of {len(images)} test images occur in training: these figures partly measure memory."]


def read_questions(root: Path, split: str, part: str) -> list[Question]:
    """The questions of a part ("train", "test") of a split.

    ValueError if the file is missing, or holds a picture that belongs to another part, or a kind of question other than
    open and closed (blanks around it do not matter: two rows of the official files have "closed ").
    """
    path = root / FILES[split][part]
    if not path.is_file():
        raise ValueError(f"There is no {path}. {SOURCE}")
    table, numbers = read_splits("vqa_rad.csv"), Counter[str]()
    questions = []
    for row in json.loads(path.read_text(encoding="utf-8")):
        image = row["image_name"]
        if not _belongs(table.get(image, {}), split, part):
            raise ValueError(f"Picture {image} in {path} is not of the {part} part of the {split} split. {SOURCE}")
        kind = (row.get("q_type") or row.get("answer_type") or "").strip().lower()
        if kind not in KINDS:
            raise ValueError(f"Question type {kind!r} in {path} is unknown. It is open or closed.")
        numbers[image] += 1
        questions.append(
            Question(
                id=f"{part}/{image.removesuffix('.jpg')}/{numbers[image]}",
                text=row["question"].strip(),
                answer=str(row["answer"]).strip(),
                image=image,
                language="en",
                kind=kind,
                groups=_groups(row),
            )
        )
    return questions


def _belongs(known: dict[str, str], split: str, part: str) -> bool:
    """True if the table has this picture in this part; every picture of the original test part is in training too."""
    if split == "disjoint":
        return known.get("split_disjoint") == part
    return bool(known) and (part == "train" or known["in_original_test"] == "1")


def _groups(row: dict[str, Any]) -> dict[str, str]:
    names = {"image_organ": "body_part", "question_type": "content"}
    return {group: str(row[column]).strip().lower() for column, group in names.items() if row.get(column)}
