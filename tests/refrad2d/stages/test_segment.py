"""Masks find their series and lie on the pixels that they mark, whatever their order, grid and numbers."""

import io
import json
from dataclasses import replace

import nibabel
import numpy as np
import pytest
from PIL import Image

from refrad2d.boxes import objects
from refrad2d.dataset.manifest import masks_made_by
from refrad2d.images.masks.pictures import OBJECTS, SUFFIX, read_picture
from refrad2d.images.segmentation.tasks import Asked
from refrad2d.stages import ingest, segment
from refrad2d.system.files import read_jsonl
from tests.fixtures import fake_totalsegmentator
from tests.fixtures.dicom_files import make_slice, write_slice
from tests.fixtures.export_records import KEY, report_row

AFFINE = np.array([[-1, 0, 0, 8], [0, -1, 0, 8], [0, 0, 5, 0], [0, 0, 0, 1]], float)  # of the slices of dicom_files


def build(tmp_path, slices=3, **options):
    counts, *_ = _ingest(tmp_path, slices)
    return segment.run(tmp_path / "ingested", tmp_path / "masks", tmp_path / "segmented", key=KEY, **options)


def _ingest(tmp_path, slices):
    if not (tmp_path / "export").exists():
        for k in range(slices):
            write_slice(tmp_path / "export" / "p" / f"{k}", k)
    return (
        ingest.run(tmp_path / "export", [report_row(path="p")], tmp_path / "ingested", key=KEY, burnt_in_text="keep"),
    )


def label_map(*values):
    """A (column, row, slice) NIfTI array as the slices lie; the k-th value fills a corner of the k-th slice."""
    volume = np.zeros((16, 16, len(values)), np.uint8)
    for k, value in enumerate(values):
        volume[:4, :8, k] = value  # first four columns, first eight rows
    return volume


def save(tmp_path, volume, affine=AFFINE, name="m.nii.gz", table=None):
    (tmp_path / "masks").mkdir(exist_ok=True)
    image = nibabel.Nifti1Image(volume, affine)
    if table:
        entries = "".join(f'<Label Key="{k}"><![CDATA[{v}]]></Label>' for k, v in table.items())
        text = f"<CaretExtension><LabelTable>{entries}</LabelTable></CaretExtension>"
        image.header.extensions.append(nibabel.nifti1.Nifti1Extension(0, text.encode()))
    nibabel.save(image, tmp_path / "masks" / name)


def painted(tmp_path):
    scan = next(read_jsonl(tmp_path / "ingested" / "series.jsonl"))
    return [shown(tmp_path, scan["series"], n) for n in range(len(scan["frames"]))]


def shown(tmp_path, series, number):
    path = tmp_path / "segmented" / "masks" / f"{series}{SUFFIX}"
    return np.asarray(Image.open(io.BytesIO(read_picture(path, number))))


def test_a_nifti_lies_on_the_pixels_that_it_marks(tmp_path):
    save(tmp_path, label_map(5, 0, 1))
    assert build(tmp_path)["kept"] == 1
    masks = painted(tmp_path)
    assert (masks[0][:8, :4] == 5).all() and masks[0].sum() == 5 * 32
    assert masks[1].sum() == 0 and (masks[2][:8, :4] == 1).all()


def test_what_is_in_a_mask_is_measured_where_it_is_painted(tmp_path):
    save(tmp_path, label_map(5, 0, 1))
    build(tmp_path)
    (path,) = (tmp_path / "segmented" / "masks").glob(f"*{OBJECTS}")
    measured, masks = json.loads(path.read_text()), painted(tmp_path)
    assert measured == [objects(mask) for mask in masks] and [len(found) for found in measured] == [1, 0, 1]


@pytest.mark.parametrize("flips", [(0,), (1,), (2,), (0, 1, 2)])
def test_storage_order_does_not_matter(tmp_path, flips):
    volume, affine = label_map(5, 0, 1), AFFINE.copy()
    for axis in flips:
        affine[:3, 3] += affine[:3, axis] * (volume.shape[axis] - 1)
        affine[:3, axis] *= -1
        volume = np.flip(volume, axis)
    save(tmp_path, np.transpose(volume, (2, 0, 1)), affine[:, [2, 0, 1, 3]])
    build(tmp_path)
    assert (painted(tmp_path)[0][:8, :4] == 5).all()


