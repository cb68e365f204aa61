"""Burnt-in text on real slices: what the reader finds of planted text, and what it sees where there is none.

    python tests/trust/burnt_in_bench.py SLICES [--planted 60] [--reader rapidocr|tesseract]

SLICES is a folder of single-frame DICOM files or NIfTI volumes. Needs refrad2d[ocr]; tesseract for the comparison.
"""

import argparse
import random
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import nibabel
import numpy as np
import pydicom
from PIL import Image, ImageDraw, ImageFont

from refrad2d.burnt_in import Reading, blank, find_text, looks_written, read_text

TEXTS = (
    "MUELLER^HANS",
    "Müller, Hans",
    "Schmidt Anna 12.04.1953",
    "PAT00123",
    "DOE JOHN",
    "ID: 4711815",
    "Klinikum Nord",
    "MRN 1234567",
)
FONTS = sorted(Path("/usr/share/fonts").rglob("*.ttf"))


def slices(folder: Path) -> list[np.ndarray]:
    """Every frame as (rows, columns), shifted to start at 0."""
    found = []
    for path in sorted(p for p in folder.rglob("*") if p.is_file()):
        if path.name.endswith((".nii", ".nii.gz")):
            volume = np.asarray(nibabel.load(path).dataobj)
            if len(np.unique(volume)) > 200:  # a picture, no mask
                found += [np.rot90(volume[:, :, k]) for k in range(0, volume.shape[2], 4)]
        elif path.read_bytes()[128:132] == b"DICM":
            found.append(pydicom.dcmread(path).pixel_array)
    return [frame.astype(np.int32) - int(frame.min()) for frame in found if frame.ndim == 2]


def plant(frame: np.ndarray, draw: random.Random) -> tuple[np.ndarray, tuple[int, int, int, int]]:
    """The frame with a text somewhere, in a font, size and brightness that devices use, and the box of the text."""
    rows, columns = frame.shape
    font = (
        ImageFont.truetype(draw.choice(FONTS), draw.choice((9, 11, 12, 14, 18))) if FONTS else ImageFont.load_default()
    )
    canvas = Image.new("L", (columns, rows), 0)
    pen, text = ImageDraw.Draw(canvas), draw.choice(TEXTS)
    while (box := pen.textbbox((0, 0), text, font=font))[2] > columns - 4:
        text = text[:-1]
    corner = draw.random() < 0.7
    x = draw.choice((2, columns - box[2] - 3)) if corner else draw.randint(1, columns - box[2] - 2)
    y = draw.choice((2, rows - box[3] - 3)) if corner else draw.randint(1, rows - box[3] - 2)
    pen.text((x, y), text, fill=255, font=font)
    share, top = np.asarray(canvas) / 255, int(frame.max())
    level = draw.choice((top, 4095, int(top * 0.8)))
    return np.round(frame * (1 - share) + level * share).astype(np.uint16), (
        x + box[0],
        y + box[1],
        x + box[2],
        y + box[3],
    )


def read_with_tesseract(picture: np.ndarray) -> list[Reading]:
    """Words that tesseract sees in a picture of twice the size."""
    with tempfile.NamedTemporaryFile(suffix=".png") as file:
        Image.fromarray(picture).resize((picture.shape[1] * 2, picture.shape[0] * 2)).save(file.name)
        table = subprocess.run(
            ["tesseract", file.name, "-", "--psm", "11", "-l", "deu+eng", "tsv"], capture_output=True, text=True
        ).stdout
    words = [line.split("\t") for line in table.splitlines()[1:]]
    boxes = [(*(int(v) / 2 for v in w[6:10]), float(w[10]) / 100, w[11]) for w in words if len(w) == 12]
    return [Reading((x, y, x + width, y + height), text, score) for x, y, width, height, score, text in boxes]


def covered(box: tuple, found: list) -> float:
    """The share of a text's box that lies in the found boxes."""
    x_min, y_min, x_max, y_max = box
    inside = np.zeros((y_max - y_min, x_max - x_min), bool)
    for a, b, c, d in found:
        inside[max(0, b - y_min) : max(0, d - y_min), max(0, a - x_min) : max(0, c - x_min)] = True
    return float(inside.mean())


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("slices", type=Path)
    parser.add_argument("--planted", type=int, default=60)
    parser.add_argument("--reader", choices=("rapidocr", "tesseract"), default="rapidocr")
    args = parser.parse_args()
    reader = {"rapidocr": read_text, "tesseract": read_with_tesseract}[args.reader]
    clean, draw = slices(args.slices), random.Random(0)
    start = time.process_time()
    flagged = sum(bool(find_text(frame, reader)) for frame in clean)
    seconds = (time.process_time() - start) / len(clean)
    suspected = sum(map(looks_written, clean))
    found, exact, quick = 0, 0, 0
    for _ in range(args.planted):
        frame, box = plant(draw.choice(clean), draw)
        boxes = find_text(frame, reader)
        found += covered(box, boxes) > 0.8
        quick += looks_written(frame)
        outside = np.ones(frame.shape, bool)
        for a, b, c, d in boxes:
            outside[b:d, a:c] = False
        exact += np.array_equal(blank(frame, boxes)[outside], frame[outside])
    print(
        "| reader | planted found | quick look suspects them | clean flagged | quick look suspects clean | others bit-exact | CPU s a frame |\n|---|---|---|---|---|---|---|"
    )
    print(
        f"| {args.reader} | {found}/{args.planted} | {quick}/{args.planted} | {flagged}/{len(clean)} | {suspected}/{len(clean)} | {exact}/{args.planted} | {seconds:.2f} |"
    )
    return int(found < args.planted or flagged > 0.02 * len(clean))


if __name__ == "__main__":
    sys.exit(main())
