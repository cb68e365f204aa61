"""Real anatomy through the nano: `python -m tests.bench.real_images TOTALSEGMENTATOR_DATA [--steps 600]`.

The base has seen no real tissue. Printed is how well it finds the structures of real CT and MR slices as it is, and
after the recipe of the demo has trained it on the 112 slices of one of the CTs: an overfit test on one patient, which
shows that the recipe moves onto real anatomy, not that the model generalises. Results go to docs/results/real-images.json.
"""

import argparse
import io
import json
import sys
import tempfile
from pathlib import Path

import nibabel
import numpy as np
import pydicom
from PIL import Image

from radgrounder.benchmarks.refrad2d import eligible, mean_boxes
from radgrounder.inference.predictor import Predictor
from radgrounder.metrics.boxes import iou
from radgrounder.models.fingerprint import weights_digest
from radgrounder.models.prepare import prepare
from radgrounder.training.mixtures import write_config
from radgrounder.training.runs import train
from refrad2d.boxes import objects
from refrad2d.conversations import prompt, sft_row, turn
from refrad2d.grounding import locate_answer, parse
from refrad2d.images.masks.tables import load_scheme
from refrad2d.labels import label_by_name
from refrad2d.windows import windows
from tests.fixtures.paths import ROOT

RECIPE = ROOT / "sft/recipes/nano/detection.yaml"
VOLUMES = {  # what is printed → image, mask, modality, table of the mask's numbers
    "CT, trained on": ("example_ct.nii.gz", "example_seg_fast_force_split.nii.gz", "CT", "total"),
    "CT of another patient": ("example_ct_dicom", "example_seg_dicom.nii.gz", "CT", "total"),
    "MR": ("example_mr_sm.nii.gz", "example_seg_mr.nii.gz", "MR", "total_mr"),
}


def read_rows(data: Path, name: str) -> list[dict]:
    """The axial slices of a volume as rows: `image` and `mask` as pictures, `objects`, `modality`, `plane`."""
    image, mask, modality, scheme = VOLUMES[name]
    volume = read_series(data / image) if (data / image).is_dir() else read_nifti(data / image)
    numbers = np.zeros(256, np.uint8)
    for number, class_name in load_scheme(scheme).items():
        numbers[number] = label_by_name(class_name).id
    rows = []
    for k, (pixels, ids) in enumerate(zip(volume, numbers[read_nifti(data / mask).astype(int)], strict=True)):
        rows.append(
            {
                "id": f"{name} {k}", "modality": modality, "plane": "axial", "objects": objects(ids),
                "image": Image.fromarray(windows(pixels, modality)), "mask": Image.fromarray(ids),
            }
        )  # fmt: skip
    return rows


def read_nifti(path: Path) -> np.ndarray:
    """(slice, row, column) from below, R at the left and anterior up."""
    return nibabel.as_closest_canonical(nibabel.load(path)).get_fdata()[::-1, ::-1].transpose(2, 1, 0)


def read_series(folder: Path) -> np.ndarray:
    """The same of axial DICOM slices, in HU."""
    files = sorted(map(pydicom.dcmread, folder.iterdir()), key=lambda d: float(d.ImagePositionPatient[2]))
    return np.stack([d.pixel_array * float(d.RescaleSlope) + float(d.RescaleIntercept) for d in files])


def locate_turns(rows: list[dict]) -> list[dict]:
    """The conversations that ask for a place, as rows of the sft config."""
    turns = []
    for row in rows:
        buffer = io.BytesIO()
        row["image"].save(buffer, "PNG")
        for label, box in eligible(row):
            name = label_by_name(label).english
            pair = turn(prompt("locate", "en", name=name), locate_answer(name, label, box))
            turns.append(sft_row({"bytes": buffer.getvalue(), "path": f"{row['id']}.png"}, pair))
    return turns


def score(model: Path, rows: list[dict], batch: int = 64) -> dict[str, float]:
    """mIoU of the locate prompt over all structures of at least 20 pixels."""
    pairs = [(row, label, box) for row in rows for label, box in eligible(row)]
    predictor = Predictor.load(str(model), batch_size=batch)
    asked = [prompt("locate", "en", name=label_by_name(label).english) for _, label, _ in pairs]
    written = predictor.generate([r["image"] for r, *_ in pairs], asked, locate=True)
    answers = [parse(text).spans for text in written]
    found = [iou(spans[0].box if spans else None, box) for spans, (*_, box) in zip(answers, pairs, strict=True)]
    return {"miou": float(np.mean(found)), "n": len(found)}


def score_mean_box(rows: list[dict], known: list[dict]) -> float:
    """mIoU of the mean box of the class over `known` rows."""
    boxes = mean_boxes(known)
    found = [
        iou(boxes.get((label, row["modality"], row["plane"])), box) for row in rows for label, box in eligible(row)
    ]
    return float(np.mean(found))


def main() -> int:
    """Build, score, train, score again."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("data", type=Path)
    parser.add_argument("--base", default=str(ROOT / "sft/bases/nano"))
    parser.add_argument("--steps", type=int, default=600)
    parser.add_argument("--out", type=Path, default=ROOT / "docs/results/real-images.json")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder)
        rows = {name: read_rows(options.data, name) for name in VOLUMES}
        trained_on = next(iter(VOLUMES))
        turns = locate_turns(rows[trained_on])
        write_config({"train": turns, "validation": turns[:64]}, work / "sft", about="One real CT.")
        prepare(options.base, work / "base")
        train(RECIPE, work / "sft", work / "run", base=work / "base", steps=options.steps, seed=0)
        results = {
            name: {
                "slices": len(some),
                "base": score(Path(options.base), some),
                "mean box of the CT": {"miou": score_mean_box(some, rows[trained_on])},
                "after": score(work / "run/model", some),
            }
            for name, some in rows.items()
        }
    table = [
        f"| images | slices | places | base | mean box of that CT | after {options.steps} steps |",
        "|---|---|---|---|---|---|",
    ]
    for name, r in results.items():
        cells = (r["slices"], r["base"]["n"], *(f"{r[k]['miou']:.3f}" for k in ("base", "mean box of the CT", "after")))
        table.append(f"| {name} | " + " | ".join(map(str, cells)) + " |")
    print("\n".join(table))
    found = {"base": weights_digest(Path(options.base)), "steps": options.steps, "images": results}
    options.out.write_text(json.dumps(found, indent=2) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
