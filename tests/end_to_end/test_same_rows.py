"""A small export of many kinds of files gives the rows, pixels, boxes and texts that it gave before the build streamed.

python -m tests.end_to_end.test_same_rows      # writes the expected file anew, after a change that is meant
"""

import hashlib
import json
import sys
import tempfile
from pathlib import Path

import nibabel
import numpy as np
import pyarrow.parquet as pq
import pytest
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence
from pydicom.uid import EnhancedCTImageStorage, JPEG2000Lossless, RLELossless

from refrad2d.samples import read_png, read_samples
from refrad2d.system.files import read_json, write_json
from tests.fixtures.dicom_files import make_slice, write_slice
from tests.fixtures.paths import ROOT
from tests.fixtures.tiny_exports import TEST, TRAIN, VALIDATION, run, uid, work_here, write_key, write_study

EXPECTED = ROOT / "tests/fixtures/data/same_rows.json"


def pictures(seed: int, count: int) -> np.ndarray:
    """(count, 64, 64) uint16 of a body in noise."""
    draw = np.random.default_rng(seed)
    body = draw.integers(950, 1100, (count, 64, 64), dtype=np.uint16)
    body[:, :9] = 20
    return body


def _places(count: int) -> Sequence:
    items = [Dataset() for _ in range(count)]
    for k, item in enumerate(items):
        place = Dataset()
        place.ImagePositionPatient = [-8, -8, 5 * k]
        item.PlanePositionSequence = Sequence([place])
    return Sequence(items)


def write_enhanced(path: Path, patient: str, syntax: str = "", **elements) -> None:
    """A file of 20 frames: more than one task of the reader of burnt-in text."""
    frames = pictures(len(patient) + len(elements), 20)
    about = {
        "SOPClassUID": EnhancedCTImageStorage,
        "PatientID": patient,
        "StudyInstanceUID": uid("study", patient, path.name),
        "PatientAge": None,
    }
    dataset = make_slice(pixels=frames[0], **{**about, **elements})
    dataset.SeriesInstanceUID, dataset.SOPInstanceUID = uid("series", path.name), uid("file", path.name)
    dataset.NumberOfFrames, dataset.PixelData = len(frames), frames.tobytes()
    dataset.PerFrameFunctionalGroupsSequence = _places(len(frames))
    del dataset.ImagePositionPatient
    if syntax:
        dataset.compress(syntax, generate_instance_uid=False)
    path.parent.mkdir(parents=True, exist_ok=True)
    dataset.save_as(path, enforce_file_format=True)
    mask = np.zeros((64, 64, len(frames)), np.uint8)
    mask[20:40, 10:30, 1:] = 5  # liver
    affine = np.array([[-1, 0, 0, 8], [0, -1, 0, 8], [0, 0, 5, 0], [0, 0, 0, 1]], float)
    nibabel.save(nibabel.Nifti1Image(mask, affine), path.parents[2] / "masks" / f"{dataset.SeriesInstanceUID}.nii.gz")


def write_export(root: Path) -> None:
    """Classic and multi-frame files, packed and padded, NIfTI, copies, and what is no image."""
    for patient in (*TRAIN[:2], VALIDATION[0], TEST[0]):
        write_study(root, patient, "first")
    dicom = root / "dicom"
    write_enhanced(dicom / "x" / "raw", TRAIN[0])
    write_enhanced(dicom / "x" / "packed", TRAIN[1], JPEG2000Lossless)
    write_enhanced(dicom / "x" / "padded", TRAIN[2], RLELossless, PixelPaddingValue=20)
    write_enhanced(dicom / "x" / "inverted", TEST[1], Modality="MR", PhotometricInterpretation="MONOCHROME1",
                   SOPClassUID="1.2.840.10008.5.1.4.1.1.4.1")  # fmt: skip
    for k, picture in enumerate(pictures(9, 4)):
        write_slice(dicom / f"y{k % 2}" / f"IM{k}", k, pixels=picture, PatientID=TEST[2], StudyInstanceUID=uid("far"),
                    SeriesInstanceUID=uid("apart"), PatientAge=None)  # fmt: skip
    (dicom / "y1" / "copy").write_bytes((dicom / "y0" / "IM0").read_bytes())
    (dicom / "notes.txt").write_text("nothing")
    (dicom / "broken").write_bytes((dicom / "y0" / "IM2").read_bytes()[:700])
    (dicom / "cut").write_bytes((dicom / "y0" / "IM2").read_bytes()[:-100])
    volume = pictures(4, 18).transpose(2, 1, 0).astype(np.int16) - np.int16(1024)
    volume[0, 40] = 1500  # bone
    nibabel.save(nibabel.Nifti1Image(volume, np.diag([-1.0, -1.0, 5.0, 1.0])), dicom / "volume.nii.gz")
    write_row = "{},{},de,Die Leber ist glatt.\n".format
    studies = [*((TRAIN[n], uid("study", TRAIN[n], name)) for n, name in enumerate(("raw", "packed", "padded"))),
               (TEST[1], uid("study", TEST[1], "inverted")), (TEST[2], uid("far"))]  # fmt: skip
    with (root / "reports.csv").open("a", encoding="utf-8") as file:
        file.writelines(write_row(study, patient) for patient, study in studies)


def digest(value: object) -> str:
    """A short hash of pixels or of JSON."""
    data = value.tobytes() if isinstance(value, np.ndarray) else json.dumps(value, sort_keys=True).encode()
    return hashlib.sha256(data).hexdigest()[:16]


def contents(out: Path) -> dict:
    """What a dataset holds, in its order: ids, splits, boxes and texts of rows, decoded pictures, samples, counts."""
    found: dict = {"rows": [], "samples": [], "files": []}
    for path in sorted((out / "refrad2d" / "data").glob("*.parquet")):
        for row in pq.read_table(path).to_pylist():
            mask = read_png(row["mask"]["bytes"]) if row["mask"] else None
            about = {name: row[name] for name in ("patient", "study", "series", "objects", "plane", "spacing")}
            texts = {language: report and report["findings"] for language, report in row["report"].items()}
            pixels = [digest(read_png(row["image"]["bytes"])), None if mask is None else digest(mask)]
            found["rows"].append([path.name, row["id"], digest(about), digest(texts), *pixels])
    for path in sorted((out / "refrad2d-wds").glob("*.tar")):
        for key, sample in read_samples(path):
            facts = json.loads(sample["json"])
            scale = [facts["slope"], facts["intercept"]]
            found["samples"].append([path.name, key, sorted(sample), scale, digest(read_png(sample["pixels.png"]))])
    found["files"] = [
        [line["root"], line["n"], line["reason"]] for line in map(json.loads, (out / "accounting.jsonl").open())
    ]
    return found


def build(root: Path, *options: str) -> dict:
    """The contents of a build of the export."""
    write_export(root)
    write_key(root)
    extra = ["--burnt-in-text", "keep", "--head", "keep", "--modality", "CT"]
    assert run("build", *extra, *options, root=root, month=root, out=root / "out") == 0
    return contents(root / "out")


def test_rows_pixels_boxes_and_texts_are_what_they_were(tmp_path, monkeypatch):
    work_here(monkeypatch)
    found, expected = build(tmp_path), read_json(EXPECTED)
    for name, lines in expected.items():
        assert found[name] == lines, name


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patched:
        work_here(patched)
        write_json(EXPECTED, build(Path(folder)))
    sys.exit(0)
