"""SLAKE: questions about CT, MR and X-ray pictures, English by default, Chinese on request.

    radgrounder eval --model MODEL --benchmark slake --data Slake1.0 --out OUT

The folder is laid out as the official release: train.json, validate.json, test.json, imgs/xmlab0/source.jpg. Test means
test: rows and pictures are checked against slake.csv (the splits and the SHA-256 of all 642 pictures; Liu et al. 2021).
"""

import json
from collections.abc import Sequence
from pathlib import Path

from radgrounder.benchmarks.base import Benchmark, Facts
from radgrounder.benchmarks.questions import (
    COLUMNS,
    EXTRA,
    Pictures,
    Question,
    known_hashes,
    limit_questions,
    make_benchmark,
    read_splits,
)

SOURCE = "Get Slake1.0 from www.med-vqa.com/slake and unpack it so that DATA holds imgs/ and test.json."
LANGUAGES = ("en", "zh")
QUESTION_IDS = {"train": range(9835), "validate": range(9835, 11934), "test": range(11934, 14028)}
MODALITIES = {"MRI": "MR"}
OVERLAP = "Chinese is split apart from English: {0} of {1} Chinese test images are in English training."
BENCHMARK = Facts(
    name="slake",
    columns=COLUMNS,
    extra=EXTRA,
    title="SLAKE",
    task="visual-question-answering",
    layout={
        "F1": ("vqa", "f1"),
        "recall": ("vqa", "recall"),
        "LLMScore open": ("additional", "vqa", "llm_score_open"),
        "accuracy closed": ("vqa", "accuracy_closed"),
    },
    published="slake_published.csv",
    caveat="The published figures were stated for SLAKE's test set; the released code reads its validation set.",
)


def load(
    data: str,
    *,
    limit: int | None = None,
    seed: int = 0,
    text_only: bool = False,
    languages: Sequence[str] = ("en",),
) -> Benchmark:
    """The test questions of these languages. ValueError if files are missing, are another split or are not official."""
    unknown = [language for language in languages if language not in LANGUAGES]
    if unknown or not languages:
        raise ValueError(f"SLAKE has no language {' '.join(unknown)!r}. Choose from {', '.join(LANGUAGES)}.")
    root, table = Path(data), read_splits("slake.csv")
    test = read_questions(root / "test.json", "test", languages)
    training = read_questions(root / "train.json", "train", languages)
    notes = []
    if "zh" in languages:
        images = {q.image for q in limit_questions(test, limit, seed) if q.language == "zh"}
        notes.append(OVERLAP.format(sum(table[image]["split_en"] == "train" for image in images), len(images)))
    pictures = Pictures(lambda image: root / "imgs" / image / "source.jpg", SOURCE, known_hashes(table))
    return make_benchmark(BENCHMARK, test, training, pictures, limit=limit, seed=seed, text_only=text_only, notes=notes)


def read_questions(path: Path, split: str, languages: Sequence[str]) -> list[Question]:
    """The questions of a split in these languages.

    ValueError if the file is missing, or holds a question or a picture that belongs to another split.
    """
    if not path.is_file():
        raise ValueError(f"There is no {path}. {SOURCE}")
    table = read_splits("slake.csv")
    rows = [row for row in json.loads(path.read_text(encoding="utf-8")) if row["q_lang"] in languages]
    questions = []
    for row in rows:
        image = row["img_name"].split("/")[0]
        belongs = row["qid"] in QUESTION_IDS[split] and table.get(image, {}).get(f"split_{row['q_lang']}") == split
        if not belongs:
            raise ValueError(f"Question {row['qid']} in {path} is not of the {split} split. {SOURCE}")
        questions.append(
            Question(
                id=str(row["qid"]),
                text=row["question"].strip(),
                answer=row["answer"].strip(),
                image=image,
                language=row["q_lang"],
                kind=row["answer_type"].strip().lower(),
                groups={
                    "modality": MODALITIES.get(row["modality"], row["modality"]),
                    "body_part": row["location"],
                    "content": row["content_type"],
                },
            )
        )
    return questions