@pytest.mark.parametrize("shift", [0.01, 1.0])
def test_another_grid_is_no_mask(tmp_path, shift):
    affine = AFFINE.copy()
    affine[0, 3] += shift
    save(tmp_path, label_map(5, 0, 1), affine)
    assert build(tmp_path) == {"kept": 0, "dropped_mask_on_another_grid": 1}


def test_a_mask_of_more_slices_serves_a_series_with_gaps(tmp_path):
    for k in (0, 2, 3):
        write_slice(tmp_path / "export" / "p" / f"{k}", k)
    save(tmp_path, label_map(1, 2, 3, 5))
    build(tmp_path, scheme="total")
    assert [mask.max() for mask in painted(tmp_path)] == [1, 3, 5]


def test_the_label_table_goes_before_the_scheme(tmp_path):
    save(tmp_path, label_map(1, 2, 1), table={1: "liver", 2: "lung_left"})
    build(tmp_path, scheme="total")
    assert [mask.max() for mask in painted(tmp_path)] == [5, 118, 5]


def test_mr_numbers_mean_mr_classes(tmp_path):
    for k in range(2):
        write_slice(tmp_path / "export" / "p" / f"{k}", k, Modality="MR", SOPClassUID="1.2.840.10008.5.1.4.1.1.4")
    save(tmp_path, label_map(10, 19))
    build(tmp_path)
    assert [mask.max() for mask in painted(tmp_path)] == [118, 121]


def test_a_label_file_names_the_classes(tmp_path):
    (tmp_path / "labels.csv").write_text("number,name\n7,spleen\n9,Leber\n")
    save(tmp_path, label_map(7, 9, 0))
    build(tmp_path, scheme=str(tmp_path / "labels.csv"))
    assert [mask.max() for mask in painted(tmp_path)] == [1, 5, 0]


def test_one_file_a_class_is_put_together(tmp_path):
    save(tmp_path, label_map(1, 0, 0), name="spleen.nii.gz")
    save(tmp_path, label_map(0, 1, 0), name="kidney_left.nii.gz")
    assert build(tmp_path)["kept"] == 2
    assert [mask.max() for mask in painted(tmp_path)] == [1, 3, 0]


def test_a_class_outside_the_121_is_a_finding_and_names_nobody(tmp_path):
    save(tmp_path, label_map(1, 2, 0), table={1: "liver", 2: "liver lesion of Mr Miller"})
    build(tmp_path)
    assert painted(tmp_path)[1].max() == 0
    finding = next(read_jsonl(tmp_path / "segmented" / "findings.jsonl"))
    assert (finding["label"], finding["box"]) == ("liver_lesion", [0.0, 0.0, 0.25, 0.5])


def test_masks_of_one_grid_are_told_apart_by_path(tmp_path):
    for patient in ("anna", "bert"):
        for k in range(3):
            write_slice(
                tmp_path / "export" / patient / f"{k}", k, PatientID=patient, StudyInstanceUID=f"1.2.3.{len(patient)}.{ord(patient[0])}",
                SeriesInstanceUID=f"1.2.4.{ord(patient[0])}", SOPInstanceUID=f"1.2.5.{ord(patient[0])}.{k}",
            )  # fmt: skip
    (tmp_path / "masks" / "anna").mkdir(parents=True)
    save(tmp_path, label_map(6, 6, 6), name="anna/m.nii.gz")
    save(tmp_path, label_map(5, 5, 5), name="seg_1.2.4.98.nii.gz")
    save(tmp_path, label_map(7, 7, 7), name="unknown.nii.gz")
    ingest.run(
        tmp_path / "export", [report_row(PatientID="anna")], tmp_path / "ingested", key=KEY, burnt_in_text="keep"
    )
    counts = segment.run(tmp_path / "ingested", tmp_path / "masks", tmp_path / "segmented", key=KEY)
    assert counts == {"kept": 2, "dropped_ambiguous_mask": 1}
    scans = [scan["series"] for scan in read_jsonl(tmp_path / "ingested" / "series.jsonl")]
    assert {int(shown(tmp_path, series, 0).max()) for series in scans} == {6, 5}


