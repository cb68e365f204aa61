"""The build on real images: a DICOM CT series (JPEG 2000, empty UIDs, private tags), a CT and an MR volume, their masks."""

import io
import json
import shutil

import numpy as np
import pytest
from datasets import load_dataset
from PIL import Image

from refrad2d.labels import label_by_name
from refrad2d.operations.build import build
from refrad2d.samples import read_samples
from refrad2d.stages.pipeline import Options

REPORTS = {
    ("ct", "de", "CT"): "Die Leber ist homogen, im Vergleich zur Voruntersuchung unverändert. Milz normal groß. "
    "Die Aorta ist nicht erweitert. Nebennieren beidseits schlank.",
    ("ct", "en", "CT"): "The liver is homogeneous, unchanged since the prior study. Normal spleen. "
    "The aorta is not dilated. Both adrenal glands are slender.",
    (
        "body",
        "de",
        "CT",
    ): "Beide Nieren ohne Harnstau. Glatt begrenzte Harnblase. Rechte Hüfte ohne Fraktur. LWK 4 regelrecht.",
    (
        "body",
        "en",
        "CT",
    ): "No hydronephrosis of either kidney. The urinary bladder is smooth. No fracture of the right hip. L4 is normal.",
    ("mr", "de", "MR"): "Leber und Milz ohne Läsion. Linke Niere regelrecht.",
    ("mr", "en", "MR"): "No lesion of liver or spleen. The left kidney is normal.",
}


@pytest.fixture(scope="module")
def built(shared, tmp_path_factory):
    data, root = shared / "data" / "totalsegmentator", tmp_path_factory.mktemp("real")
    shutil.copytree(data / "example_ct_dicom", root / "export" / "ct")
    for folder, image, mask in (
        ("ct", None, "example_seg_dicom"), ("body", "example_ct", "example_seg_fast_force_split"), ("mr", "example_mr_sm", "example_seg_mr"),
    ):  # fmt: skip
        (root / "masks" / folder).mkdir(parents=True)
        shutil.copy(data / f"{mask}.nii.gz", root / "masks" / folder / "m.nii.gz")
        if image:
            (root / "export" / folder).mkdir()
            shutil.copy(data / f"{image}.nii.gz", root / "export" / folder / "i.nii.gz")
    lines = [json.dumps({"path": p, "language": l, "Modality": m, "report": t}) for (p, l, m), t in REPORTS.items()]
    (root / "reports.jsonl").write_text("\n".join(lines))
    (root / "key").write_text("01" * 32)
    stats = build(
        root / "export", root / "reports.jsonl", root / "out", root / "key", Options(masks=root / "masks", workers=2)
    )
    return root / "out", stats


def rows(built):
    for shard in sorted((built[0] / "refrad2d-wds").glob("*.tar")):
        for _, sample in read_samples(shard):
            mask = np.asarray(Image.open(io.BytesIO(sample["mask.png"])))
            pixels = np.asarray(Image.open(io.BytesIO(sample["pixels.png"])))
            yield json.loads(sample["json"]), pixels, mask


def test_all_files_and_masks_are_kept(built):
    files = built[1]["files"]
    assert files["export"] == {"kept": 22} and files["masks"] == {"kept": 3}


def test_boxes_hold_exactly_the_organ(built):
    seen = set()
    for row, _, mask in rows(built):
        for report in filter(None, row["report"].values()):
            for span in report["spans"]:
                inside = np.isin(mask, [label_by_name(name).id for name in span["labels"]])
                height, width = mask.shape
                x0, y0, x1, y1 = np.round(np.multiply(span["box"], (width, height, width, height))).astype(int)
                assert inside[y0:y1, x0:x1].sum() == inside.sum() > 0
                seen |= set(span["labels"])
    assert seen >= {
        "liver",
        "spleen",
        "aorta",
        "kidney_left",
        "kidney_right",
        "urinary_bladder",
        "hip_right",
        "vertebrae_L4",
    }


def test_left_is_left(built):
    """Radiological display: what lies on the patient's right is at image left, and the spine behind the aorta below it."""
    centres = {}
    for row, _, _ in rows(built):
        for o in row["objects"]:
            x0, y0, x1, y1 = o["box"]
            centres.setdefault((row["series"], o["label"]), []).append(((x0 + x1) / 2, (y0 + y1) / 2))
    mean = {key: np.mean(value, axis=0) for key, value in centres.items()}
    for series in {series for series, _ in mean}:
        for right, left in (
            ("liver", "spleen"),
            ("kidney_right", "kidney_left"),
            ("autochthon_right", "autochthon_left"),
        ):
            if (series, right) in mean and (series, left) in mean:
                assert mean[series, right][0] < mean[series, left][0]
        assert mean[series, "liver"][1] < mean[series, "autochthon_left"][1] if (series, "liver") in mean else True


def test_tissue_under_the_masks_is_what_it_should_be(built):
    """Hounsfield units are right if the liver is soft tissue and the vertebrae are bone."""
    for row, pixels, mask in rows(built):
        if row["modality"] == "CT":
            hu = pixels * row["slope"] + row["intercept"]
            liver = hu[mask == label_by_name("liver").id]
            if liver.size > 500:
                assert 20 < np.median(liver) < 180


def test_mr_is_mr_and_temporal_phrases_are_gone(built):
    found = [
        (row["modality"], report["findings"]) for row, *_ in rows(built) for report in row["report"].values() if report
    ]
    assert {modality for modality, _ in found} == {"CT", "MR"}
    assert not [text for _, text in found if "Vergleich" in text or "prior" in text]


def test_it_loads(built):
    splits = load_dataset(str(built[0] / "refrad2d"), "grounded")
    assert sum(map(len, splits.values())) == sum(built[1]["rows"]["grounded"].values()) > 10
