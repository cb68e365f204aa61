"""Each row of tests/fixtures/inputs/masks.py, made and put before the stage: kept as it says, or dropped as counted."""

import io
import json
from dataclasses import dataclass, field

import nibabel
import numpy as np
import pytest
from PIL import Image
from pydicom.dataset import Dataset

from refrad2d.images.masks.pictures import read_picture
from refrad2d.labels import label_by_name
from refrad2d.stages import ingest, segment
from refrad2d.system.files import read_jsonl
from tests.fixtures.dicom_files import make_slice
from tests.fixtures.export_records import KEY, report_row
from tests.fixtures.inputs.masks import INPUTS

AFFINE = np.array([[-1, 0, 0, 8], [0, -1, 0, 8], [0, 0, 5, 0], [0, 0, 0, 1]], float)  # of the slices of dicom_files
TYPE_2 = dict.fromkeys(
    ("PatientBirthDate", "StudyDate", "StudyTime", "AccessionNumber", "ReferringPhysicianName", "StudyID"), ""
)
FRAME = "1.2.826.0.1.3680043.8.498.9"
LIVER, SPLEEN, KIDNEY = (label_by_name(name).id for name in ("liver", "spleen", "kidney_left"))


def image(k, **elements):
    return make_slice(k, **{**TYPE_2, "FrameOfReferenceUID": FRAME, "Manufacturer": "x", **elements})


def regions(*values, dtype=np.uint8):
    """A NIfTI array of 3 slices: the k-th value fills four columns from 4 k, rows 2 to 9, of every slice."""
    volume = np.zeros((16, 16, 3), dtype)
    for k, value in enumerate(values):
        volume[4 * k : 4 * k + 4, 2:10] = value
    return volume


def seg(*segments, kind="BINARY", **elements):
    """A DICOM SEG by highdicom of `segments`, (name, array (slices, rows, columns)), on images with other `elements`."""
    import highdicom
    from pydicom.sr.codedict import codes

    described = [
        highdicom.seg.SegmentDescription(
            n, name, codes.SCT.Organ, codes.SCT.Organ, highdicom.seg.SegmentAlgorithmTypeValues.MANUAL
        )
        for n, (name, _) in enumerate(segments, start=1)
    ]
    arrays = [array.astype(np.uint8) for _, array in segments]
    numbered = sum(n * array for n, array in enumerate(arrays, start=1))
    return highdicom.seg.Segmentation(
        [image(k, **{name: value(k) if callable(value) else value for name, value in elements.items()}) for k in range(3)],
        numbered if kind == "LABELMAP" else np.stack(arrays, -1), kind, described, series_instance_uid=highdicom.UID(),
        series_number=9, sop_instance_uid=highdicom.UID(), instance_number=1, manufacturer="x",
        manufacturer_model_name="x", software_versions="x", device_serial_number="x",
    )  # fmt: skip


def corner(rows=8, columns=4):
    """A binary array (slices, rows, columns)."""
    array = np.zeros((3, 16, 16), np.uint8)
    array[:, :rows, :columns] = 1
    return array


def with_background():
    """A LABELMAP whose number 1 is the background of all of it."""
    return seg(("Background", 1 - corner()), ("Liver", corner()), kind="LABELMAP")


def coded(label, kind, region="", side=""):
    """A DICOM SEG of one segment with a label, and codes of these meanings."""
    made = seg((label, corner()))
    (segment,) = made.SegmentSequence
    segment.SegmentedPropertyTypeCodeSequence[0].CodeMeaning = kind
    if region:
        segment.AnatomicRegionSequence = [meaning(region)]
        segment.AnatomicRegionSequence[0].AnatomicRegionModifierSequence = [meaning(side)]
    return made


def meaning(text):
    code = Dataset()
    code.CodeValue, code.CodingSchemeDesignator, code.CodeMeaning = "1", "SCT", text
    return code


@dataclass(frozen=True)
class Case:
    """Files by path (arrays as NIfTI, texts, datasets), the classes that must be painted, labels of the findings."""

    files: dict
    ids: frozenset = frozenset()
    findings: frozenset = frozenset()
    counts: dict = field(default_factory=dict)
    affine: np.ndarray = field(default_factory=lambda: AFFINE)


