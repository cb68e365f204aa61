"""One tar shard against what the row files said of its slices; whole datasets are in test_verify."""

import hashlib
import io
import tarfile

import numpy as np
import pytest

from refrad2d.operations.archive_checks import check_archive
from refrad2d.operations.row_checks import Dataset, Sample, array_digest, digest, plain
from refrad2d.samples import Native, encode, make_image, png

ROW = {"id": "a", "modality": "CT", "slope": 1.0, "intercept": -1024.0}
PIXELS = np.arange(900, 1156, dtype=np.uint16).reshape(16, 16)
MASK = png(np.zeros((16, 16), np.uint8))
SHARD = "refrad2d-wds/train-00000-of-00001.tar"


@pytest.fixture
def dataset(tmp_path):
    known = Sample(
        split="train", patient="p", row=digest(plain(ROW)), grounded="", image="", is_grounded=False, is_blank=False,
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
