"""The real TotalSegmentator, from `refrad2d build` to unified masks and findings, with tiny models in its layout of weights.

Wants build/segment, an environment that `make segmenter` makes.
"""

import json
import os
import subprocess

import numpy as np
import pytest

from refrad2d import load
from refrad2d.cli import main
from tests.fixtures.dicom_files import write_slice
from tests.fixtures.paths import ROOT

BIN = ROOT / "build" / "segment" / "bin"
MODELS = [["total", 297, "liver", 50.0], ["liver_lesions", 591, "liver_lesions", 200.0]]  # brighter than so many HU


@pytest.mark.skipif(
    not (BIN / "TotalSegmentator").exists(), reason="build/segment is not there; make segmenter makes it"
)
def test_a_build_segments_organs_and_findings(tmp_path, monkeypatch):
    made = [BIN / "python", ROOT / "tests" / "fixtures" / "tiny_nnunet.py", tmp_path / "weights", json.dumps(MODELS)]
    subprocess.run(made, check=True, capture_output=True, timeout=300)
    pixels = np.full((24, 40, 40), 924, np.uint16)  # -100 HU
    pixels[4:20, 10:30, 8:32] = 1124  # a liver of 100 HU
    pixels[8:12, 14:20, 12:18] = pixels[14:18, 20:26, 24:30] = 1400  # and two lesions in it
    for k, shown in enumerate(pixels):
        position = {"ImagePositionPatient": [0, 0, 3 * k], "PixelSpacing": [3, 3], "SliceThickness": 3}
        write_slice(tmp_path / "export" / f"{k:02d}", k, pixels=shown + np.uint16(k), **position)
    table = "StudyInstanceUID,language,report\n,de,Die Leber zeigt zwei Läsionen.\n"
    (tmp_path / "reports.csv").write_text(table, encoding="utf-8")
    monkeypatch.setenv("PATH", f"{BIN}:{os.environ['PATH']}")
    monkeypatch.setenv("TOTALSEG_WEIGHTS_PATH", str(tmp_path / "weights"))
    arguments = ["build", tmp_path / "export", "--reports", tmp_path / "reports.csv", "--out", tmp_path / "out"]
    arguments += ["--segmenter", "totalsegmentator", "--fast", "--device", "cpu", "--findings", "liver_lesions"]
    assert main([*map(str, arguments), "--burnt-in-text", "keep", "--workers", "1"]) == 0
    volumes = next(iter(load("volumes", root=tmp_path / "out").values()))
    (liver,) = volumes
    assert liver["label"] == "liver" and liver["segmenter"] == "totalsegmentator"
    assert np.abs(np.array(liver["voxel_box"]) - (8, 10, 4, 32, 30, 20)).max() <= 1
    rows = [row for split in load("grounded", root=tmp_path / "out").values() for row in split]
    found = [found for row in rows for found in row["findings"]]
    assert rows and found and {one["label"] for one in found} == {"liver_lesion"}