def _case(files, *ids, findings=(), affine=AFFINE, **counts):
    return Case(files, frozenset(ids), frozenset(findings), counts, affine)


TWO, ONE = regions(1, 2), regions(1)
ATLAS = np.zeros((16, 16, 3), np.uint8)
ATLAS[2:12, 2:8] = 1 + np.arange(60).reshape(10, 6, 1)
NAMES = {"0": "background", "1": "Leber", "2": "spleen"}
SHIFTED = AFFINE + np.array([[0, 0, 0, 1]] + 3 * [4 * [0]])
OTHER = "1.2.826.0.1.3680043.8.498.77"
CASES = {
    "one class, file named as ours": _case({"liver.nii.gz": ONE}, LIVER),
    "one class, file named in German": _case({"Niere_links.nii.gz": ONE}, KIDNEY),
    "one class, file named after a case and a class (`s0001_liver`)": _case({"s0001_liver.nii.gz": ONE}, LIVER),
    "one class with value 255, in a folder named after it": _case({"liver/mask.nii.gz": regions(255)}, LIVER),
    "one finding, file named after it": _case({"liver_tumor.nii.gz": ONE}, findings=["liver_tumor"]),
    "one class, file named after a structure that we do not know (`face`)": _case({"face.nii.gz": ONE}),
    "one class, file named after a part (`heart_atrium_left`)": _case({"heart_atrium_left.nii.gz": ONE}),
    "one class, file named `label`": _case({"label.nii.gz": ONE}),
    "one class, file and table differ": _case({"liver.nii.gz": ONE, "labels.csv": "1,spleen\n"}),
    "values 1 to 4 alone, no table": _case({"m.nii.gz": TWO}),
    "values 1 to 13 without a gap, no table (AMOS)": _case({"m.nii.gz": regions(*range(1, 14))}),
    "values 19 to 24 without a gap, no table (VerSe)": _case({"m.nii.gz": regions(*range(19, 25))}),
    "values 1 to 60 without a gap, no table (an atlas)": _case({"m.nii.gz": ATLAS}),
    "values, table in UTF-16": _case({"m.nii.gz": TWO, "labels.csv": "id,name\n1,liver\n2,spleen\n".encode("utf-16")}, LIVER, SPLEEN),
    "values, numbers in the table as 1.0": _case({"m.nii.gz": TWO, "t.csv": "id,name\n1.0,liver\n2.0,spleen\n"}, LIVER, SPLEEN),
    "values, a JSON gives one two names": _case({"m.nii.gz": TWO, "labels.json": '{"1": "liver", "1": "aorta", "2": "spleen"}'}),
    "one class in all corners of the volume (inverted)": _case({"liver.nii.gz": 1 - ONE}),
    "one class in every voxel": _case({"liver.nii.gz": np.ones_like(ONE)}),
    "background numbered 1, no table, corners full of it": _case({"m.nii.gz": np.where(ONE > 0, 40, 5).astype(np.uint8)}),
    "named after another case of the export (`case2_seg`), which is broken": _case({"case2_seg.nii.gz": regions(1, 5)}),
    "named after the accession number of the series and a class": _case({"ACC901_liver.nii.gz": ONE}, LIVER),
    "named after another accession number of that kind": _case({"ACC905_liver.nii.gz": ONE}),
    "a segment whose label and codes name two classes": lambda: _case({"s.dcm": coded("Liver", "Spleen")}),
    "an organ by its anatomic region and side": lambda: _case({"s.dcm": coded("Niere", "Organ", "Kidney", "Left")}, KIDNEY),
    "a segment around all (inverted)": lambda: _case({"s.dcm": seg(("Liver", 1 - np.roll(corner(), (4, 4), (1, 2))))}),
    "PatientID in other letters": lambda: _case({"s.dcm": seg(("Liver", corner()), PatientID="p1")}, LIVER),
    "values of the assumed scheme": _case({"m.nii.gz": regions(1, 5)}, SPLEEN, LIVER),
    "a value outside the assumed scheme": _case({"m.nii.gz": regions(1, 5, 200)}),
    "training labels (`labelsTr`) without their table": _case({"labelsTr/colon_001.nii.gz": regions(1, 9)}),
    "training labels beside their dataset.json": _case(
        {"labelsTr/liver_001.nii.gz": TWO, "dataset.json": json.dumps({"labels": {**NAMES, "2": "cancer of the liver"}})},
        LIVER, findings=["mass_liver"],
    ),
    "values, labels.json beside them": _case({"m.nii.gz": TWO, "labels.json": json.dumps(NAMES)}, LIVER, SPLEEN),
    "values, CSV beside them": _case({"m.nii.gz": TWO, "t.csv": "name;value\nLeber;1\nMilz;2\n"}, LIVER, SPLEEN),
    "values, colour table of 3D Slicer or FreeSurfer": _case(
        {"m.nii.gz": TWO, "t.ctbl": "0 background 0 0 0 0\n1 liver 9 9 9 255\n2 spleen 9 9 9 255\n"}, LIVER, SPLEEN
    ),
    "values, colour table of ITK-SNAP": _case(
        {"m.nii.gz": TWO, "t.label": '0 0 0 0 0 0 0 "Clear Label"\n1 9 9 9 1 1 1 "liver"\n2 9 9 9 1 1 1 "spleen"\n'},
        LIVER, SPLEEN,
    ),
    "values, background numbered in the table": _case(
        {"m.nii.gz": regions(1, 2, 3), "t.csv": "1,Background\n2,liver\n3,spleen\n"}, LIVER, SPLEEN
    ),
    "values, the table lacks one": _case({"m.nii.gz": TWO, "t.csv": "1,liver\n"}),
    "values, the table gives one two names": _case({"m.nii.gz": TWO, "t.csv": "1,liver\n1,spleen\n2,aorta\n"}),
    "organs that overlap, a file each": _case(
        {"liver.nii.gz": regions(1, 1, 1), "spleen.nii.gz": regions(0, 1)}, LIVER, SPLEEN, organ_overlap_pixels=96
    ),
    "two files of nearly the same voxels, two organs": _case(
        {"liver.nii.gz": ONE, "spleen.nii.gz": ONE, "aorta.nii.gz": regions(0, 0, 1)},
        label_by_name("aorta").id, contradicting_organs=2,
    ),
    "no whole numbers": _case({"liver.nii.gz": regions(0.5, dtype=np.float32)}),
    "another grid": _case({"liver.nii.gz": ONE}, affine=SHIFTED),
    "in the folder of another patient of the export": _case({"broken/liver.nii.gz": ONE}),
    "named after the UID of a series that is not there": _case({f"{OTHER}/liver.nii.gz": ONE}),
    "BINARY of the series": lambda: _case({"s.dcm": seg(("Leber", corner()))}, LIVER),
    "LABELMAP with PixelPaddingValue 0": lambda: _case({"s.dcm": seg(("Liver", corner()), kind="LABELMAP")}, LIVER),
    "LABELMAP with a segment Background": lambda: _case({"s.dcm": with_background()}, LIVER),
    "a lesion inside an organ": lambda: _case(
        {"s.dcm": seg(("Liver metastasis", corner(4, 2)), ("Liver", corner()))}, LIVER, findings=["liver_metastasis"]
    ),
    "segments that mean nothing to us": lambda: _case({"s.dcm": seg(("Segment 1", corner()))}),
    "of another patient": lambda: _case({"s.dcm": seg(("Liver", corner()), PatientID="P2")}),
    "of another study": lambda: _case({"s.dcm": seg(("Liver", corner()), StudyInstanceUID=OTHER)}),
    "of another series": lambda: _case({"s.dcm": seg(("Liver", corner()), SeriesInstanceUID=OTHER)}),
    "of another frame of reference": lambda: _case({"s.dcm": seg(("Liver", corner()), FrameOfReferenceUID=OTHER)}),
    "of images that are not there": lambda: _case(
        {"s.dcm": seg(("Liver", corner()), SOPInstanceUID=lambda k: f"{OTHER}.{k + 1}")}
    ),
}  # fmt: skip


