"""An export is read series by series; what comes out does not depend on how many workers read it."""

from pathlib import Path

import nibabel
import numpy as np

from refrad2d.images import blanking, records
from refrad2d.images.nifti import open_nifti
from refrad2d.images.sources import list_sources
from refrad2d.stages import series
from refrad2d.stages.series import group_files, read_export
from refrad2d.system.processes import Result
from tests.fixtures.dicom_files import write_slice
from tests.fixtures.export_records import KEY


def export(folder: Path) -> list:
    for k in range(3):
        write_slice(folder / f"b{k}", k)
        write_slice(folder / f"a{k}", k, SeriesInstanceUID="1.2.3", SOPInstanceUID=f"1.2.3.{k}")
    volume = np.random.default_rng(3).integers(-1000, 1500, (9, 9, 9)).astype(np.int16)
    nibabel.save(nibabel.Nifti1Image(volume, np.diag([-1.0, -1.0, 5.0, 1.0])), folder / "c.nii.gz")
    (folder / "d.txt").write_text("no image")
    return list_sources(folder)


def test_the_files_of_a_series_are_read_together(tmp_path):
    sources = export(tmp_path / "export")
    found = group_files(sources, workers=1)
    assert [positions for _, positions in found] == [[0, 1, 2], [3, 4, 5], [6], [7]]
    assert [series is None for series, _ in found] == [False, False, True, True]


def read(folder: Path, sources: list, **options):
    folder.mkdir()
    found = read_export(sources, folder, key=KEY, policy="keep", **options)
    return found, {path.name: path.read_bytes() for path in folder.iterdir()}


def test_any_number_of_workers_reads_the_same(tmp_path):
    sources = export(tmp_path / "export")
    one, files = read(tmp_path / "one", sources)
    many, same = read(tmp_path / "many", sources, workers=3)
    assert files == same and sorted(len(pixels) for pixels in files.values()) == [3 * 2 * 256] * 2
    assert list(one) == list(many)
    assert {n: reason for read in one for n, reason in read.unread.items()} == {7: "not_an_image"}
    assert {n: reason for read in one for n, reason in read.reasons.items()} == {6: "modality_unknown"}
    assert [stack.slices[0].position for read in one for stack in read.stacks] == [0, 3]


def test_what_rows_say_of_volumes_counts_before_they_are_written(tmp_path):
    sources = export(tmp_path / "export")
    asked = []

    def said(stacks):
        asked.append([stack.record.kind for stack in stacks])
        return {6: {"CT"}}

    found, files = read(tmp_path / "out", sources, said=said)
    assert asked == [["dicom", "dicom", "nifti"]] and not any(read.reasons for read in found)
    assert [stack.modality for read in found for stack in read.stacks] == ["CT"] * 3 and len(files) == 3


def test_a_volume_of_which_rows_say_no_modality_leaves_nothing(tmp_path):
    found, files = read(tmp_path / "out", export(tmp_path / "export"), said=lambda stacks: {0: {"CT"}})
    assert [one.reasons for one in found if one.reasons] == [{6: "modality_unknown"}]
    assert len(files) == 2 and sum(len(one.stacks) for one in found) == 2


def here(function, items, **_):
    """`run_isolated` without children."""
    return ((n, Result(function(item))) for n, item in enumerate(items))


def test_a_volume_is_decoded_once_although_rows_say_its_modality(tmp_path, monkeypatch):
    opened = []

    def counted(data, orientation=""):
        opened.append(len(data))
        return open_nifti(data, orientation)

    monkeypatch.setattr(records, "open_nifti", counted)
    monkeypatch.setattr(series, "run_isolated", here)
    monkeypatch.setattr(blanking, "run_isolated", here)
    read(tmp_path / "out", export(tmp_path / "export"), said=lambda stacks: {6: {"CT"}})
    assert len(opened) == 1
