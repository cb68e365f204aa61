"""An export becomes series, texts and accounting: what joins, what is dropped and why, what never reaches the disk."""

import json
import tarfile
import zipfile

import nibabel
import numpy as np
import pytest
from pydicom.uid import KeyObjectSelectionDocumentStorage, SegmentationStorage

from refrad2d.images.slices import read_frame
from refrad2d.stages import ingest
from refrad2d.stages.report_table import ReportRow
from tests.fixtures.dicom_files import make_slice, write_slice
from tests.fixtures.export_records import KEY, report_row, run_ingest


def test_slices_of_one_series_are_one_stack_in_order_of_depth(tmp_path):
    for k in (2, 0, 1):
        write_slice(tmp_path / "export" / f"IM{9 - k}", k)
    counts, series, texts, _ = run_ingest(tmp_path)
    assert counts["kept"] == 3 and len(series) == 1
    assert [f["instance"] for f in series[0]["frames"]] == [1, 2, 3]
    assert texts[0]["series"] == [series[0]["series"]]


def test_hounsfield_units_come_back_exactly(tmp_path):
    pixels = np.array([[0, 1024], [3000, 4095]], np.uint16)
    write_slice(tmp_path / "export" / "a", pixels=pixels)
    _, series, *_ = run_ingest(tmp_path, report_row(Modality="CT"))
    frame = series[0]["frames"][0]
    stored = read_frame(tmp_path / "ingested" / "frames", frame)
    assert (stored * frame["slope"] + frame["intercept"]).tolist() == (pixels.astype(int) - 1024).tolist()


def test_signed_pixels_keep_their_values(tmp_path):
    pixels = np.array([[-2000, -1], [0, 3071]], np.int16)
    write_slice(tmp_path / "export" / "a", pixels=pixels, PixelRepresentation=1, RescaleIntercept=0)
    _, series, *_ = run_ingest(tmp_path, report_row(Modality="CT"))
    frame = series[0]["frames"][0]
    stored = read_frame(tmp_path / "ingested" / "frames", frame)
    assert (stored * frame["slope"] + frame["intercept"]).tolist() == pixels.tolist()


def test_nothing_identifying_reaches_the_disk(tmp_path):
    write_slice(tmp_path / "export" / "Testerin_Tina" / "IM1", AccessionNumber="ACC4711", InstitutionName="Klinik Nord")
    run_ingest(tmp_path, report_row("Tina Testerin, P1: Leber glatt.", PatientID="P1"))
    written = b"".join(path.read_bytes() for path in (tmp_path / "ingested").rglob("*") if path.is_file())
    names = " ".join(path.name for path in (tmp_path / "ingested").rglob("*"))
    for secret in (b"Testerin", b"Tina", b"ACC4711", b"Klinik Nord", b"1.2.826"):
        assert secret not in written and secret.decode() not in names


def test_fields_are_allow_listed(tmp_path):
    write_slice(tmp_path / "export" / "a", BodyPartExamined="MUELLER HANS", PatientAge="094Y", PatientSex="f")
    _, series, *_ = run_ingest(tmp_path)
    assert (series[0]["body_part"], series[0]["age"], series[0]["sex"]) == (None, 90, "F")


@pytest.mark.parametrize(
    ("elements", "reason"),
    [
        ({"ImageType": ["ORIGINAL", "PRIMARY", "LOCALIZER"]}, "localizer"),
        ({"BurnedInAnnotation": "YES"}, "burned_in_annotation"),
        ({"Modality": "US"}, "not_a_ct_or_mr_image"),
        ({"SOPClassUID": "1.2.840.10008.5.1.4.1.1.7"}, "not_a_ct_or_mr_image"),
        ({"RescaleType": "mgml"}, "not_in_hounsfield_units"),
        ({"ImagePositionPatient": None}, "no_geometry"),
        ({"ImageOrientationPatient": [1, 0, 0, 1, 0, 0]}, "no_geometry"),
        ({"PixelData": b"\x00" * 10}, "undecodable_pixels"),
        ({"PixelSpacing": [0, 0]}, "no_geometry"),
    ],
)
def test_an_unsuitable_file_among_good_ones_is_dropped_with_its_reason(tmp_path, elements, reason):
    write_slice(tmp_path / "export" / "good", 0)
    write_slice(tmp_path / "export" / "unsuitable", 1, **elements)
    counts, _, _, accounting = run_ingest(tmp_path)
    assert counts["kept"] == 1
    assert accounting == [
        {"root": "export", "n": 0, "status": "kept", "reason": None},
        {"root": "export", "n": 1, "status": "dropped", "reason": reason},
    ]


