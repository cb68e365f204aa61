"""The archive is what the webdataset library expects: it groups our members into samples."""

import io
import json

import numpy as np
import pytest
from PIL import Image

from refrad2d import load

webdataset = pytest.importorskip("webdataset", reason="webdataset is not installed")


def test_webdataset_reads_the_archive(dataset):
    shards = sorted(map(str, (dataset / "refrad2d-wds").glob("validation-*.tar")))
    samples = {sample["__key__"]: sample for sample in webdataset.WebDataset(shards, shardshuffle=False)}
    rows = {row["id"]: row for row in load("grounded", root=str(dataset), split="validation")}
    assert samples.keys() >= rows.keys() > set()
    for key, row in rows.items():
        assert json.loads(samples[key]["json"])["objects"] == row["objects"]
        assert np.array_equal(Image.open(io.BytesIO(samples[key]["mask.png"])), row["mask"])
