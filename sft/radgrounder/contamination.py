"""Is the test in the training set? Pictures by perceptual hash, questions by text.

    python -m radgrounder.contamination --train build/demo/dataset/refrad2d --benchmark vqa-rad --data DATA

A hash is the sign pattern of the picture's coarsest 256 cosine coefficients: resizing, another window or JPEG change
few bits of it, another picture about half of them.
"""

import argparse
import json
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass

import numpy as np
from PIL import Image
from scipy.fft import dctn

from radgrounder.benchmarks import BLANK, load_benchmark
from radgrounder.metrics import normalise

SIDE = 64  # pixels of the picture that the cosine transform sees
KEPT = 16  # coefficients a side: 256 bits
NEAR_BITS = 48  # of 256: see docs/evaluation.md for what re-encoded and what different pictures differ in
FLAT = 1.0  # grey levels: a picture that varies less has no pattern to compare
_CHUNK = 4096


@dataclass(frozen=True)
class Match:
    """A training picture that looks like a test picture. `bits` of 256 differ."""

    training: int
    test: int
    bits: int


@dataclass(frozen=True)
class Audit:
    """What an audit found; questions are compared without case, punctuation and articles."""

    training_pictures: int
    test_pictures: int
    test_pictures_seen: int
    matches: list[Match]
    test_questions: int
    test_questions_seen: int


def perceptual_hash(picture: np.ndarray) -> np.ndarray:
    """The hash of a uint8 picture (height, width[, 3]): 256 values of +1 and -1, all 0 for a flat picture."""
    grey = Image.fromarray(np.asarray(picture, dtype=np.uint8)).convert("L")
    # Averaging over areas, unlike the models' resize: what lies between the sampled points must count too.
    small = np.asarray(grey.resize((SIDE, SIDE), Image.Resampling.BOX), dtype=np.float32)
    if np.ptp(small) < FLAT:
        return np.zeros(KEPT * KEPT, dtype=np.float32)
    coarse = dctn(small, norm="ortho")[:KEPT, :KEPT].ravel()
    return np.where(coarse > np.median(coarse), 1.0, -1.0).astype(np.float32)


def find_matches(training: np.ndarray, test: np.ndarray, *, most_bits: int = NEAR_BITS) -> list[Match]:
    """Pairs of hashes (n, 256), (m, 256) that differ in at most `most_bits`, nearest first; flat ones match nothing."""
    matches = []
    for start in range(0, len(training), _CHUNK):
        # +1 and -1: the product counts equal bits minus different ones, and a flat picture's zeros give half of all
        bits = (test.shape[1] - training[start : start + _CHUNK] @ test.T) / 2
        rows, columns = np.nonzero(bits <= most_bits)
        matches += [Match(start + int(i), int(j), int(bits[i, j])) for i, j in zip(rows, columns, strict=True)]
    return sorted(matches, key=lambda match: (match.bits, match.training, match.test))


def audit(
    training_pictures: Iterable[np.ndarray],
    training_questions: Iterable[str],
    test_pictures: Iterable[np.ndarray],
    test_questions: Sequence[str],
    *,
    most_bits: int = NEAR_BITS,
) -> Audit:
    """Compare training with test rows."""
    training, test = (
        np.array([perceptual_hash(picture) for picture in side]).reshape(-1, KEPT * KEPT)
        for side in (training_pictures, test_pictures)
    )
    matches = find_matches(training, test, most_bits=most_bits)
    known = {normalise(question) for question in training_questions}
    return Audit(
        training_pictures=len(training),
        test_pictures=len(test),
        test_pictures_seen=len({match.test for match in matches}),
        matches=matches,
        test_questions=len(test_questions),
        test_questions_seen=sum(normalise(question) in known for question in test_questions),
    )


def main() -> None:
    """Print the audit of a training config against a benchmark as JSON."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--train", required=True, help="a refrad2d folder with the config sft")
    parser.add_argument("--benchmark", required=True)
    parser.add_argument("--data", required=True)
    parser.add_argument("--bits", type=int, default=NEAR_BITS, help=f"of 256 that may differ (default {NEAR_BITS})")
    arguments = parser.parse_args()
    from datasets import load_dataset

    try:
        rows = load_benchmark(arguments.benchmark, arguments.data)
        training = load_dataset(arguments.train, "sft", split="train")
    except ValueError as error:
        raise SystemExit(f"error: {error}") from error
    asked = [item for item in rows.items if not item.control]
    questions = (
        part["text"] for row in training.select_columns(["messages"]) for part in row["messages"][0]["content"]
    )
    found = audit(
        (np.asarray(row["image"].convert("RGB")) for row in training.select_columns(["image"])),
        (question for question in questions if question),
        [rows.picture(key) for key in dict.fromkeys(item.image for item in asked) if key != BLANK],
        [item.prompt for item in asked],
        most_bits=arguments.bits,
    )
    print(json.dumps(asdict(found), indent=2))


if __name__ == "__main__":
    main()
