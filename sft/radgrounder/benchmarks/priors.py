"""What answers without looking: the mean box, the most frequent answer, the constant report, another patient's picture.

    >>> average_boxes([("liver", (0, 0, 0.5, 0.5)), ("liver", (0, 0, 1, 1))])
    {'liver': (0.0, 0.0, 0.75, 0.75)}

A model that does not beat these has learned the data set, not to see.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from hashlib import sha256
from typing import Any, TypeVar

import numpy as np

from radgrounder.benchmarks.base import sample_ids
from radgrounder.metrics.text import normalise
from refrad2d.grounding import Box

CONSTANT_CANDIDATES, CONSTANT_SAMPLE = 200, 200  # training reports tried as the constant one, reports they are tried on

Key = TypeVar("Key", bound=Hashable)


def average_boxes(boxes: Iterable[tuple[Key, Box]]) -> dict[Key, Box]:
    """The mean box of every key, from (key, box) pairs; boxes are xyxy in [0, 1]."""
    groups = defaultdict(list)
    for key, box in boxes:
        groups[key].append(box)
    return {key: tuple(np.mean(group, axis=0).tolist()) for key, group in groups.items()}


def partners(rows: Sequence[Mapping[str, Any]], seed: int) -> dict[str, str]:
    """Each slice's stand-in: another patient's slice of the same modality, body part and plane, drawn by hash.

    A slice without such a counterpart has none.
    """
    alike = defaultdict(list)
    for row in sorted(rows, key=lambda row: order_key(seed, row["id"])):
        alike[row["modality"], row["body_part"], row["plane"]].append(row)
    out = {}
    for group in alike.values():
        for row in group:
            first = int.from_bytes(order_key(seed, "partner", row["id"])[:8], "big") % len(group)
            others = (o for o in (*group[first:], *group[:first]) if o["patient"] != row["patient"])
            if other := next(others, None):
                out[row["id"]] = other["id"]
    return out


def constant_report(findings: Sequence[str], language: str) -> str:
    """The training report that does best as the answer to everything: highest mean F1 against a sample of them.

    Candidates and sample are drawn by hash, at most 200 each; equal ones are told apart by their text.
    """
    distinct = sample_ids(findings, CONSTANT_CANDIDATES, 0)
    sample = sorted(findings, key=lambda text: order_key(1, text))[:CONSTANT_SAMPLE]
    # Words are counted once a text, not once a pair: 40,000 comparisons are then sums of minima.
    words = {text: Counter(normalise(text, language).split()) for text in {*distinct, *sample}}

    def mean_f1(candidate: str) -> float:
        mine = words[candidate]
        pairs = ((sum((mine & words[t]).values()), mine.total() + words[t].total()) for t in sample)
        return sum(2 * shared / total if total else 1.0 for shared, total in pairs)

    return max(sorted(distinct), key=mean_f1, default="")


def majority_answers(entries: Iterable[tuple[str, str, str, str]]) -> Callable[[str, str, str], str]:
    """A function (language, question, type) → the most frequent training answer to that question.

    `entries` are (language, question, type, answer). A question never seen gets the most frequent answer to its type in
    its language, equal ones go by the alphabet, and without any training answer it gets the empty text.
    """
    exact: dict[tuple[str, str], Counter[str]] = defaultdict(Counter)
    kinds: dict[tuple[str, str], Counter[str]] = defaultdict(Counter)
    for language, question, kind, answer in entries:
        exact[language, question][answer] += 1
        kinds[language, kind][answer] += 1

    def answer_to(language: str, question: str, kind: str) -> str:
        counted = exact.get((language, question)) or kinds.get((language, kind)) or Counter()
        return min(counted.items(), key=lambda pair: (-pair[1], pair[0]), default=("", 0))[0]

    return answer_to


def order_key(*parts: object) -> bytes:
    """What lots are drawn by: the SHA-256 of the parts."""
    return sha256(" ".join(map(str, parts)).encode()).digest()
