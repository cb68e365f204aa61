"""Near-duplicates: copies are found across splits, strangers and flat pictures are not."""

import io

import numpy as np
import pytest
from PIL import Image

from refrad2d.leaks import MAX_DISTANCE, Hashed, hash_folder, hash_picture, near_duplicates


def picture(seed):
    """A smooth random picture, as anatomy is."""
    cells = np.random.default_rng(seed).integers(0, 256, (6, 6), dtype=np.uint8)
    return Image.fromarray(cells).resize((224, 224), Image.Resampling.BICUBIC)


def compress(image):
    out = io.BytesIO()
    image.save(out, "JPEG", quality=40)
    return Image.open(out)


COPIES = {
    "compressed": compress,
    "resized": lambda image: image.resize((512, 512)),
    "brighter": lambda image: image.point(lambda v: min(255, int(v * 1.1))),
}


@pytest.mark.parametrize("change", COPIES.values(), ids=COPIES)
def test_a_copy_is_near(change):
    assert (hash_picture(picture(1)) ^ hash_picture(change(picture(1)))).bit_count() <= MAX_DISTANCE


def test_strangers_are_far():
    assert (hash_picture(picture(1)) ^ hash_picture(picture(2))).bit_count() > 2 * MAX_DISTANCE


def test_a_flat_picture_has_no_hash():
    assert hash_picture(Image.new("L", (64, 64), 7)) is None


def test_pairs_are_found_across_splits_only():
    rows = [Hashed("a", "train", "p", 0b1), Hashed("b", "test", "q", 0b11), Hashed("c", "train", "r", 0b111)]
    assert near_duplicates(rows) == [("a", "b", 1), ("b", "c", 1)] or near_duplicates(rows) == [
        ("a", "b", 1),
        ("c", "b", 1),
    ]


def test_a_pair_at_the_limit_is_found_wherever_its_bits_differ():
    bits = sum(1 << (17 * n % 256) for n in range(MAX_DISTANCE))
    assert [p[2] for p in near_duplicates([Hashed("a", "train", "p", 0), Hashed("b", "test", "q", bits)])] == [
        MAX_DISTANCE
    ]


def test_a_folder_of_a_benchmark_can_be_hashed(tmp_path):
    picture(3).save(tmp_path / "x.png")
    assert [h.id for h in hash_folder(tmp_path)] == ["x.png"]
