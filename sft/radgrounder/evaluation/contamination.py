"""Is the test in the training set? Pictures by perceptual hash, questions by text.

    radgrounder audit --train build/demo/dataset/refrad2d --benchmark vqa-rad --data DATA

Pictures are compared by the hash of `refrad2d.dataset.leaks`: resizing, another window or JPEG change few
of its 256 bits, another picture about half of them.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from radgrounder.benchmarks.base import BLANK, load_benchmark
from radgrounder.metrics.text import normalise
from refrad2d.conversations import without_context
from refrad2d.dataset.leaks import BITS, MAX_DISTANCE, Match, find_matches, perceptual_hash


@dataclass(frozen=True)
class Audit:
    """What an audit found: `one` of a match is a training picture, `other` a test picture.

    Questions are compared without case, punctuation, articles and the lines of clinical context above them.
    """

    training_pictures: int
    test_pictures: int
    test_pictures_seen: int
    matches: list[Match]
    test_questions: int
    test_questions_seen: int


def audit(
    training_pictures: Iterable[np.ndarray],
    training_questions: Iterable[str],
    test_pictures: Iterable[np.ndarray],
    test_questions: Sequence[str],
    *,
    most_bits: int = MAX_DISTANCE,
) -> Audit:
    """Compare training with test rows."""
    training, test = (
        np.array([perceptual_hash(picture) for picture in side]).reshape(-1, BITS)
        for side in (training_pictures, test_pictures)
    )
    matches = find_matches(training, test, most_bits=most_bits)
    known = {normalise(without_context(question)) for question in training_questions}
    return Audit(
        training_pictures=len(training),
        test_pictures=len(test),
        test_pictures_seen=len({match.other for match in matches}),
        matches=matches,
        test_questions=len(test_questions),
        test_questions_seen=sum(normalise(without_context(question)) in known for question in test_questions),
    )


def audit_benchmark(train: str, benchmark: str, data: str, *, most_bits: int = MAX_DISTANCE) -> Audit:
    """The training split of a dataset's config sft against a benchmark. ValueError if one of them is not there."""
    from datasets import load_dataset

    rows = load_benchmark(benchmark, data)
    try:
        training = load_dataset(train, "sft", split="train")
    except (FileNotFoundError, ValueError) as error:
        raise ValueError(f"{train} has no config sft to train on. Give the refrad2d folder of a build.") from error
    asked = [item for item in rows.items if not item.control]
    questions = (
        part["text"] for row in training.select_columns(["messages"]) for part in row["messages"][0]["content"]
    )
    return audit(
        (np.asarray(row["image"].convert("RGB")) for row in training.select_columns(["image"])),
        (question for question in questions if question),
        [rows.picture(key) for key in dict.fromkeys(item.image for item in asked) if key != BLANK],
        [item.prompt for item in asked],
        most_bits=most_bits,
    )
