"""Embeddings: every unique string once, in batches, remembered on disk.

pytest tests/radgrounder/metrics/test_embeddings.py
"""

import math

import numpy as np
import pytest

from radgrounder.metrics.embeddings import Embedder
from radgrounder.metrics.grounding import Entity, g_iou


class Letters:
    """Counts letters: an embedding that needs no model. It notes every string that it is given."""

    def __init__(self):
        self.seen = []

    def __call__(self, texts):
        self.seen += texts
        return np.array([[text.count(letter) for letter in "abcdefghijklmnopqrstuvwxyz "] for text in texts], float)


def entity(text):
    return Entity(text, "liver", (0.0, 0.0, 0.5, 0.5))


@pytest.mark.parametrize("batch", [1, 4, 50, 200])
def test_encode_calls_are_unique_strings_over_batch(batch):
    embedder = Embedder(Letters(), "letters", batch_size=batch)
    mentions = [f"mention {n % 121}" for n in range(3806)]
    embedder.encode(mentions)
    embedder.encode(mentions)
    assert embedder.calls == math.ceil(121 / batch)


def test_no_string_is_encoded_twice():
    letters = Letters()
    embedder = Embedder(letters, "letters")
    embedder.similarity([entity("liver")], [entity("spleen"), entity("liver")])
    embedder.similarity([entity("liver")], [entity("spleen")])
    assert sorted(letters.seen) == ["liver", "spleen"]


def test_similarity_is_the_cosine():
    embedder = Embedder(Letters(), "letters")
    found = embedder.similarity([entity("ab")], [entity("a"), entity("ab"), entity("c")])
    assert found == pytest.approx(np.array([[math.sqrt(0.5), 1.0, 0.0]]))


def test_a_text_without_direction_is_similar_to_nothing():
    assert Embedder(Letters(), "letters").similarity([entity("1")], [entity("1")]) == 0.0


def test_the_cache_outlives_the_process(tmp_path):
    Embedder(Letters(), "letters", cache=tmp_path).encode(["Leber", "Milz"])
    later = Embedder(Letters(), "letters", cache=tmp_path)
    later.encode(["Leber", "Milz"])
    assert later.calls == 0


def test_models_do_not_share_a_cache(tmp_path):
    Embedder(Letters(), "letters", cache=tmp_path).encode(["Leber"])
    other = Embedder(Letters(), "others", cache=tmp_path)
    other.encode(["Leber"])
    assert other.calls == 1


def test_g_iou_takes_the_cosine_of_the_words():
    embedder = Embedder(Letters(), "letters")
    assert g_iou([entity("ab")], [entity("a")], embedder.similarity) == pytest.approx(math.sqrt(0.5))
