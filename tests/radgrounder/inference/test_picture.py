"""The one reader of pictures: what each kind of file becomes."""

import io
import struct
import subprocess
import sys
import zlib

import numpy as np
import pytest
from PIL import Image
from pydicom import dcmread

from radgrounder.inference.picture import Original, open_picture, read_original
from refrad2d.images.sources import Unreadable
from refrad2d.windows import picture_to_rgb, windows
from tests.fixtures.paths import ROOT

RAMP = (np.arange(30 * 40).reshape(30, 40) * 7 % 251).astype(np.uint8)
COLOURS = np.stack([RAMP, RAMP[::-1], RAMP[:, ::-1]], axis=-1)
SLICE = ROOT / "space/examples/abdomen.dcm"
ORIENTATION = 0x0112  # the tag of EXIF


def as_bytes(picture, **options):
    file = io.BytesIO()
    picture.save(file, **{"format": "PNG", **options})
    return file.getvalue()


def test_a_palette_keeps_its_colours():
    palette = Image.fromarray(COLOURS).convert("P", palette=Image.Palette.ADAPTIVE)
    values = read_original(as_bytes(palette)).values
    assert np.array_equal(values, np.asarray(palette.convert("RGB"))) and np.ptp(values, axis=-1).max() > 50


def test_a_palette_of_greys_gives_the_model_the_grey_picture():
    palette = Image.fromarray(RAMP // 2).convert("P", palette=Image.Palette.ADAPTIVE)
    assert np.array_equal(read_original(as_bytes(palette)).model_image, picture_to_rgb(RAMP // 2))


def test_sixteen_bits_keep_their_depth():
    deep = RAMP.astype(np.uint16) * 250
    assert np.array_equal(read_original(as_bytes(Image.fromarray(deep))).values, deep)


@pytest.mark.parametrize("mode", ["RGBA", "LA", "P"])
def test_what_is_transparent_shows_white(mode):
    picture = Image.fromarray(COLOURS).convert("L" if mode == "LA" else "RGB")
    clear = picture.copy()
    clear.putalpha(Image.fromarray(np.where(RAMP > 100, 255, 0).astype(np.uint8)))
    clear = clear.quantize(200) if mode == "P" else clear
    values = read_original(as_bytes(clear)).values
    assert (values[RAMP <= 100] == 255).all() and values.ndim == (2 if mode == "LA" else 3)
    assert np.abs(values[RAMP > 100].astype(int) - np.asarray(picture)[RAMP > 100]).mean() < (20 if mode == "P" else 1)


def test_a_grey_value_that_is_named_transparent_shows_white():
    data = as_bytes(Image.fromarray(RAMP), transparency=7)
    assert np.array_equal(read_original(data).values, np.where(RAMP == 7, 255, RAMP))


def test_one_bit_is_black_and_white():
    values = read_original(as_bytes(Image.fromarray(RAMP > 100))).values
    assert np.array_equal(values, np.where(RAMP > 100, 255, 0))


def test_cmyk_becomes_rgb():
    assert read_original(as_bytes(Image.fromarray(COLOURS).convert("CMYK"), format="JPEG")).values.shape == (30, 40, 3)


@pytest.mark.parametrize("picture", [RAMP, COLOURS, RAMP.astype(np.uint16) * 200], ids=["grey", "colour", "deep"])
def test_what_a_camera_turned_is_turned_back(picture):
    exif = Image.Exif()
    exif[ORIENTATION] = 6  # the picture is to be turned by 90 degrees clockwise
    values = read_original(as_bytes(Image.fromarray(picture), exif=exif)).values
    assert np.array_equal(values, np.rot90(picture, -1))


def test_a_ct_slice_goes_through_the_windows_of_training():
    original = read_original(SLICE.read_bytes())
    assert (original.modality, original.plane, original.aspect) == ("CT", "axial", 1.0)
    assert np.array_equal(original.model_image, windows(original.values, "CT"))


def test_boxes_refer_to_the_picture_as_opened(tmp_path):
    Image.fromarray(RAMP).save(tmp_path / "a.png")
    opened = open_picture(tmp_path / "a.png")
    assert (opened.width, opened.height, opened.image.size) == (40, 30, (224, 224))


@pytest.mark.parametrize("data", [b"", b"no picture at all", as_bytes(Image.fromarray(RAMP))[:60]])
def test_what_is_no_picture_is_refused(tmp_path, data):
    (tmp_path / "a.png").write_bytes(data)
    with pytest.raises(ValueError, match="a.png is no picture. Give a PNG, JPEG or DICOM file"):
        open_picture(tmp_path / "a.png")


def claiming(side):
    """The bytes of a PNG that says to have so many pixels a side."""
    data = as_bytes(Image.fromarray(RAMP))
    header = data[12:16] + struct.pack(">II", side, side) + data[24:29]
    return data[:12] + header + struct.pack(">I", zlib.crc32(header)) + data[33:]


@pytest.mark.parametrize(
    ("data", "reason", "message"),
    [
        (as_bytes(Image.fromarray(RAMP[:1])), "too_small", "a.png has a side of fewer than 2 pixels. Give a larger"),
        (
            as_bytes(Image.fromarray(RAMP[:1, :1])),
            "too_small",
            "a.png has a side of fewer than 2 pixels. Give a larger",
        ),
        (claiming(20000), "too_large", "a.png has more than 178956970 pixels. Give a smaller picture"),
    ],
)
def test_a_picture_out_of_bounds_is_told_which(tmp_path, data, reason, message):
    with pytest.raises(Unreadable, match=reason):
        read_original(data)
    (tmp_path / "a.png").write_bytes(data)
    with pytest.raises(ValueError, match=message):
        open_picture(tmp_path / "a.png")


def test_a_file_that_is_not_there_is_said_so(tmp_path):
    with pytest.raises(ValueError, match="a.png does not exist. Give a PNG, JPEG or DICOM file"):
        open_picture(tmp_path / "a.png")


def test_dicom_that_is_no_slice_says_why(tmp_path):
    header = dcmread(SLICE)
    header.Modality = "US"
    header.save_as(tmp_path / "IM", enforce_file_format=True)
    with pytest.raises(ValueError, match=r"IM is no CT or MR slice \(not_a_ct_or_mr_image\)"):
        open_picture(tmp_path / "IM")


def test_a_stranger_can_be_bound_to_formats_and_pixels():
    with pytest.raises(Unreadable, match="no_picture"):
        read_original(as_bytes(Image.fromarray(RAMP), format="BMP"), formats=("PNG", "JPEG"))
    with pytest.raises(Unreadable, match="too_large"):
        read_original(as_bytes(Image.fromarray(RAMP)), max_pixels=30 * 40 - 1)


def test_a_picture_without_modality_is_scaled_to_its_range():
    assert np.array_equal(Original(RAMP).model_image, picture_to_rgb(RAMP))


def test_reading_pictures_loads_no_torch():
    check = (
        "import sys, radgrounder.inference.picture; sys.exit('torch' in sys.modules or 'transformers' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", check], check=False).returncode == 0
