"""Burnt-in text of a whole export: every slice is read before any is written, and nothing but the text goes."""

import sys

import numpy as np
import pytest
from PIL import Image, ImageDraw
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence

from refrad2d.images import blanking
from refrad2d.images.blanking import is_page, require_reader
from refrad2d.images.records import read_file
from refrad2d.images.slices import Slice, read_frame
from refrad2d.stages import ingest
from refrad2d.system.files import read_jsonl
from tests.fixtures.dicom_files import make_slice, write_slice
from tests.fixtures.export_records import KEY, axial, report_row

WRITTEN = 3  # of nine slices the one with text: neither the first, nor the middle, nor the last


def slice_pixels(k, text="WEBER ANNA 12.04.1953", at=(20, 90)):
    """Noise with a text across it."""
    pixels = np.random.default_rng(k).normal(1000, 20, (200, 320)).astype(np.uint16)
    canvas = Image.new("L", (320, 200), 0)
    ImageDraw.Draw(canvas).text(at, text, fill=255)
    return np.where(np.asarray(canvas) > 127, np.uint16(3000), pixels)


def slices(written=(WRITTEN,)):
    return [slice_pixels(k, *(() if k in written else ("",))) for k in range(9)]


def export(folder, pixels):
    for k, picture in enumerate(pixels):
        write_slice(folder / f"IM{k}", k, pixels=picture)


def run(tmp_path, policy="blank", workers=1, out="out"):
    dst = tmp_path / out
    counts = ingest.run(tmp_path / "export", [report_row()], dst, key=KEY, workers=workers, burnt_in_text=policy)
    frames = next(read_jsonl(dst / "series.jsonl"))["frames"]
    pictures = {f["instance"] - 1: read_frame(dst / "frames", f) for f in frames}
    return counts, {f["instance"] - 1: f["blanked"] for f in frames}, pictures


@pytest.fixture(scope="module")
def reader():
    pytest.importorskip("rapidocr", reason="extra `build` is not installed")


def test_a_text_in_one_of_many_slices_is_blanked_and_all_other_pixels_stay(tmp_path, reader):
    before = slices()
    export(tmp_path / "export", before)
    counts, blanked, after = run(tmp_path)
    assert {k for k, n in blanked.items() if n} == {WRITTEN} and len(after) == 9
    changed = np.argwhere(after[WRITTEN] != before[WRITTEN])
    assert (before[WRITTEN] == 3000).sum() > 200 and not (after[WRITTEN] == 3000).any()
    assert (changed.min(axis=0) >= (80, 10)).all() and (changed.max(axis=0) <= (115, 180)).all()
    assert all(np.array_equal(after[k], before[k]) for k in range(9) if k != WRITTEN)
    assert {k: v for k, v in counts.items() if "burnt" in k} == {
        "burnt_in_series_read": 1, "burnt_in_frames_read": 9, "burnt_in_frames_unsuspected": 0,
        "burnt_in_frames_blanked": 1, "burnt_in_frames_dropped": 0,
    }  # fmt: skip


def test_where_the_detector_is_asked_the_same_slices_are_blanked_as_by_the_reader_alone(tmp_path, reader):
    export(tmp_path / "export", slices())
    counts, blanked, after = run(tmp_path, "blank_suspected")
    assert {k for k, n in blanked.items() if n} == {WRITTEN} and not (after[WRITTEN] == 3000).any()
    assert all(np.array_equal(after[k], slices()[k]) for k in range(9) if k != WRITTEN)
    assert counts["burnt_in_frames_read"] + counts["burnt_in_frames_unsuspected"] == 9


def test_what_the_detector_does_not_suspect_is_not_read_and_counted(tmp_path, monkeypatch):
    monkeypatch.setattr(blanking, "may_hold_text", lambda pixels: False)
    monkeypatch.setattr(blanking, "find_text", lambda pixels, *, thorough: [] if thorough else pytest.fail("read"))
    monkeypatch.setattr(blanking, "load_reader", lambda: None)
    export(tmp_path / "export", slices(()))
    source = [blanking.Source(str(tmp_path / "export"), f"IM{k}") for k in range(9)]
    frames = [read_file((one, KEY)).slices[0] for one in source]
    finds = [blanking.read_texts((one, [frame], set(), False)) for one, frame in zip(source, frames, strict=True)]
    assert [one[frame.file] for one, frame in zip(finds, frames, strict=True)] == [None] * 9
    thorough = blanking.read_texts((source[0], [frames[0]], {frames[0].file}, False))
    assert thorough == {frames[0].file: []}


def test_dropping_takes_the_slice_and_says_why(tmp_path, reader):
    export(tmp_path / "export", slices())
    counts, _, after = run(tmp_path, "drop")
    assert WRITTEN not in after and len(after) == 8
    assert (counts["kept"], counts["dropped_burnt_in_text"], counts["burnt_in_frames_dropped"]) == (8, 1, 1)


def test_keeping_reads_nothing(tmp_path):
    before = slices()
    export(tmp_path / "export", before)
    counts, _, after = run(tmp_path, "keep")
    assert np.array_equal(after[WRITTEN], before[WRITTEN]) and counts["burnt_in_frames_read"] == 0