def test_archives_are_listed_member_by_member(tmp_path):
    files = [write_slice(tmp_path / f"slice{k}", k) for k in range(3)]
    export = tmp_path / "export"
    export.mkdir()
    with zipfile.ZipFile(export / "a.zip", "w") as archive:
        archive.write(files[0], "x/IM1")
        archive.writestr("readme.txt", "hello")
    with tarfile.open(export / "b.tar", "w") as archive:
        archive.add(files[1], "IM2")
    (export / "c").write_bytes(files[2].read_bytes())
    (export / "d.zip").write_bytes(b"PK broken")
    counts, series, _, accounting = run_ingest(tmp_path)
    assert counts["kept"] == 3 and len(series[0]["frames"]) == 3
    assert [line["reason"] for line in accounting] == ["not_an_image", None, None, None, "unreadable_archive"]


def test_links_out_of_the_tree_and_fifos_are_not_opened(tmp_path):
    import os

    write_slice(tmp_path / "export" / "a")
    write_slice(tmp_path / "elsewhere", 1)
    (tmp_path / "export" / "b").symlink_to(tmp_path / "elsewhere")
    os.mkfifo(tmp_path / "export" / "c")
    counts, *_ = run_ingest(tmp_path)
    assert (counts["kept"], counts["dropped_link_out_of_tree"], counts["dropped_not_a_regular_file"]) == (1, 1, 1)


def test_the_same_slice_twice_is_a_duplicate(tmp_path):
    write_slice(tmp_path / "export" / "a")
    write_slice(tmp_path / "export" / "b")
    counts, series, *_ = run_ingest(tmp_path)
    assert counts["dropped_duplicate_slice"] == 1 and len(series[0]["frames"]) == 1


def test_objects_beside_the_images_are_accounted_for(tmp_path):
    """Key objects are of use, for they name slices; a segmentation is no image, but may be a mask."""
    write_slice(tmp_path / "export" / "a")
    write_slice(tmp_path / "export" / "b", SOPClassUID=KeyObjectSelectionDocumentStorage)
    write_slice(tmp_path / "export" / "c", SOPClassUID=SegmentationStorage)
    _, _, _, accounting = run_ingest(tmp_path)
    assert [line["reason"] for line in accounting] == [None, None, "segmentation_object"]


def test_two_phases_under_one_series_uid_are_two_stacks(tmp_path):
    for k in range(2):
        write_slice(tmp_path / "export" / f"early{k}", k, InstanceNumber=k + 1)
        write_slice(
            tmp_path / "export" / f"late{k}", k, InstanceNumber=k + 11, pixels=np.full((16, 16), 1100 + k, np.uint16)
        )
    _, series, *_ = run_ingest(tmp_path)
    assert [len(s["frames"]) for s in series] == [2, 2]


def test_empty_uids_are_told_apart_by_their_folder(tmp_path):
    for folder in ("one", "two"):
        for k in range(2):
            write_slice(
                tmp_path / "export" / folder / f"{k}", k, StudyInstanceUID="", SeriesInstanceUID="", SOPInstanceUID="",
                PatientID="", pixels=np.full((16, 16), 1000 + k + len(folder) * (folder == "two"), np.uint16),
            )  # fmt: skip
    _, series, texts, _ = run_ingest(tmp_path, report_row(path="two"))
    assert len({s["study"] for s in series}) == 2 == len({s["patient"] for s in series})
    assert len(texts[0]["series"]) == 1


def test_a_reused_series_uid_does_not_join_patients(tmp_path):
    write_slice(tmp_path / "export" / "a", 0)
    write_slice(tmp_path / "export" / "b", 1, PatientID="P2")
    _, series, *_ = run_ingest(tmp_path, report_row(PatientID="P1"))
    assert len({s["patient"] for s in series}) == 2


def test_enhanced_multi_frame_is_read_frame_by_frame(tmp_path):
    from pydicom.dataset import Dataset
    from pydicom.sequence import Sequence

    dataset = make_slice(pixels=np.full((16, 16), 1000, np.uint16), SOPClassUID="1.2.840.10008.5.1.4.1.1.2.1")
    dataset.NumberOfFrames = 3
    dataset.PixelData = np.stack([np.full((16, 16), 1000 + k, np.uint16) for k in range(3)]).tobytes()
    groups = []
    for k in range(3):
        group, place = Dataset(), Dataset()
        place.ImagePositionPatient = [0, 0, 5 * (2 - k)]
        group.PlanePositionSequence = Sequence([place])
        groups.append(group)
    dataset.PerFrameFunctionalGroupsSequence = Sequence(groups)
    del dataset.ImagePositionPatient
    (tmp_path / "export").mkdir()
    dataset.save_as(tmp_path / "export" / "multi", enforce_file_format=True)
    counts, series, *_ = run_ingest(tmp_path)
    assert counts["kept"] == 1 and [f["instance"] for f in series[0]["frames"]] == [3, 2, 1]


