"""The contamination audit: the same picture in other clothes, other pictures, the same question in other words.

pytest tests/radgrounder/evaluation/test_contamination.py
"""

import io

import numpy as np
import pytest
from PIL import Image

from radgrounder.evaluation.contamination import audit
from refrad2d.conversations import CONTEXTS, context, vqa_prompt
from refrad2d.dataset.leaks import MAX_DISTANCE, find_matches, perceptual_hash
from refrad2d.windows import picture_to_rgb
from tests.fixtures.paths import SHARED

PICTURES = SHARED / "data" / "vqa-rad" / "images"


def blobs(seed, size=200):
    """A picture of soft blobs, different for every seed."""
    generator = np.random.default_rng(seed)
    y, x = np.mgrid[:size, :size] / size
    centers = generator.random((12, 3))
    waves = sum(a * np.exp(-((x - u) ** 2 + (y - v) ** 2) / 0.01) for u, v, a in centers)
    return (255 * waves / waves.max()).astype(np.uint8)


def recompress(picture, quality):
    file = io.BytesIO()
    Image.fromarray(picture).save(file, "JPEG", quality=quality)
    return np.asarray(Image.open(file))


def bits(a, b):
    found = find_matches(perceptual_hash(a)[None], perceptual_hash(b)[None], most_bits=256)
    return found[0].bits


@pytest.mark.parametrize(
    "change",
    [
        lambda p: recompress(p, 30),
        lambda p: np.asarray(Image.fromarray(p).resize((97, 131))),
        lambda p: picture_to_rgb(p),
        lambda p: (255 * (p / 255) ** 0.8).astype(np.uint8),
        lambda p: np.stack([p] * 3, axis=-1),
    ],
    ids=["jpeg", "resized", "as the model sees it", "brightened", "rgb"],
)
def test_the_same_picture_is_found(change):
    assert bits(blobs(1), change(blobs(1))) <= MAX_DISTANCE


def test_other_pictures_are_not():
    assert min(bits(blobs(1), blobs(seed)) for seed in range(2, 12)) > MAX_DISTANCE


def test_flat_pictures_match_nothing():
    flat = np.full((50, 50), 7, dtype=np.uint8)
    assert bits(flat, flat) > MAX_DISTANCE


def test_an_audit_counts_pictures_and_questions():
    found = audit(
        [blobs(1), blobs(2)], ["Is the liver large?"], [blobs(3), recompress(blobs(2), 50)], ["is liver LARGE", "?"]
    )
    assert [(m.one, m.other) for m in found.matches] == [(1, 1)]
    assert (found.test_pictures_seen, found.test_questions_seen, found.test_questions) == (1, 1, 2)


@pytest.mark.parametrize("language", ["de", "en"])
def test_a_question_is_known_again_below_clinical_context(language):
    report = {"clinical_info": "Pain.", "clinical_question": "Stone?"}
    entry = {"question": "Is there a stone?", "language": language}
    asked = [vqa_prompt(entry, context=context(report, language, parts)) for parts in CONTEXTS]
    assert audit([], asked[-1:], [], asked).test_questions_seen == len(CONTEXTS)
    other = vqa_prompt({**entry, "question": "Question: is there a cyst?"})
    assert audit([], [other], [], asked).test_questions_seen == 0 == audit([], asked, [], [other]).test_questions_seen


def test_an_audit_of_nothing_finds_nothing():
    assert audit([], [], [], []).matches == []


@pytest.mark.skipif(not PICTURES.is_dir(), reason="the VQA-RAD pictures are not at ../shared/data/vqa-rad")
def test_real_pictures_are_told_apart():
    hashes = np.array(
        [perceptual_hash(np.asarray(Image.open(path).convert("RGB"))) for path in sorted(PICTURES.iterdir())[:80]]
    )
    assert {(m.one, m.other) for m in find_matches(hashes, hashes)} == {(i, i) for i in range(80)}
