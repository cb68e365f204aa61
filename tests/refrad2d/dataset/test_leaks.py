"""Near-duplicates: copies are found across splits and in benchmarks, strangers and flat pictures are not."""

import io

import numpy as np
import pytest
from PIL import Image

from refrad2d.dataset.leaks import (
    LEAK_HEADER,
    MAX_DISTANCE,
    Hashed,
    count_leaks,
    find_matches,
    hash_folder,
    leak_rows,
    near_duplicates,
    perceptual_hash,
)
from refrad2d.dataset.writers import ParquetShards
from refrad2d.samples import png
from refrad2d.schema import arrow_schema
from refrad2d.system.files import read_json
from refrad2d.system.markdown import table


def picture(seed):
    """A smooth random picture, as anatomy is."""
    cells = np.random.default_rng(seed).integers(0, 256, (12, 12), dtype=np.uint8)
    return Image.fromarray(cells).resize((224, 224), Image.Resampling.BICUBIC)


def bits(one, other):
    (found,) = find_matches(*(perceptual_hash(np.asarray(p))[None] for p in (one, other)), most_bits=256)
    return found.bits


def compress(image):
    out = io.BytesIO()
    image.save(out, "JPEG", quality=40)
    return Image.open(out)


COPIES = {
    "compressed": compress,
    "resized": lambda image: image.resize((512, 300)),
    "brighter": lambda image: image.point(lambda v: min(255, int(v * 1.1))),
    "another window": lambda image: image.point(lambda v: max(0, min(255, int((v - 30) * 1.4)))),
    "in colour": lambda image: image.convert("RGB"),
}


@pytest.mark.parametrize("change", COPIES.values(), ids=COPIES)
def test_a_copy_is_near(change):
    assert bits(picture(1), change(picture(1))) <= MAX_DISTANCE


def test_strangers_are_far():
    assert min(bits(picture(1), picture(seed)) for seed in range(2, 20)) > MAX_DISTANCE


def test_a_flat_picture_is_like_nothing():
    flat = Image.new("L", (64, 64), 7)
    assert find_matches(*[perceptual_hash(np.asarray(flat))[None]] * 2) == []


def hashed(name, split, different=0):
    """An invented hash that differs from the first one in some bits."""
    values = np.where(np.arange(256) % 2, 1.0, -1.0).astype(np.float32)
    values[:different] *= -1
    return Hashed(name, split, values)


def test_pairs_are_found_across_splits_only():
    rows = [hashed("a", "train"), hashed("b", "test", 2), hashed("c", "train", 3)]
    assert near_duplicates(rows) == [("c", "b", 1), ("a", "b", 2)]


def test_the_limit_is_kept():
    rows = [hashed("a", "train"), hashed("b", "test", MAX_DISTANCE), hashed("c", "test", MAX_DISTANCE + 1)]
    assert near_duplicates(rows) == [("a", "b", MAX_DISTANCE)]


def write_slices(folder, split, seeds):
    """Slices of a split whose pictures come from these seeds."""
    from tests.refrad2d.operations.test_verify import make_row

    mask = np.zeros((48, 64), np.uint8)
    mask[10:30, 5:40] = 5
    writer = ParquetShards(folder, f"slices-{split}", arrow_schema("slices"))
    for n, seed in enumerate(seeds):
        image = {"bytes": png(np.asarray(picture(seed))), "path": None}
        writer.write({**make_row(f"{split}{n}", f"{split}{n}", mask), "image": image, "mask": None})
    writer.close()


def test_a_dataset_is_counted_by_split_and_benchmark(tmp_path):
    write_slices(tmp_path / "data", "train", [1, 2])
    write_slices(tmp_path / "data", "test", [2, 3])
    (tmp_path / "marks" / "slake").mkdir(parents=True)
    compress(picture(3)).save(tmp_path / "marks" / "slake" / "x.png")
    (tmp_path / "marks" / "notes.txt").write_text("no picture")
    found = leak_rows(count_leaks((tmp_path / "data").glob("slices-*.parquet"), tmp_path / "marks"))
    assert found == [
        ["train, test", 2, 2, 1, 1],
        ["train, slake", 2, 1, 0, 0],
        ["test, slake", 2, 1, 1, 1],
    ]


def test_a_folder_without_pictures_is_refused(tmp_path):
    with pytest.raises(ValueError, match="holds no"):
        list(hash_folder(tmp_path))


def test_the_card_of_a_build_states_what_was_counted(dataset):
    leaks = count_leaks((dataset / "refrad2d" / "data").glob("slices-*.parquet"))
    stated = table(LEAK_HEADER, leak_rows(leaks)) if leaks else "One split only."
    assert read_json(dataset / "stats.json")["leaks"] == leaks
    assert stated in (dataset / "refrad2d" / "README.md").read_text(encoding="utf-8")