def test_nifti_is_cut_into_radiological_slices(tmp_path):
    volume = np.zeros((4, 5, 6), np.int16) - 500
    volume[0] = (
        100  # the lowest i of an RAS volume is the patient's left-most? no: i grows to the right, so i = 0 is left
    )
    affine = np.diag([-1.0, 1.0, 3.0, 1.0])  # i grows to the left: i = 0 is right
    (tmp_path / "export").mkdir()
    nibabel.save(nibabel.Nifti1Image(volume, affine), tmp_path / "export" / "ct.nii.gz")
    _, series, *_ = run_ingest(tmp_path, report_row(Modality="CT"))
    frame = series[0]["frames"][0]
    shown = read_frame(tmp_path / "ingested" / "frames", frame) * frame["slope"] + frame["intercept"]
    assert shown.shape == (5, 4) and (shown[:, 0] == 100).all() and (shown[:, 1:] == -500).all()  # right is at left


def test_nan_in_a_volume_drops_it(tmp_path):
    write_slice(tmp_path / "export" / "a")
    nibabel.save(nibabel.Nifti1Image(np.full((3, 3, 3), np.nan, np.float32), np.eye(4)), tmp_path / "export" / "b.nii")
    assert run_ingest(tmp_path)[0]["dropped_non_finite_pixels"] == 1


def test_an_empty_export_is_an_error(tmp_path):
    (tmp_path / "export").mkdir()
    with pytest.raises(ValueError, match="holds no files"):
        run_ingest(tmp_path)


def test_reports_join_by_their_most_specific_identifier(tmp_path):
    write_slice(tmp_path / "export" / "a", 0, AccessionNumber="A 1")
    write_slice(tmp_path / "export" / "b", 0, StudyInstanceUID="1.2.3.4", PatientID="P2", AccessionNumber="A2")
    _, series, texts, _ = run_ingest(
        tmp_path,
        report_row("Milz glatt.", AccessionNumber="a1"),
        report_row("Leber glatt.", StudyInstanceUID="1.2.3.4"),
        report_row("Niere glatt.", PatientID="P2"),
        report_row("Magen glatt.", path="a"),
    )
    studies = {s["series"]: s["study"] for s in series}
    assert [studies[t["series"][0]] for t in texts[1:3]] == [studies[texts[1]["series"][0]]] * 2
    assert texts[0]["series"] == texts[3]["series"] != texts[1]["series"]


def test_rows_that_join_nothing_are_counted(tmp_path):
    write_slice(tmp_path / "export" / "a")
    rows = [
        report_row(**f)
        for f in ({"PatientID": "P9"}, {}, {"StudyInstanceUID": "9.9"}, {"path": "a", "PatientID": "P7"})
    ]
    rows.append(ReportRow({**report_row().fields, "report": ""}, "empty_report"))
    counts, _, texts, _ = run_ingest(tmp_path, *rows)
    assert len(texts) == 1
    assert {k: v for k, v in counts.items() if k.startswith("reports_dropped")} == {
        "reports_dropped_no_matching_study": 2, "reports_dropped_patient_mismatch": 1, "reports_dropped_empty_report": 1,
    }  # fmt: skip


def test_reports_that_name_nothing_need_a_single_study(tmp_path):
    write_slice(tmp_path / "export" / "a")
    write_slice(tmp_path / "export" / "b", StudyInstanceUID="1.2.3.4", PatientID="P2")
    with pytest.raises(ValueError, match="the export holds 2"):
        run_ingest(tmp_path, report_row())


def test_pseudonyms_depend_on_the_key_alone(tmp_path):
    write_slice(tmp_path / "export" / "a")
    write_slice(tmp_path / "moved" / "deep" / "b")
    ids = []
    for n, (export, key) in enumerate([("export", KEY), ("moved", KEY), ("export", b"x" * 32)]):
        ingest.run(tmp_path / export, [report_row()], tmp_path / f"out{n}", key=key, burnt_in_text="keep")
        ids.append(json.loads((tmp_path / f"out{n}" / "series.jsonl").read_text())["frames"][0]["id"])
    assert ids[0] == ids[1] != ids[2]


@pytest.mark.parametrize("implicit", [True, False])
def test_a_file_without_preamble_and_meta_is_read(tmp_path, implicit):
    import io

    from pydicom.filewriter import dcmwrite

    out = io.BytesIO()
    dataset = make_slice()
    del dataset.file_meta.TransferSyntaxUID
    dcmwrite(out, dataset, implicit_vr=implicit, little_endian=True, enforce_file_format=False)
    data = out.getvalue()
    bare = data[data.index(b"\x08\x00\x16\x00") :]  # SOPClassUID is its first element
    (tmp_path / "export").mkdir()
    (tmp_path / "export" / "bare").write_bytes(bare)
    counts, series, *_ = run_ingest(tmp_path)
    assert counts["kept"] == 1 and len(series[0]["frames"]) == 1


def test_other_files_that_start_alike_are_no_dicom(tmp_path):
    write_slice(tmp_path / "export" / "a")
    (tmp_path / "export" / "b").write_bytes(b"\x02\x00\xff\xff" + b"x" * 300)
    (tmp_path / "export" / "c").write_bytes(b"\x08\x00" + bytes(range(200)))
    counts = run_ingest(tmp_path)[0]
    assert (counts["kept"], counts["dropped_not_an_image"]) == (1, 2)
