"""A small network that reads a text word by word and says of each what it is.

    >>> tagger = load_tagger(Path("network.npz"))
    >>> tagger.tags
    ('stays', 'goes')
    >>> [word.text for word in tagger.read("Stable 4 mm nodule.", "en") if word.scores[1] > 0.5]
    ['Stable']

A word is the mean of vectors of its pieces (itself, its shape, runs of three to five letters, each by a hash), so that
a word that no lesson had is read by its parts; convolutions look at its neighbours. Weights come of
tests/bench/fit_tagger.py, which says what they were taught. A sentence takes a tenth of a millisecond on one core.
"""

import re
from functools import cache
from pathlib import Path
from typing import NamedTuple
from zlib import crc32

import numpy as np

from refrad2d.labels import LANGUAGES

BUCKETS = 8192  # of pieces
_KNOWN = 16384  # words whose vectors are kept
_TOKEN = re.compile(r"\[[A-Z]{2,12}\]|\n|\d+(?:[.,]\d+)*|[^\W\d_]+|[^\w\s]|_")  # a placeholder is one
_DIGIT = re.compile(r"\d")


class Word(NamedTuple):
    """A word, number, sign, placeholder or line break, where it stands, and the probability of each tag."""

    text: str
    start: int
    end: int
    scores: np.ndarray


def tokens(text: str) -> list[tuple[str, int, int]]:
    """What a tagger reads of a text, with offsets."""
    return [(found[0], found.start(), found.end()) for found in _TOKEN.finditer(text)]


def pieces(word: str) -> list[int]:
    """The buckets of a word's pieces, those of the word itself first and of its shape second."""
    plain = f"<{_DIGIT.sub('0', word.lower())}>"
    runs = [plain[at : at + size] for size in (3, 4, 5) if len(plain) > size for at in range(len(plain) - size + 1)]
    return [crc32(piece.encode()) % BUCKETS for piece in (plain, f"#{_shape(word)}", *runs)]


def _shape(word: str) -> str:
    if word[0].isdigit():
        return f"D{min(len(word), 5)}{'.' if '.' in word or ',' in word else ''}"
    return "U" if word.isupper() else "C" if word[0].isupper() else "l"


class Tagger:
    """The weights of one network. ValueError if they are of another number of languages or buckets."""

    def __init__(self, path: Path) -> None:
        with np.load(path) as stored:
            self.tags: tuple[str, ...] = tuple(stored["tags"].tolist())
            self._apart: list[int] = stored["apart"].tolist()
            self._weights = {name: stored[name].astype(np.float32) for name in stored.files if stored[name].ndim > 1}
        if len(self._weights["languages"]) != len(LANGUAGES) or len(self._weights["pieces"]) != BUCKETS:
            raise ValueError(f"{path.name} is of another version. Train it anew: tests/bench/fit_tagger.py.")
        self._vectors: dict[str, np.ndarray] = {}

    def read(self, text: str, language: str) -> list[Word]:
        """Each token of a text in German ("de") or English ("en"), its scores (tags,) float32 as `tags` are."""
        found = tokens(text)
        if not found:
            return []
        seen = np.stack([self._vector(word) for word, _, _ in found])
        seen += self._weights["languages"][LANGUAGES.index(language)]
        for at, apart in enumerate(self._apart):
            seen = seen + self._joined(seen, at, apart)
        logits = seen @ self._weights["out"][:-1] + self._weights["out"][-1]
        powers = np.exp(logits - logits.max(axis=1, keepdims=True))
        scores = powers / powers.sum(axis=1, keepdims=True)
        return [Word(*word, told) for word, told in zip(found, scores, strict=True)]

    def _joined(self, seen: np.ndarray, at: int, apart: int) -> np.ndarray:
        """Each word (words, width) with the ones `apart` before and behind it, by a matrix (3 · width + 1, width)."""
        join = self._weights[f"join_{at}"]
        words, width = seen.shape
        beside = np.zeros((words, 3 * width), np.float32)
        beside[apart:, :width] = seen[:-apart]
        beside[:, width : 2 * width] = seen
        beside[:-apart, 2 * width :] = seen[apart:]
        told = beside @ join[:-1]
        told += join[-1]
        return np.maximum(told, 0, out=told)

    def _vector(self, word: str) -> np.ndarray:
        """The mean of a word's pieces, (width,) float32."""
        if word not in self._vectors:
            if len(self._vectors) >= _KNOWN:
                self._vectors.clear()
            self._vectors[word] = self._weights["pieces"][pieces(word)].mean(axis=0)
        return self._vectors[word]


@cache
def load_tagger(path: Path) -> Tagger:
    """The tagger of a file, read once."""
    return Tagger(path)
