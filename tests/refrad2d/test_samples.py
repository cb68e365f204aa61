"""Members of the archive: what is made reads back, and a new one is one line of the table."""

import io
import zlib

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from refrad2d import samples
from refrad2d.dataset.writers import TarShards
from refrad2d.operations.encoding_checks import check_png
from refrad2d.samples import MEMBERS, Member, Native, decode, encode, make_image, parse_member, png, read_samples
from refrad2d.windows import windows

PIXELS = np.arange(12, dtype=np.uint16).reshape(3, 4) * 100
MASK = np.zeros((3, 4), np.uint8)
ROW = {"id": "a", "modality": "CT", "slope": 1.0, "intercept": -1024.0}


def test_a_sample_reads_back_as_it_was_made():
    read = decode(encode(Native(ROW, PIXELS, png(MASK))))
    assert read["json"] == ROW and np.array_equal(read["pixels"], PIXELS) and np.array_equal(read["mask"], MASK)


def test_a_slice_without_mask_has_no_member_for_it():
    sample = encode(Native(ROW, PIXELS, None))
    assert list(sample) == ["json", "pixels.png"] and decode(sample)["mask"] is None


def test_pixels_of_sixteen_bits_are_lossless():
    extremes = np.array([[0, 65535]], np.uint16)
    assert np.array_equal(samples.read_png(png(extremes)), extremes)


@given(
    st.integers(1, 9),
    st.integers(1, 9),
    st.sampled_from([(np.uint16, ()), (np.uint8, ()), (np.uint8, (3,))]),
    st.integers(),
)
def test_plain_pillow_reads_what_was_written_and_nothing_else_is_there(rows, columns, kind, seed):
    dtype, channels = kind
    rng = np.random.default_rng(abs(seed))
    picture = rng.integers(0, np.iinfo(dtype).max, (rows, columns, *channels), dtype, endpoint=True)
    for some in (picture, picture[::-1], np.asfortranarray(picture)):
        shown = Image.open(io.BytesIO(png(some)))
        assert np.array_equal(np.asarray(shown), some) and check_png(png(some))
        assert shown.mode == ("RGB" if channels else "I;16" if dtype == np.uint16 else "L") and not shown.info
    out = io.BytesIO()
    Image.fromarray(picture).save(out, "PNG", compress_level=1)  # as format 3 wrote them
    assert np.array_equal(samples.read_png(out.getvalue()), samples.read_png(png(picture)))


@pytest.mark.parametrize("seed", range(40))
def test_zlib_ng_writes_the_bytes_of_zlib(monkeypatch, seed):
    faster = pytest.importorskip("zlib_ng", reason="zlib-ng is not installed").zlib_ng
    draw = np.random.default_rng(seed)
    sides = draw.integers(1, 700, 2)
    flat = draw.integers(0, (2, 20, 255, 4000)[seed % 4], sides)
    runs = np.repeat(flat[: sides[0] // 8 + 1], 8, axis=0)[: sides[0]]
    for some in (flat, runs, np.repeat(runs, 5, axis=1), np.zeros(sides)):
        for picture in (some.astype(np.uint16), some.astype(np.uint8), np.stack([some] * 3, axis=-1).astype(np.uint8)):
            written = []
            for module in (faster, zlib):
                monkeypatch.setattr(samples, "deflate", module)
                written.append(png(picture))
            assert written[0] == written[1]


def test_the_faster_writer_makes_no_larger_files():
    noise = np.random.default_rng(0).normal(1000, 20, (512, 512)).astype(np.uint16)
    out = io.BytesIO()
    Image.fromarray(noise).save(out, "PNG", compress_level=1)
    assert len(png(noise)) < 1.02 * len(out.getvalue())


@pytest.mark.parametrize(
    ("name", "parsed"),
    [
        ("a1_-b.pixels.png", ("a1_-b", "pixels.png")),
        ("a.json", ("a", "json")),
        ("a.secret.txt", None),
        ("A.json", None),
        (".json", None),
        ("x/a.json", None),
    ],
)
def test_names_of_members(name, parsed):
    assert parse_member(name) == parsed


def test_samples_are_read_in_order_with_their_keys(tmp_path):
    writer = TarShards(tmp_path, "train")
    for key in ("b", "a"):
        writer.write(key, encode(Native({**ROW, "id": key}, PIXELS, None)))
    (shard,) = writer.close()
    assert [(key, decode(sample)["json"]["id"]) for key, sample in read_samples(shard)] == [
        ("b", "b"),
        ("a", "a"),
    ]


def test_the_image_is_that_of_the_windows():
    assert np.array_equal(make_image(PIXELS, ROW), windows(PIXELS - np.float32(1024), "CT"))


def test_a_new_member_is_one_line_of_the_table(monkeypatch):
    """It is written, read, and its name is known to `verify`."""
    shape = Member("shape.txt", lambda native: repr(native.pixels.shape).encode(), bytes.decode)
    monkeypatch.setattr(samples, "MEMBERS", (*MEMBERS, shape))
    assert decode(encode(Native(ROW, PIXELS, None)))["shape"] == "(3, 4)"
    assert parse_member("a.shape.txt") == ("a", "shape.txt")
