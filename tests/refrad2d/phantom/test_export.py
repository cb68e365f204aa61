import csv
import hashlib
import json
from pathlib import Path

import nibabel as nib
import numpy as np
import pydicom
import pytest

from refrad2d.labels import label_by_name
from refrad2d.phantom import run
from refrad2d.phantom.masks import write_nifti
from refrad2d.phantom.series import RenderedVolume

PATIENTS, SEED = 3, 4


def digests(root: Path) -> dict[str, str]:
    return {
        str(path.relative_to(root)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(root.rglob("*"))
        if path.is_file()
    }


@pytest.fixture(scope="module")
def hospital(tmp_path_factory):
    out = tmp_path_factory.mktemp("hospital") / "out"
    run(out, patients=PATIENTS, seed=SEED)
    return out


@pytest.fixture(scope="module")
def headers(hospital):
    files = [path for path in (hospital / "dicom").rglob("*") if path.is_file()]
    return [pydicom.dcmread(path) for path in files]


def rows_of(hospital):
    with open(hospital / "reports.csv", newline="", encoding="utf-8") as table:
        return list(csv.DictReader(table))


def truth_of(hospital):
    return [json.loads(line) for line in (hospital / "truth.jsonl").read_text(encoding="utf-8").splitlines()]


def test_the_same_seed_gives_the_same_bytes_whatever_workers_and_time_zone(hospital, tmp_path, monkeypatch):
    monkeypatch.setenv("TZ", "Asia/Tokyo")
    monkeypatch.setenv("LC_ALL", "C")
    run(tmp_path / "again", patients=PATIENTS, seed=SEED, workers=2)
    assert digests(hospital) == digests(tmp_path / "again")


def test_every_study_has_a_german_row_before_its_english_one(hospital):
    rows = rows_of(hospital)
    assert [row["language"] for row in rows] == ["de", "en"] * (len(rows) // 2)
    assert all(a["StudyInstanceUID"] == b["StudyInstanceUID"] for a, b in zip(rows[::2], rows[1::2], strict=True))


def test_reports_join_the_images(hospital, headers):
    assert {row["StudyInstanceUID"] for row in rows_of(hospital)} == {ds.StudyInstanceUID for ds in headers}


def test_truth_spans_are_the_mentions_in_the_cleaned_text(hospital):
    for fact in truth_of(hospital):
        assert fact["spans"]
        for span in fact["spans"]:
            word = fact["text"][span["start"] : span["end"]]
            assert word == word.strip() and word and not set(word) & set("[]().~$|{}")
            assert span["label"] == span["labels"][0] and label_by_name(span["label"])


def test_truth_text_names_no_person_and_no_date(hospital, headers):
    names = {str(ds.PatientName).split("^")[0] for ds in headers} | {ds.PatientID for ds in headers}
    for fact in truth_of(hospital):
        words = set(fact["text"].replace(".", " ").replace(",", " ").split())
        assert not words & names
        assert "Voruntersuchung" not in fact["text"] and "prior" not in fact["text"]


def test_headers_carry_planted_identifiers(headers):
    for ds in headers:
        family = str(ds.PatientName).split("^")[0]
        assert family in ds.StudyDescription
        assert ds.PatientAddress and ds.InstitutionName and ds.ReferringPhysicianName
        assert ds.get_private_item(0x0009, 0x02, "AQUILA PRIVATE").value == ds.PatientID


def test_uids_are_valid(headers):
    for ds in headers:
        assert all(uid.is_valid for uid in (ds.StudyInstanceUID, ds.SeriesInstanceUID, ds.SOPInstanceUID))
    assert len({ds.SOPInstanceUID for ds in headers}) == len(headers)


def test_pixels_read_back_as_hounsfield_units(headers):
    for ds in headers[::17]:
        hu = ds.pixel_array * float(ds.RescaleSlope) + float(ds.RescaleIntercept)
        assert hu.min() < -900 and 150 < hu.max() < 3100


def test_masks_lie_on_their_series(hospital, headers):
    by_series = {}
    for ds in headers:
        by_series.setdefault(str(ds.SeriesInstanceUID), []).append(ds)
    checked = 0
    for path in (hospital / "masks").glob("*.nii.gz"):
        if path.name.endswith("_findings.nii.gz"):
            continue
        image = nib.load(path)
        series = sorted(by_series[path.name[: -len(".nii.gz")]], key=lambda ds: ds.ImagePositionPatient[2])
        assert image.shape == (series[0].Columns, series[0].Rows, len(series))
        lps = np.diag([-1, -1, 1, 1]) @ image.affine @ [0, 0, len(series) - 1, 1]
        assert np.allclose(lps[:3], [float(c) for c in series[-1].ImagePositionPatient], atol=1e-3)
        ids = np.asarray(image.dataobj)
        ds = series[len(series) // 2]
        hu = ds.pixel_array * float(ds.RescaleSlope) + float(ds.RescaleIntercept)
        bone = np.isin(ids[:, :, len(series) // 2].T, range(26, 51))
        assert not bone.any() or np.median(hu[bone]) > 120
        checked += 1
    for path in (hospital / "masks").glob("*.dcm"):
        seg = pydicom.dcmread(path)
        assert str(seg.ReferencedSeriesSequence[0].SeriesInstanceUID) in by_series
        assert "liver" in {segment.SegmentLabel for segment in seg.SegmentSequence}
        checked += 1
    assert checked == len(by_series)


def test_label_table_names_the_ids(tmp_path):
    array = np.zeros((2, 3, 4), dtype=np.uint8)
    array[1, 2, 3] = 5
    write_nifti(tmp_path / "m.nii.gz", array, np.eye(4), {5: "liver"})
    image = nib.load(tmp_path / "m.nii.gz")
    assert image.get_fdata()[3, 2, 1] == 5
    assert b"<![CDATA[liver]]>" in image.header.extensions[0].get_content()
    assert nib.aff2axcodes(image.affine) == ("L", "P", "S")


def test_a_filled_folder_is_refused(tmp_path):
    (tmp_path / "old").write_text("x")
    with pytest.raises(FileExistsError, match="is not empty"):
        run(tmp_path, patients=1)


def test_unknown_site_names_the_sites(tmp_path):
    with pytest.raises(ValueError, match="Unknown site 'Z'. Choose from A, B, C."):
        run(tmp_path / "x", patients=1, site="Z")


def test_volume_is_frozen():
    volume = RenderedVolume(np.zeros((1, 2, 2)), np.zeros((1, 2, 2)), {}, np.eye(4))
    with pytest.raises(AttributeError):
        volume.mask = None


def test_masks_come_as_nifti_and_as_seg(hospital):
    suffixes = {path.suffix for path in (hospital / "masks").iterdir()}
    assert suffixes == {".gz", ".dcm"}
