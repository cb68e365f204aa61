"""Which words of a sentence speak of another day: a small network's reading, word by word.

    >>> [(word.text, word.goes > 0.5) for word in read("Stable 4 mm nodule.", "en")][0]
    ('Stable', True)

A word is the mean of vectors of its pieces (itself, its shape, runs of three to five letters, each by a hash), so that
a word that no lesson had is read by its parts. Six convolutions look at up to 17 words on each side. The weights come
of tests/bench/fit_second_reader.py, which says what they were taught.
"""

import re
from functools import cache, lru_cache
from pathlib import Path
from typing import NamedTuple
from zlib import crc32

import numpy as np

from refrad2d.labels import LANGUAGES

WEIGHTS = Path(__file__).with_name("data") / "network.npz"
BUCKETS = 8192  # of pieces
APART = (1, 1, 2, 4, 8, 1)  # words between those that a convolution joins
_TOKEN = re.compile(r"\d+(?:[.,]\d+)*|[^\W\d_]+|[^\w\s]|_")
_DIGIT = re.compile(r"\d")


class Word(NamedTuple):
    """A word, number or sign of a sentence, where it stands, and how sure it is that it goes, 0 to 1."""

    text: str
    start: int
    end: int
    goes: float


def tokens(text: str) -> list[tuple[str, int, int]]:
    """Words, numbers and signs with their offsets."""
    return [(found[0], found.start(), found.end()) for found in _TOKEN.finditer(text)]


def pieces(word: str) -> list[int]:
    """The buckets of a word's pieces, those of the word itself first and of its shape second."""
    plain = f"<{_DIGIT.sub('0', word.lower())}>"
    shape = f"#{_shape(word)}"
    runs = [plain[at : at + size] for size in (3, 4, 5) if len(plain) > size for at in range(len(plain) - size + 1)]
    return [crc32(piece.encode()) % BUCKETS for piece in (plain, shape, *runs)]


def _shape(word: str) -> str:
    if word[0].isdigit():
        return f"D{min(len(word), 5)}{'.' if '.' in word or ',' in word else ''}"
    return "U" if word.isupper() else "C" if word[0].isupper() else "l"


def read(sentence: str, language: str) -> list[Word]:
    """The words of a sentence in German ("de") or English ("en"), each with how sure it is that it goes."""
    found = tokens(sentence)
    if not found:
        return []
    weights = _weights()
    seen = np.stack([_vector(word) for word, _, _ in found]) + weights[f"language_{language}"]
    for at, apart in enumerate(APART):
        seen = seen + _joined(seen, weights[f"join_{at}"], weights[f"bias_{at}"], apart)
    logits = seen @ weights["out"] + weights["out_bias"]
    goes = 1 / (1 + np.exp(-logits))
    return [Word(*word, float(sure)) for word, sure in zip(found, goes, strict=True)]


def _joined(seen: np.ndarray, join: np.ndarray, bias: np.ndarray, apart: int) -> np.ndarray:
    """Each word (words, width) with the ones `apart` before and behind it, by a matrix (3 · width, width)."""
    words, width = seen.shape
    padded = np.zeros((words + 2 * apart, width), np.float32)
    padded[apart:-apart] = seen
    beside = np.concatenate([padded[:words], seen, padded[2 * apart :]], axis=1)
    return np.maximum(beside @ join + bias, 0)


@lru_cache(maxsize=16384)
def _vector(word: str) -> np.ndarray:
    """The mean of a word's pieces, (width,) float32."""
    return _weights()["pieces"][pieces(word)].mean(axis=0)


@cache
def _weights() -> dict[str, np.ndarray]:
    with np.load(WEIGHTS) as stored:
        weights = {name: stored[name].astype(np.float32) for name in stored.files if stored[name].dtype == np.float16}
    missing = [language for language in LANGUAGES if f"language_{language}" not in weights]
    if missing:
        raise ValueError(f"{WEIGHTS.name} has no {', '.join(missing)}. Train it: tests/bench/fit_second_reader.py.")
    return weights
