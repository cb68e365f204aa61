"""Pictures in two splits: the same ones stay out whatever the order, strangers and blank ones stay in."""

import io
import itertools

import numpy as np
import pytest
from PIL import Image

from refrad2d.dataset.duplicates import MOST_BITS, Seen, digest_of, in_two_splits, is_blank, left_out, like, look_of
from refrad2d.dataset.leaks import perceptual_hash


def picture(seed):
    """A smooth random picture in colour, as anatomy in three windows is."""
    cells = np.random.default_rng(seed).integers(0, 256, (12, 12), dtype=np.uint8)
    grey = np.asarray(Image.fromarray(cells).resize((224, 224), Image.Resampling.BICUBIC))
    return np.stack([grey, grey // 2, 255 - grey], axis=-1)


def compress(shown):
    out = io.BytesIO()
    Image.fromarray(shown).save(out, "JPEG", quality=40)
    return np.asarray(Image.open(out))


def with_noise(shown):
    noise = np.random.default_rng(0).normal(0, 4, shown.shape)
    return np.clip(shown + noise, 0, 255).astype(np.uint8)


COPIES = {
    "equal": lambda shown: shown,
    "one pixel": lambda shown: np.where(np.indices((224, 224)).sum(0)[..., None] == 7, 99, shown).astype(np.uint8),
    "one grey level": lambda shown: np.clip(shown.astype(int) + 1, 0, 255).astype(np.uint8),
    "compressed": compress,
    "noise": with_noise,
    "shifted": lambda shown: np.roll(shown, 1, 1),
    "gamma": lambda shown: np.uint8(255 * (shown / 255) ** 0.9),
    "a corner blanked": lambda shown: np.where(np.indices((224, 224)).max(0)[..., None] < 20, 0, shown).astype(
        np.uint8
    ),
}


@pytest.mark.parametrize("change", COPIES.values(), ids=COPIES)
def test_a_copy_is_left_out(change):
    pictures = [Seen("a", "train", look_of(picture(1))), Seen("b", "test", look_of(change(picture(1))))]
    assert left_out(pictures) == {"a"} == set(in_two_splits(pictures))


def test_strangers_stay():
    pictures = [Seen(str(n), "train" if n % 2 else "test", look_of(picture(n))) for n in range(40)]
    assert left_out(pictures) == set()


def test_blank_pictures_give_nothing_away():
    colour = np.broadcast_to(np.uint8([26, 0, 0]), (224, 224, 3))
    assert is_blank(colour) and not is_blank(picture(1))
    assert left_out([Seen("a", "train", look_of(colour)), Seen("b", "test", look_of(colour))]) == set()


def test_a_picture_too_plain_to_be_hashed_is_like_an_equal_one_only():
    one, other = np.zeros((224, 224, 3), np.uint8), np.zeros((224, 224, 3), np.uint8)
    one[3, 3], other[50, 60] = 200, 200
    pictures = [Seen("a", "train", look_of(one)), Seen("b", "test", look_of(one)), Seen("c", "train", look_of(other))]
    assert left_out(pictures) == {"a"}


def seen(name, split, bits=0, seed=0):
    """A look that differs from that of its seed in the last bits."""
    signs = np.random.default_rng(seed).integers(0, 2, 256)
    signs[256 - bits :] ^= 1
    return Seen(name, split, np.packbits(signs).tobytes())


@pytest.mark.parametrize(
    ("splits", "out"),
    [
        (("train", "test"), {"0"}),
        (("validation", "test"), {"0"}),
        (("train", "validation"), {"0"}),
        (("train", "validation", "test"), {"0", "1"}),
        (("train", "train", "test"), {"0", "1"}),
        (("train", "train"), set()),
        (("test", "test"), set()),
    ],
)
def test_test_comes_before_validation_before_train_in_any_order(splits, out):
    pictures = [seen(str(n), split) for n, split in enumerate(splits)]
    for order in itertools.permutations(pictures):
        assert left_out(order) == out


def test_what_is_like_a_left_out_one_only_stays():
    far = MOST_BITS + 1
    pictures = [seen("a", "train"), seen("b", "validation", MOST_BITS), seen("c", "test", far + MOST_BITS)]
    for order in itertools.permutations(pictures):
        assert left_out(order) == {"a"}  # b is not like c
    pictures[2] = seen("c", "test", far)
    for order in itertools.permutations(pictures):
        assert left_out(order) == {"b"}  # so nothing that stays is like a


@pytest.mark.parametrize("old", ["train", "validation", "test"])
@pytest.mark.parametrize("new", ["train", "validation", "test"])
def test_what_is_published_stays(old, new):
    assert left_out([seen("b", new)], [seen("a", old)]) == ({"b"} if new != old else set())


def test_a_new_picture_is_not_measured_against_one_that_stays_out():
    published = [seen("a", "train")]
    assert left_out([seen("b", "test", 1), seen("c", "train", 2)], published) == {"b"}


def test_many_pictures_are_compared_in_parts(monkeypatch):
    monkeypatch.setattr("refrad2d.dataset.duplicates._CHUNK", 3)
    ones = [seen(f"a{n}", "train", seed=n) for n in range(10)]
    others = [seen(f"b{n}", "test", 5, seed=n) for n in (0, 4, 7, 9)]
    assert {found.id for found in like(ones, others)} == {"a0", "a4", "a7", "a9"}


def test_no_two_of_315_real_pictures_are_nearly_equal(shared):
    """Real pictures of other patients, many of one region; the nearest two differ in twice as many bits."""
    paths = sorted((shared / "data/vqa-rad/images").iterdir())
    signs = np.array([perceptual_hash(np.asarray(Image.open(path).convert("RGB"))) for path in paths])
    apart = (signs.shape[1] - signs @ signs.T) / 2
    assert len(paths) == 315 and apart[np.triu_indices(len(paths), 1)].min() > 2 * MOST_BITS


def test_a_digest_is_of_what_is_shown_and_a_blank_picture_has_none():
    shown = picture(0)
    assert digest_of(shown) == digest_of(shown.copy()) != digest_of(picture(1))
    assert digest_of(np.full((4, 4, 3), 7, np.uint8)) == ""