def make_seg(tmp_path, slices=3, label="liver"):
    """A DICOM SEG by highdicom: a corner of the second slice."""
    import highdicom
    from pydicom.sr.codedict import codes

    images = [make_slice(k, PatientBirthDate="", StudyDate="", StudyTime="", AccessionNumber="", ReferringPhysicianName="",
                         StudyID="", FrameOfReferenceUID="1.2.9", Manufacturer="x", PatientSex="F") for k in range(slices)]  # fmt: skip
    for k, image in enumerate(images):
        (tmp_path / "export" / "p").mkdir(parents=True, exist_ok=True)
        image.save_as(tmp_path / "export" / "p" / f"{k}", enforce_file_format=True)
    mask = np.zeros((slices, 16, 16), np.uint8)
    mask[1, :8, :4] = 1
    description = highdicom.seg.SegmentDescription(
        1, label, codes.SCT.Organ, codes.SCT.Liver, highdicom.seg.SegmentAlgorithmTypeValues.MANUAL
    )
    seg = highdicom.seg.Segmentation(
        images, mask, highdicom.seg.SegmentationTypeValues.BINARY, [description], series_instance_uid=highdicom.UID(),
        series_number=9, sop_instance_uid=highdicom.UID(), instance_number=1, manufacturer="x",
        manufacturer_model_name="x", software_versions="x", device_serial_number="x",
    )  # fmt: skip
    (tmp_path / "masks").mkdir()
    seg.save_as(tmp_path / "masks" / "seg.dcm")


@pytest.mark.parametrize("label", ["liver", "Leber", "Segment 1"])
def test_a_dicom_seg_belongs_to_the_series_it_references(tmp_path, label):
    make_seg(tmp_path, label=label)  # the third is named by its coded type alone
    assert build(tmp_path)["kept"] == 1
    masks = painted(tmp_path)
    assert (masks[1][:8, :4] == 5).all() and masks[1].sum() == 5 * 32 and masks[0].sum() == masks[2].sum() == 0


def test_an_empty_folder_of_masks_is_an_error(tmp_path):
    _ingest(tmp_path, 1)
    (tmp_path / "masks").mkdir()
    with pytest.raises(ValueError, match="holds no files"):
        segment.run(tmp_path / "ingested", tmp_path / "masks", tmp_path / "segmented", key=KEY)


def test_totalsegmentator_is_run_on_each_series_and_its_masks_lie_right(tmp_path, monkeypatch):
    pixels = np.full((16, 16), 900, np.uint16)
    pixels[2:6, 9:12] = 1100
    for k in range(3):
        write_slice(tmp_path / "export" / "p" / f"{k}", k, pixels=pixels + k)
        pixels[3, 10], pixels[5, 11] = 1300 - k, 1300 - k  # two that are brighter still
    fake_totalsegmentator.install(tmp_path, monkeypatch)
    _ingest(tmp_path, 3)
    asked = Asked(("liver_lesions", "kidney_cysts"), "cpu", fast=True)
    with pytest.raises(ValueError, match="kidney_cysts .*Dataset789_x.* -t kidney_cysts"):
        segment.run(tmp_path / "ingested", None, tmp_path / "first", key=KEY, segmenter="totalsegmentator", asked=asked)
    asked = replace(asked, findings=("liver_lesions",))
    counts = segment.run(
        tmp_path / "ingested", None, tmp_path / "segmented", key=KEY, segmenter="totalsegmentator", asked=asked
    )
    assert counts == {"kept": 2}
    found = list(read_jsonl(tmp_path / "segmented" / "findings.jsonl"))
    assert [row["label"] for row in found] == ["liver_lesion"] * 4  # two on the slices behind the first
    expected = np.zeros((16, 16), np.uint8)
    expected[2:6, 9:12] = 5
    assert all((mask == expected).all() for mask in painted(tmp_path))
    weights = {"liver_lesions": ["Dataset297_x", "Dataset591_x"], "total": ["Dataset297_x"]}
    made = {"segmenter": {"name": "totalsegmentator", "version": "2.18.0", "weights": weights}}
    assert masks_made_by(tmp_path / "segmented", None) == made
    assert sorted(p.name for p in (tmp_path / "segmented").iterdir()) == [
        "accounting.jsonl", "findings.jsonl", "hidden.jsonl", "masks", "segmented.jsonl", "segmenter.json",
    ]  # fmt: skip
