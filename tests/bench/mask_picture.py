"""The picture of docs/masks.md: `python -m tests.bench.mask_picture MODEL docs/images/masks.png [TOTALSEGMENTATOR_DATA]`.

A slice of a phantom patient whom no training saw, and a real CT slice where the example files of TotalSegmentator are
given. From left to right: the slice, its true masks, and what the model finds when it is asked for each structure by
name: its boxes and the masks in them. Below: the structures and the Dice of their masks.
"""

import argparse
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from radgrounder.inference.predictor import Predictor
from radgrounder.masks.targets import as_mask, select
from radgrounder.metrics.masks import boundary, mask_dice
from refrad2d.boxes import objects, visible
from refrad2d.conversations import prompt
from refrad2d.drawing import PALETTE
from refrad2d.grounding import Box, as_box, parse, to_pixels
from refrad2d.labels import label_by_name
from refrad2d.phantom import sample_slice
from refrad2d.windows import resize_mask, windows
from tests.bench.real_images import VOLUMES, read_rows

SHOWN = 384  # px of a slice in the picture
MOST = 8  # structures of a slice, the largest
SEEDS = range(990_000_000, 990_000_064, 8)  # a patient each; pretraining and `radgrounder heldout` draw others
REAL = "CT of another patient"  # of `tests.bench.real_images`, an abdomen
VEIL = 0.45

Found = list[tuple[str, Box | None, np.ndarray | None]]  # label, box and mask (224, 224) of each structure


def phantom_row() -> dict[str, Any]:
    """Of a few abdominal slices the one that shows the most structures."""
    drawn = [sample_slice(seed, size=224, regions=("abdomen_ct",)) for seed in SEEDS]
    rows = [
        {"image": Image.fromarray(windows(one["pixels"], "CT")), "mask": one["mask"], "objects": objects(one["mask"])}
        for one in drawn
    ]
    return max(rows, key=lambda row: len(visible(row["objects"])))


def real_row(data: Path) -> dict[str, Any]:
    """Of a real volume the slice that shows the most structures."""
    return max(read_rows(data, REAL), key=lambda row: len(visible(row["objects"])))


def truth(row: Mapping[str, Any]) -> Found:
    """The largest structures of a slice."""
    largest = sorted(visible(row["objects"]), key=lambda found: -found["pixels"])[:MOST]
    small = resize_mask(as_mask(row["mask"]))
    return [(one["label"], as_box(one["box"]), select(small, (one["label"],))) for one in largest]


def ask(predictor: Predictor, row: Mapping[str, Any], names: Sequence[str]) -> Found:
    """What the model draws for each name; no box where it says that the structure is not visible."""
    asked = [prompt("locate", "en", name=label_by_name(name).english) for name in names]
    answers = predictor.generate([row["image"]] * len(asked), asked, locate=True)
    turns = list(zip(asked, answers, strict=True))
    masks = iter(predictor.mask_reader().read([row["image"]], [turns], [(224, 224)])[0])
    found: Found = []
    for name, markup in zip(names, answers, strict=True):
        spans = parse(markup).spans
        drawn = [next(masks) for _ in spans]
        found.append((name, spans[0].box if spans else None, drawn[0] if drawn else None))
    return found


def draw(picture: Image.Image, found: Found, *, boxes: bool) -> Image.Image:
    """The slice in grey with coloured masks, and boxes."""
    grey = np.asarray(picture.convert("RGB"))[..., 1:2].repeat(3, axis=2)  # the soft tissue window
    shown = np.asarray(Image.fromarray(grey).resize((SHOWN, SHOWN), Image.Resampling.BILINEAR)).astype(np.float64)
    for number, (_, _, mask) in enumerate(found):
        if mask is not None:
            large = np.asarray(Image.fromarray(mask).resize((SHOWN, SHOWN), Image.Resampling.NEAREST))
            colour = np.array([int(PALETTE[number][n : n + 2], 16) for n in (1, 3, 5)])
            shown[large] = (1 - VEIL) * shown[large] + VEIL * colour
            shown[boundary(large)] = colour
    tile = Image.fromarray(shown.astype(np.uint8))
    canvas = ImageDraw.Draw(tile)
    for number, (_, box, _) in enumerate(found):
        if boxes and box:
            canvas.rectangle(to_pixels(box, SHOWN - 1, SHOWN - 1), outline=PALETTE[number], width=1)
    return tile


def strip(name: str, row: Mapping[str, Any], predictor: Predictor) -> Image.Image:
    """One slice: as it is, with its true masks, with what the model draws; the Dice of each below."""
    true = truth(row)
    found = ask(predictor, row, [label for label, *_ in true])
    font, line = ImageFont.load_default(size=14), 20
    strip_ = Image.new("RGB", (3 * SHOWN + 16, SHOWN + 3 * line + 12), "#16181d")
    for column, tile in enumerate(
        (
            draw(row["image"], [], boxes=False),
            draw(row["image"], true, boxes=False),
            draw(row["image"], found, boxes=True),
        )
    ):
        strip_.paste(tile, (column * (SHOWN + 8), line))
    canvas = ImageDraw.Draw(strip_)
    for column, words in enumerate((name, "true masks", "boxes and masks of the model")):
        canvas.text((column * (SHOWN + 8) + 4, 1), words, fill="#ffffff", font=font)
    x, y = 4.0, SHOWN + line + 6
    for number, ((label, _, mask), (_, _, guess)) in enumerate(zip(true, found, strict=True)):
        words = f"{label.replace('_', ' ')} {mask_dice(guess, mask):.2f}"
        if x + font.getlength(words) > strip_.width - 8:
            x, y = 4.0, y + line
        canvas.text((x, y), words, fill=PALETTE[number], font=font)
        x += font.getlength(words) + 22
    return strip_


def main() -> int:
    """Ask, draw, save."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("model")
    parser.add_argument("out", type=Path)
    parser.add_argument("data", type=Path, nargs="?")
    given = parser.parse_args()
    predictor = Predictor.load(given.model)
    strips = [strip("phantom, CT", phantom_row(), predictor)]
    if given.data and all((given.data / part).exists() for part in VOLUMES[REAL][:2]):
        strips.append(strip("real CT (TotalSegmentator's example)", real_row(given.data), predictor))
    else:
        print("No real slice: the example files of TotalSegmentator are absent. The picture shows the phantom alone.")
    sheet = Image.new("RGB", (strips[0].width, sum(one.height for one in strips)))
    for number, one in enumerate(strips):
        sheet.paste(one, (0, number * strips[0].height))
    sheet.quantize(256, dither=Image.Dither.NONE).save(given.out, optimize=True)
    print(f"{given.out}: {sheet.width} × {sheet.height}, {given.out.stat().st_size:,} bytes")
    return 0


if __name__ == "__main__":
    sys.exit(main())
