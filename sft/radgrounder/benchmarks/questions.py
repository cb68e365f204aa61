"""What all question benchmarks share: the prompt, the controls, the scoring, the check of downloaded pictures.

    >>> make_benchmark(BENCHMARK, test, training, Pictures(path_of, SOURCE), limit=None, seed=0, text_only=False)

SLAKE, VQA-RAD and forkme bring their rows; RefRad2D's own questions use the scoring.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from hashlib import sha256
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np

from radgrounder.benchmarks.base import BLANK, Benchmark, Column, Facts, Item, Scores, blank_picture, plain, sample_ids
from radgrounder.benchmarks.priors import majority_answers
from radgrounder.inference.picture import open_picture
from radgrounder.metrics.grounding import invalid
from radgrounder.metrics.text import exact_match, normalise, token_overlap
from refrad2d.conversations import question_prompt
from refrad2d.grounding import Parsed
from refrad2d.labels import LANGUAGES
from refrad2d.system.tables import read_csv

COLUMNS = tuple(
    Column("vqa", name, ("vqa",), control, measure)
    for name, control, measure in (
        ("f1", "", "f1"),
        ("majority_f1", "majority", "f1"),
        ("text_only_f1", "text_only", "f1"),
        ("shuffled_f1", "shuffled", "f1"),
        ("recall", "", "recall"),
        ("accuracy_closed", "", "accuracy_closed"),
        ("majority_accuracy", "majority", "accuracy_closed"),
        ("text_only_accuracy", "text_only", "accuracy_closed"),
        ("shuffled_accuracy", "shuffled", "accuracy_closed"),
        ("f1_open", "", "f1_open"),
        ("recall_open", "", "recall_open"),
    )
)
EXTRA = (
    Column("vqa", "accuracy", ("vqa",), "", "exact"),
    Column("vqa", "exact_open", ("vqa",), "", "exact_open"),
    Column("vqa", "invalid", ("vqa",), "", "invalid"),
    Column("vqa", "majority_f1_open", ("vqa",), "majority", "f1_open"),
    Column("vqa", "text_only_f1_open", ("vqa",), "text_only", "f1_open"),
    Column("vqa", "shuffled_f1_open", ("vqa",), "shuffled", "f1_open"),
)
TEXT_ONLY_NOTE = "Text only: the model saw a blank picture, so these are not the benchmark's figures."


@dataclass(frozen=True)
class Question:
    """A question about a picture. `kind` is open or closed, `image` the file's name as the split table has it."""

    id: str
    text: str
    answer: str
    image: str
    language: str
    kind: str
    groups: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Pictures:
    """Where the pictures lie (`path_of` an image), where to get them, and the SHA-256 of each if it is known."""

    path_of: Callable[[str], Path]
    source: str
    hashes: Mapping[str, str] | None = None


def make_benchmark(
    facts: Facts,
    test: Sequence[Question],
    training: Sequence[Question],
    pictures: Pictures,
    *,
    limit: int | None,
    seed: int,
    text_only: bool,
    about: Mapping[str, Any] = MappingProxyType({}),
    notes: Sequence[str] = (),
) -> Benchmark:
    """The benchmark of these questions with its controls; `training` decides what the most frequent answers are.

    ValueError if pictures are missing or not the official ones, unless it is `text_only`.
    """
    questions = limit_questions(test, limit, seed)
    paths = {question.image: pictures.path_of(question.image) for question in questions}
    if not text_only:
        verify_pictures(paths, pictures.hashes, source=pictures.source)
    checked = "none: text only" if text_only else "not verified" if pictures.hashes is None else "verified by SHA-256"
    return Benchmark(
        facts=facts,
        items=make_items(questions, training, seed=seed, text_only=text_only),
        picture=open_pictures(paths),
        score=score,
        about={
            "n_questions": len(questions),
            "questions_of_the_split": len(test),
            "n_images": len(paths),
            "limit": limit,
            "pictures": checked,
            **about,
        },
        notes=[*([TEXT_ONLY_NOTE] if text_only else []), *notes],
    )