@pytest.fixture(scope="module")
def ingested(tmp_path_factory):
    """A CT of three slices in the folder p, and a broken image of somebody else in the folder broken."""
    root = tmp_path_factory.mktemp("inputs")
    for folder in ("p", "broken"):
        (root / "export" / folder).mkdir(parents=True)
    for k in range(3):
        image(k, AccessionNumber="ACC901").save_as(root / "export" / "p" / f"{k}", enforce_file_format=True)
    broken = (root / "export" / "p" / "0").read_bytes()[:600]
    (root / "export" / "broken" / "0").write_bytes(broken)
    (root / "export" / "case2.nii.gz").write_bytes(broken)
    ingest.run(root / "export", [report_row(path="p")], root / "ingested", key=KEY, burnt_in_text="keep")
    return root / "ingested"


def write(folder, case):
    for name, content in case.files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if isinstance(content, str | bytes):
            path.write_bytes(content.encode() if isinstance(content, str) else content)
        elif isinstance(content, np.ndarray):
            nibabel.save(nibabel.Nifti1Image(content, case.affine), path)
        else:
            content.save_as(path)


def test_every_row_has_its_case():
    assert sorted(CASES) == sorted(row.variant for row in INPUTS if row.format in ("NIfTI", "DICOM SEG"))