def test_any_number_of_workers_gives_the_same_bytes(tmp_path, reader):
    export(tmp_path / "export", slices(range(9)))
    run(tmp_path, workers=1, out="one")
    run(tmp_path, workers=3, out="three")
    one, three = ({p.name: p.read_bytes() for p in (tmp_path / n).rglob("*") if p.is_file()} for n in ("one", "three"))
    assert one == three and len(one) == 6


def test_of_a_multi_frame_file_only_the_written_slice_goes(tmp_path, reader):
    dataset = make_slice(pixels=slices()[0], SOPClassUID="1.2.840.10008.5.1.4.1.1.2.1")
    dataset.NumberOfFrames, dataset.PixelData = 9, np.stack(slices()).tobytes()
    groups = [Dataset() for _ in range(9)]
    for k, group in enumerate(groups):
        place = Dataset()
        place.ImagePositionPatient = [0, 0, 5 * k]
        group.PlanePositionSequence = Sequence([place])
    dataset.PerFrameFunctionalGroupsSequence = Sequence(groups)
    del dataset.ImagePositionPatient
    (tmp_path / "export").mkdir()
    dataset.save_as(tmp_path / "export" / "multi", enforce_file_format=True)
    counts, _, after = run(tmp_path, "drop")
    assert sorted(after) == [k for k in range(9) if k != WRITTEN] and counts["kept"] == 1


def test_nothing_is_written_before_all_is_read(tmp_path, monkeypatch):
    """A kill while the texts are sought leaves no picture behind."""
    export(tmp_path / "export", slices())

    def killed(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr(blanking, "find_texts", killed)
    monkeypatch.setattr(ingest, "require_reader", lambda policy: None)
    with pytest.raises(KeyboardInterrupt):
        run(tmp_path)
    assert [p for p in (tmp_path / "out").rglob("*") if p.is_file()] == []


def test_a_file_that_changed_between_the_readings_is_dropped(tmp_path, monkeypatch):
    export(tmp_path / "export", slices())
    find = blanking.write_slices

    def change_then_write(*arguments, **options):
        write_slice(tmp_path / "export" / "IM5", 5, pixels=slice_pixels(77))
        return find(*arguments, **options)

    monkeypatch.setattr(blanking, "write_slices", change_then_write)
    counts, _, after = run(tmp_path, "keep")
    assert counts["dropped_changed_while_read"] == 1 and sorted(after) == [0, 1, 2, 3, 4, 6, 7, 8]


def test_slices_of_a_series_lie_in_one_file_whatever_fails_between_them(tmp_path, monkeypatch):
    before = slices()
    export(tmp_path / "export", before)
    write = blanking.write_slices

    def lose_some(*arguments, **options):
        for n in (0, 4):
            (tmp_path / "export" / f"IM{n}").write_bytes(b"gone")
        return write(*arguments, **options)

    monkeypatch.setattr(blanking, "write_slices", lose_some)
    _, _, after = run(tmp_path, "keep")
    (store,) = (tmp_path / "out" / "frames").iterdir()
    assert store.stat().st_size == 7 * before[0].nbytes and sorted(after) == [1, 2, 3, 5, 6, 7, 8]
    assert all(np.array_equal(after[k], before[k]) for k in after)


def test_a_page_of_text_is_no_picture():
    frame = Slice(axial(0.0, shape=(100, 100)))
    assert is_page(frame, [(0, 0, 100, 40)]) and not is_page(frame, [(0, 0, 100, 10), (0, 5, 100, 12)])


def test_without_a_reader_the_error_says_what_to_do(monkeypatch):
    monkeypatch.setitem(sys.modules, "rapidocr", None)
    with pytest.raises(ValueError, match="--burnt-in-text blank needs rapidocr.*--burnt-in-text keep"):
        require_reader("blank")
    require_reader("keep")


def test_an_unknown_policy_names_the_known_ones():
    with pytest.raises(ValueError, match="'erase'. Choose from blank, drop, keep"):
        require_reader("erase")


@pytest.mark.parametrize(
    "orientation",
    [
        [1, 0, 0, 0, 1, 0], [-1, 0, 0, 0, 1, 0], [1, 0, 0, 0, -1, 0], [-1, 0, 0, 0, -1, 0],
        [0, 1, 0, 1, 0, 0], [0, -1, 0, 1, 0, 0], [0, 1, 0, 0, 0, 1], [0, 0, 1, 0, 1, 0],
    ],
)  # fmt: skip
def test_text_that_is_mirrored_in_the_display_is_read_as_the_file_has_it(tmp_path, monkeypatch, orientation):
    stored = np.full((30, 50), 100, np.uint16)
    stored[3:7, 5:25] = 900

    def find_text(pixels, *, thorough):
        return [(5, 3, 25, 7)] if pixels.shape == (30, 50) and (pixels[3:7, 5:25] == 900).all() else []

    monkeypatch.setattr(blanking, "find_text", find_text)
    write_slice(tmp_path / "a", pixels=stored, ImageOrientationPatient=orientation)
    source = blanking.Source(str(tmp_path), "a")
    frame = read_file((source, KEY)).slices[0]
    ((x_min, y_min, x_max, y_max),) = blanking.read_texts((source, [frame], set(), True))[frame.file]
    shown = next(blanking.open_file(source)[1]).pixels
    assert (shown[y_min:y_max, x_min:x_max] == 900).all() and (shown == 900).sum() == (x_max - x_min) * (y_max - y_min)