def make_items(
    questions: Sequence[Question], training: Sequence[Question], *, seed: int, text_only: bool = False
) -> list[Item]:
    """The items of these questions and their controls: majority answer, blank picture, another question's picture.

    With `text_only` the model itself sees the blank picture, and only the majority control is left.
    """
    majority = majority_answers((q.language, q.text, q.kind, q.answer) for q in training)
    images = sample_ids([q.image for q in questions], None, seed)
    following = dict(zip(images, [*images[1:], *images[:1]], strict=True))
    items = []
    for question in questions:
        item = Item(
            id=f"vqa/{question.id}",
            task="vqa",
            control="",
            image=BLANK if text_only else question.image,
            prompt=question_prompt(question.text, _layout(question.language)),
            true=plain(question.answer),
            cluster=question.image,
            language=question.language,
            kind=question.kind,
            groups={"language": question.language, "answer": _answer_kind(question), **question.groups},
        )
        constant = plain(majority(question.language, question.text, question.kind))
        items += [item, replace(item, id=f"{item.id}/majority", control="majority", given=constant)]
        if not text_only:
            items.append(replace(item, id=f"{item.id}/text_only", control="text_only", image=BLANK))
            if len(images) > 1:
                other = following[question.image]
                items.append(replace(item, id=f"{item.id}/shuffled", control="shuffled", image=other))
    return items


def _layout(language: str) -> str:
    """Whose prompt a question gets: a language that the model has no prompt for borrows the English one."""
    return language if language in LANGUAGES else "en"


def _answer_kind(question: Question) -> str:
    if question.kind == "open":
        return "open"
    return "yes/no" if normalise(question.answer, "en") in ("yes", "no") else "closed, not yes/no"


def limit_questions(questions: Sequence[Question], limit: int | None, seed: int) -> list[Question]:
    """At most `limit` of the questions, drawn by hash, in their own order."""
    kept = set(sample_ids([q.id for q in questions], limit, seed))
    return [q for q in questions if q.id in kept]


def score(items: Sequence[Item], answers: Sequence[Parsed]) -> list[Scores]:
    """The measures of every answer."""
    return [score_answer(item, answer) for item, answer in zip(items, answers, strict=True)]


def score_answer(item: Item, answer: Parsed) -> Scores:
    """F1, recall and exact match over all questions, and again by kind: accuracy of closed ones, F1 of open ones."""
    _, recall, f1 = token_overlap(answer.text, item.true.text, language=item.language)
    same = exact_match(answer.text, item.true.text, language=item.language)
    scores = {"f1": f1, "recall": recall, "exact": same, "invalid": invalid(answer)}
    if item.kind == "closed":
        return scores | {"accuracy_closed": same}
    return scores | {"f1_open": f1, "recall_open": recall, "exact_open": same}


# Pictures


def read_splits(name: str) -> dict[str, dict[str, str]]:
    """A split table of this package (slake.csv, vqa_rad.csv): image → its row with `sha256` and splits."""
    return {row["image"]: row for row in read_csv(__package__, name)}


def verify_pictures(paths: Mapping[str, Path], hashes: Mapping[str, str] | None, *, source: str) -> None:
    """Check that the file of every image is there and, where `hashes` are known, is the official one.

    `source` says where the pictures come from. ValueError names how many are missing or differ, and the first of them.
    """
    missing = sorted(image for image, path in paths.items() if not path.is_file())
    if missing:
        verified = "" if hashes is None else " Each file is verified by its SHA-256."
        raise ValueError(
            f"{len(missing)} of {len(paths)} pictures are missing, such as {paths[missing[0]]}. {source}{verified} "
            "To judge without pictures, and to have the results say so, add --text-only."
        )
    if hashes is None:
        return
    changed = sorted(i for i, path in paths.items() if sha256(path.read_bytes()).hexdigest() != hashes.get(i))
    if changed:
        raise ValueError(
            f"{len(changed)} of {len(paths)} pictures are not the official files: the SHA-256 of "
            f"{paths[changed[0]]} differs. {source}"
        )


def known_hashes(table: Mapping[str, Mapping[str, str]]) -> dict[str, str]:
    """Image → SHA-256 of a split table."""
    return {image: row["sha256"] for image, row in table.items()}


def open_pictures(paths: Mapping[str, Path]) -> Callable[[str], np.ndarray]:
    """A function image → (224, 224, 3) uint8, resized and scaled as the RadGrounder release does with benchmarks.

    ValueError for a file that is no picture.
    """

    @lru_cache(maxsize=512)
    def picture(key: str) -> np.ndarray:
        if key == BLANK:
            return blank_picture()
        return np.asarray(open_picture(paths[key]).image)

    return picture