@pytest.mark.parametrize("row", [r for r in INPUTS if r.variant in CASES], ids=lambda row: row.variant)
def test_what_happens(tmp_path, ingested, row):
    case = CASES[row.variant]() if callable(CASES[row.variant]) else CASES[row.variant]
    write(tmp_path / "masks", case)
    counts = segment.run(ingested, tmp_path / "masks", tmp_path / "out", key=KEY)
    lines = list(read_jsonl(tmp_path / "out" / "accounting.jsonl"))
    assert [line["n"] for line in lines] == list(range(len(case.files)))
    slices = {scan["series"]: len(scan["frames"]) for scan in read_jsonl(ingested / "series.jsonl")}
    pictures = [
        read_picture(path, n) for path in (tmp_path / "out" / "masks").glob("*.masks") for n in range(slices[path.stem])
    ]
    painted = {int(v) for picture in pictures for v in np.unique(Image.open(io.BytesIO(picture)))} - {0}
    found = {finding["label"] for finding in read_jsonl(tmp_path / "out" / "findings.jsonl")}
    dropped = {line["reason"] for line in lines if line["reason"]}
    assert (painted, found) == (case.ids, case.findings)
    assert dropped == (set() if row.outcome == "kept" else {row.how})
    assert {
        name: counts[name] for name in ("organ_overlap_pixels", "contradicting_organs") if counts[name]
    } == case.counts


def test_one_tree_of_images_and_masks_is_accounted_for_once(tmp_path):
    """The layout of TotalSegmentator's own data set: a folder a subject, its masks below it."""
    for subject in ("s0001", "s0002"):
        noise = np.random.default_rng(0).integers(-1000, 1000, (16, 16, 3), dtype=np.int16)
        (tmp_path / "tree" / subject / "segmentations").mkdir(parents=True)
        nibabel.save(nibabel.Nifti1Image(noise, AFFINE), tmp_path / "tree" / subject / "ct.nii.gz")
        for name, volume in (("liver", regions(1)), ("spleen", regions(0, 1)), ("face", regions(0, 0, 1))):
            path = tmp_path / "tree" / subject / "segmentations" / f"{name}.nii.gz"
            nibabel.save(nibabel.Nifti1Image(volume, AFFINE), path)
    tree, done = tmp_path / "tree", tmp_path / "ingested"
    ingest.run(tree, [report_row(path="s0001")], done, key=KEY, masks=tree, modality="CT", burnt_in_text="keep")
    counts = segment.run(done, tree, tmp_path / "out", key=KEY)
    lines = [line for folder in (done, tmp_path / "out") for line in read_jsonl(folder / "accounting.jsonl")]
    assert sorted(line["n"] for line in lines) == list(range(8))
    assert [line["n"] for line in lines if line["root"] == "export"] == [0, 4]
    assert counts == {"kept": 4, "dropped_mask_without_class": 2}
    assert len(list(read_jsonl(done / "series.jsonl"))) == 2
