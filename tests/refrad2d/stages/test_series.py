"""An export is read series by series; what comes out does not depend on how many workers read it."""

from pathlib import Path

import nibabel
import numpy as np
import pytest

from refrad2d.engine.processes import Processes
from refrad2d.engine.sealed import Sealing
from refrad2d.images import blanking, records
from refrad2d.images.nifti import open_nifti
from refrad2d.images.sources import list_sources
from refrad2d.stages import series
from refrad2d.stages.series import group_files, read_export
from refrad2d.system.packed import pack
from refrad2d.system.processes import Result
from tests.fixtures.dicom_files import STUDY, write_slice
from tests.fixtures.export_records import KEY
from tests.trust.kill_restart import leaks

SECRETS = [b"Testerin", b"1.2.3.0", STUDY.encode()]


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
    assert group_files(sources, working(tmp_path / "parts")) == [[0, 1, 2], [3, 4, 5], [6], [7]]


def working(folder: Path, workers: int = 1) -> Sealing:
    return Sealing(folder, Processes(workers, KEY), KEY)


def read(folder: Path, sources: list, workers: int = 1, **options):
    work = working(folder.with_name(f"{folder.name}.parts"), workers)
    with read_export(sources, folder, work=work, policy="keep", **options) as export:
        found = list(export)
        assert [export[n] for n in range(len(found))] == found
    assert not work.folder.exists()
    return found, {path.name: path.read_bytes() for path in folder.iterdir()}


def test_any_number_of_workers_reads_the_same(tmp_path):
    sources = export(tmp_path / "export")
    one, files = read(tmp_path / "one", sources)
    many, same = read(tmp_path / "many", sources, workers=3)
    assert files == same and sorted(len(pixels) for pixels in files.values()) == [3 * 2 * 256] * 2
    assert one == many
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


def stopped(folder, ranks):
    """An executor that does one part and dies, unless it is the last."""
    Processes(1, KEY)(folder, ranks[:1])
    if len(ranks) > 1:
        raise KeyboardInterrupt


def test_a_killed_run_leaves_no_identifier_and_goes_on(tmp_path, monkeypatch):
    monkeypatch.setattr(series, "run_isolated", here)
    monkeypatch.setattr(blanking, "run_isolated", here)
    sources, work = export(tmp_path / "export"), Sealing(tmp_path / "parts", stopped, KEY)
    expected, files = read(tmp_path / "calm", sources)
    tries = 0
    for _ in range(9):
        try:
            with read_export(sources, tmp_path / "out", work=work, policy="keep") as found:
                same = list(found)
            break
        except KeyboardInterrupt:
            tries += 1
            assert not leaks([work.folder], SECRETS) and any(work.folder.rglob("*.u16"))
    assert tries == 3 and same == expected
    assert {path.name: path.read_bytes() for path in (tmp_path / "out").iterdir()} == files


def test_a_file_that_was_changed_meanwhile_is_read_anew(tmp_path, monkeypatch):
    monkeypatch.setattr(series, "run_isolated", here)
    monkeypatch.setattr(blanking, "run_isolated", here)
    sources, work = export(tmp_path / "export"), Sealing(tmp_path / "parts", stopped, KEY)
    with pytest.raises(KeyboardInterrupt), read_export(sources, tmp_path / "out", work=work, policy="keep"):
        pass
    write_slice(tmp_path / "export" / "a0", 0, PatientID="ANOTHER")
    found, _ = read(tmp_path / "new", sources)
    with read_export(sources, tmp_path / "out", work=working(work.folder), policy="keep") as again:
        assert list(again) == found


def test_the_scan_would_find_what_is_only_packed(tmp_path):
    (tmp_path / "part").write_bytes(b"1234" + pack(SECRETS[0].decode()))
    assert leaks([tmp_path], SECRETS) == 1
