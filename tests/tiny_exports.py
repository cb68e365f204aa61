"""Exports of a few tiny invented patients, for the tests of what comes after a build."""

import csv
import hashlib
import os
import shutil
from pathlib import Path

import nibabel
import numpy as np
from dicom_files import write_slice
from pydicom.uid import generate_uid

from refrad2d.cli import main
from refrad2d.dataset.splits import split_of
from refrad2d.system.pseudonyms import pseudonym

KEY = bytes(range(32))
SLICES = 3


def patient_name(patient: str) -> str:
    """The pseudonym of a PatientID under KEY."""
    return pseudonym(KEY, "patient", patient)


def patients_of(split: str, count: int) -> list[str]:
    """PatientIDs that fall into a split."""
    names = (f"PID{n}" for n in range(1000))
    return [name for name in names if split_of(patient_name(name), KEY) == split][:count]


TRAIN, VALIDATION, TEST = (patients_of(split, 3) for split in ("train", "validation", "test"))


def uid(*parts: str) -> str:
    return generate_uid(entropy_srcs=list(parts))


def write_study(root: Path, patient: str, study: str, *, pixels_of: str = "") -> None:
    """Three slices with a liver, their mask, and a row of reports.csv. `pixels_of` lends the pictures of another study."""
    seed = int.from_bytes(hashlib.sha256((pixels_of or patient + study).encode()).digest()[:4], "big")
    draw, series = np.random.default_rng(seed), uid("series", patient, study)
    mask = np.zeros((16, 16, SLICES), np.uint8)
    for k in range(SLICES):
        left, top = draw.integers(2, 6, 2)
        mask[left : left + 7, top : top + 7, k] = 5  # liver, in TotalSegmentator's numbers
        pixels = draw.integers(900, 1000, (16, 16), dtype=np.uint16) + 120 * (mask[:, :, k].T > 0).astype(np.uint16)
        write_slice(
            root / "dicom" / patient / study / f"IM{k}", k, pixels=pixels, PatientID=patient,
            StudyInstanceUID=uid("study", patient, study), SeriesInstanceUID=series,
            SOPInstanceUID=uid("slice", patient, study, str(k)), PatientAge=None,
        )  # fmt: skip
    (root / "masks").mkdir(exist_ok=True)
    affine = np.array([[-1, 0, 0, 8], [0, -1, 0, 8], [0, 0, 5, 0], [0, 0, 0, 1]], float)
    nibabel.save(nibabel.Nifti1Image(mask, affine), root / "masks" / f"{series}.nii.gz")
    new = not (root / "reports.csv").exists()
    with (root / "reports.csv").open("a", newline="", encoding="utf-8") as file:
        rows = csv.writer(file)
        if new:
            rows.writerow(["StudyInstanceUID", "PatientID", "language", "report"])
        rows.writerow([uid("study", patient, study), patient, "de", "Die Leber ist glatt."])


def write_key(root: Path) -> Path:
    root.mkdir(parents=True, exist_ok=True)
    (root / "key").write_text(KEY.hex())
    return root / "key"


def run(command: str, *arguments, root: Path, month: Path, out: Path) -> int:
    """`refrad2d build` or `append` on a month's export, with the key in `root`."""
    place = ["build", month / "dicom", "--out", out] if command == "build" else ["append", out, month / "dicom"]
    options = ["--reports", month / "reports.csv", "--masks", month / "masks", "--key-file", root / "key"]
    fast = ["--burnt-in-text", "keep", "--head", "keep"]
    workers = [] if "--workers" in arguments else ["--workers", 1]
    return main([str(a) for a in (*place, *options, *fast, *workers, *arguments)])


def digest(folder: Path) -> dict[str, str]:
    """SHA-256 of every file below a folder, by relative path."""
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def rows_of(out: Path) -> dict[str, dict]:
    """All rows of the `slices` files by id, without their pictures."""
    import pyarrow.parquet as pq

    columns = ["id", "patient", "study", "series", "objects", "report", "vqa", "site"]
    tables = (pq.read_table(path, columns=columns) for path in sorted((out / "refrad2d" / "data").glob("*.parquet")))
    found = [row for table in tables for row in table.to_pylist()]
    assert len({row["id"] for row in found}) == len(found)
    return {row["id"]: row for row in found}


DEEDS = ("replace", "rename", "unlink", "rmdir")


def die_at(step: int, work) -> bool:
    """Run `work` in a forked child that is gone, without cleaning up, before its step-th rename or deletion.

    True if it died, False if it came to its end.
    """
    child = os.fork()
    if child == 0:
        count = 0

        def counted(deed):
            def call(*arguments, **options):
                nonlocal count
                count += 1
                if count == step:
                    os._exit(9)
                return deed(*arguments, **options)

            return call

        for name in DEEDS:
            setattr(os, name, counted(getattr(os, name)))
        try:
            work()
            os._exit(0)
        finally:
            os._exit(1)
    code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    assert code in (0, 9)
    return code == 9


def make_first(root: Path) -> Path:
    """A month of four patients, one of them in validation and one in test, and the dataset of it: month1, dataset."""
    write_key(root)
    for patient in (*TRAIN[:2], VALIDATION[0], TEST[0]):
        write_study(root / "month1", patient, "first")
    assert run("build", root=root, month=root / "month1", out=root / "dataset") == 0
    return root


def make_grown(root: Path, first: Path) -> Path:
    """The same with a second month appended: a new study of the first patient, and a new one for train and test."""
    shutil.copytree(first, root)
    write_study(root / "month2", TRAIN[0], "second")
    write_study(root / "month2", TRAIN[2], "first")
    write_study(root / "month2", TEST[1], "first")
    assert run("append", root=root, month=root / "month2", out=root / "dataset") == 0
    return root


def error_of(capsys) -> str:
    """The one line that a refused command printed."""
    lines = capsys.readouterr().err.strip().splitlines()
    assert len(lines) == 1
    return lines[0]
