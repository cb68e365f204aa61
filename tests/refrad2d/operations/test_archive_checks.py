"""One tar shard against what the row files said of its slices; whole datasets are in test_verify."""

import hashlib
import io
import tarfile

import numpy as np
import pytest
from PIL import Image
from PIL.PngImagePlugin import PngInfo

from refrad2d.operations.archive_checks import check_archive
from refrad2d.operations.row_checks import Dataset, Sample, array_digest, digest, plain
from refrad2d.samples import Native, encode, make_image, png
from tests.fixtures.tiny_dataset import make_row

DRAWN = make_row(0, "p", (10, 20, 50, 60))
ROW = {name: value for name, value in DRAWN.items() if name not in ("image", "mask")} | {"id": "a"}
ROW |= {"slope": 1.0, "intercept": -1024.0}
PIXELS = np.arange(900, 1156, dtype=np.uint16).reshape(16, 16)
MASK = png(np.zeros((16, 16), np.uint8))
SHARD = "refrad2d-wds/train-00000-of-00001.tar"


@pytest.fixture
def dataset(tmp_path):
    known = Sample(
        split="train", patient="p", study="t", series="r", look=b"", row=digest(plain(ROW)), grounded="", image="", is_grounded=False, is_blank=False,
        pixels=array_digest(make_image(PIXELS, ROW)), mask=hashlib.sha256(MASK).hexdigest(), turns=(),
    )  # fmt: skip
    return Dataset(tmp_path, {}, samples={"a": known})


def kinds_in(dataset, members):
    path = dataset.root / SHARD
    path.parent.mkdir(parents=True, exist_ok=True)
    with tarfile.open(path, "w", format=tarfile.USTAR_FORMAT) as tar:
        for name, data in members:
            info = tarfile.TarInfo(name)
            info.size = len(data)
            tar.addfile(info, io.BytesIO(data))
    return [fault.kind for fault in check_archive(dataset)]


def members(row=ROW, pixels=PIXELS, mask=MASK, key="a"):
    return [(f"{key}.{extension}", data) for extension, data in encode(Native(row, pixels, mask)).items()]


def test_a_sound_sample_has_no_fault(dataset):
    assert kinds_in(dataset, members()) == [] and dataset.rows["archive"]["train"] == 1


def test_a_slice_that_stands_in_no_shard_is_missing(dataset):
    assert kinds_in(dataset, []) == ["missing_sample"]


@pytest.mark.parametrize(
    ("damaged", "kind"),
    [
        (members()[:-1], "missing_member"),
        ([*members(), members()[0]], "duplicate_member"),
        ([*members(), ("a.secret.txt", b"x")], "member_name"),
        ([*members(), *members(key="b")], "extra_sample"),
        (members(pixels=PIXELS[::-1].copy()), "image_differs"),
        (members(mask=png(np.ones((16, 16), np.uint8))), "mask_differs"),
        (members(row={**ROW, "modality": "MR"}), "row_differs"),
        (members(row={**ROW, "slope": True}), "row_differs"),
    ],
)
def test_what_differs_from_the_rows_is_named(dataset, damaged, kind):
    assert kind in kinds_in(dataset, damaged)


def test_a_file_that_is_no_archive_is_unreadable(dataset):
    (dataset.root / SHARD).parent.mkdir(parents=True)
    (dataset.root / SHARD).write_bytes(b"no archive" * 100)
    assert "unreadable" in [fault.kind for fault in check_archive(dataset)]


def with_text(encoded, **more):
    """A picture with a text chunk, or what else PIL is told to write."""
    out = io.BytesIO()
    Image.open(io.BytesIO(encoded)).save(out, "PNG", **more)
    return out.getvalue()


def named_person():
    text = PngInfo()
    text.add_text("Patient", "Hans Testmann")
    return text


def exif():
    about = Image.Exif()
    about[0x010E] = "Hans Testmann"
    return about


@pytest.mark.parametrize("place", [1, 2])
@pytest.mark.parametrize(
    "change",
    [
        lambda data: with_text(data, pnginfo=named_person()),
        lambda data: with_text(data, exif=exif()),
        lambda data: with_text(data, dpi=(72, 72)),
        lambda data: data + b"Hans Testmann",
    ],
)
def test_pictures_hold_pixels_only(dataset, place, change):
    damaged = members()
    damaged[place] = (damaged[place][0], change(damaged[place][1]))
    assert "picture_encoding" in kinds_in(dataset, damaged)


@pytest.mark.parametrize(
    "change",
    [
        lambda data: data[:-1] + b', "Hans": null}',
        lambda data: data.replace(b'"id":', b'"comment": null, "id":'),
        lambda data: data.replace(b'"origin":', b'"author": null, "origin":'),
        lambda data: data + b"\n",
        lambda data: b'{"id": "Hans", ' + data[1:],
    ],
)
def test_the_json_of_a_sample_has_our_fields_and_form(dataset, change):
    damaged = members()
    damaged[0] = (damaged[0][0], change(damaged[0][1]))
    assert "json_form" in kinds_in(dataset, damaged)
