"""Similarity of mentions by a sentence-transformers model, for the paper's G-IoU.

    >>> embedder = Embedder.load("google/embeddinggemma-300m", cache=Path("cache"))
    >>> embedder.encode(mentions)            # each unique string once, in batches
    >>> g_iou(true, predicted, embedder.similarity)

Without a model at hand there is `grounding.same_class`; what it gives is called g_iou_class, never g_iou.
"""

from collections.abc import Callable, Iterable, Sequence
from hashlib import sha256
from pathlib import Path

import numpy as np

from radgrounder.metrics.grounding import Entity
from refrad2d.system.files import atomic_path

Encode = Callable[[list[str]], np.ndarray]  # strings → (n, d)


class Embedder:
    """Unit vectors of strings, remembered in memory and, with a `cache` folder, on disk.

    `calls` counts the calls of the model: ceil(unique strings / batch_size) for one `encode` of all strings.
    """

    def __init__(self, encode: Encode, name: str, *, batch_size: int = 256, cache: Path | None = None) -> None:
        self.name, self.calls = name, 0
        self._encode, self._batch_size = encode, batch_size
        self._file = cache / f"embeddings-{sha256(name.encode()).hexdigest()[:16]}.npz" if cache else None
        self._vectors: dict[str, np.ndarray] = {}
        if self._file and self._file.is_file():
            with np.load(self._file, allow_pickle=False) as stored:
                self._vectors = dict(zip(stored["strings"].tolist(), stored["vectors"], strict=True))

    @classmethod
    def load(cls, name: str, *, batch_size: int = 256, cache: Path | None = None) -> "Embedder":
        """The embedder of a sentence-transformers model, by name or folder. ValueError if the library is missing."""
        try:
            from sentence_transformers import SentenceTransformer
        except ImportError as error:
            raise ValueError(
                f"Embeddings by {name!r} need sentence-transformers. Install it with pip, or use g_iou_class."
            ) from error
        model = SentenceTransformer(name)
        return cls(lambda texts: model.encode(texts, batch_size=len(texts)), name, batch_size=batch_size, cache=cache)

    def encode(self, strings: Iterable[str]) -> None:
        """Embed what is not known yet: each unique string once, in batches; the cache is written at the end."""
        new = sorted(set(strings) - self._vectors.keys())
        for start in range(0, len(new), self._batch_size):
            batch = new[start : start + self._batch_size]
            vectors = np.asarray(self._encode(batch), dtype=np.float32)
            self.calls += 1
            lengths = np.linalg.norm(vectors, axis=1, keepdims=True)
            self._vectors |= dict(zip(batch, vectors / np.where(lengths > 0, lengths, 1), strict=True))
        if new and self._file:
            self._save(self._file)

    def similarity(self, true: Sequence[Entity], predicted: Sequence[Entity]) -> np.ndarray:
        """Cosine of every true mention with every predicted one: (n, m). Strings not known yet are embedded."""
        self.encode(entity.text for entity in (*true, *predicted))
        sides = [np.stack([self._vectors[e.text] for e in side]) for side in (true, predicted)]
        return np.clip(sides[0].astype(np.float64) @ sides[1].T.astype(np.float64), -1, 1)

    def _save(self, file: Path) -> None:
        strings, vectors = np.array(list(self._vectors)), np.stack(list(self._vectors.values()))
        with atomic_path(file) as temporary, temporary.open("wb") as opened:
            np.savez(opened, strings=strings, vectors=vectors)
