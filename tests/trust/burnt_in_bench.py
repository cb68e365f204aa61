"""Burnt-in text in real slices: what the reader finds of planted text, and what it takes for text where there is none.

    python -m tests.trust.burnt_in_bench SLICES [SLICES …] [--planted 10] [--most 60]

SLICES are folders of single-frame DICOM files or NIfTI volumes; of each, `--most` slices are read. Texts are planted in
several manners, `--planted` of each.
"""

import random
import sys
import time
from pathlib import Path

import nibabel
import numpy as np
import pydicom
from PIL import Image, ImageDraw, ImageFont

from refrad2d.privacy.burnt_in import blank, find_text, load_reader
from tests.trust.outcome import Outcome, arguments, finish

TEXTS = (
    "MUELLER^HANS",
    "Müller, Hans",
    "Schmidt Anna 12.04.1953",
    "PAT00123",
    "DOE JOHN",
    "ID: 4711815",
    "Klinikum Nord",
    "MRN 1234567",
    "Groß, Jürgen *03.05.61",
    "M 067Y 24-NOV-2026",
)
FONTS = sorted(Path("/usr/share/fonts").rglob("*.ttf"))
# manner → heights of the font in pixels
MANNERS = {
    "bright": (10, 12, 14, 18),
    "small": (7, 8),
    "large": (26, 36),
    "dark on tissue": (10, 12, 14, 18),
    "faint": (12, 16),
    "dark in a bright box": (12, 16),
    "bottom to top": (12, 16),
    "top to bottom": (12, 16),
    "upside down": (12, 16),
}
_TURNS = {
    "bottom to top": Image.Transpose.ROTATE_90,
    "top to bottom": Image.Transpose.ROTATE_270,
    "upside down": Image.Transpose.ROTATE_180,
}
THOROUGH = 20  # clean slices of each folder that are read thoroughly as well
Box = tuple[int, int, int, int]


def slices(folder: Path, most: int) -> list[np.ndarray]:
    """Some frames as (rows, columns), shifted to start at 0."""
    found = []
    for path in sorted(p for p in folder.rglob("*") if p.is_file()):
        if path.name.endswith((".nii", ".nii.gz")):
            volume = np.asarray(nibabel.load(path).dataobj)
            if len(np.unique(volume)) > 200:  # a picture, no mask
                found += [np.rot90(volume[:, :, k]) for k in range(0, volume.shape[2], 4)]
        elif path.read_bytes()[128:132] == b"DICM":
            found.append(pydicom.dcmread(path).pixel_array)
    found = [frame.astype(np.int32) - int(frame.min()) for frame in found if frame.ndim == 2]
    return random.Random(0).sample(found, min(most, len(found)))


def plant(frame: np.ndarray, manner: str, draw: random.Random) -> tuple[np.ndarray, Box] | None:
    """The frame with a text somewhere, and the box of the text; None if the frame has no place for it."""
    rows, columns = frame.shape
    tile = write(draw.choice(TEXTS), draw.choice(MANNERS[manner]), min(rows, columns) - 6, draw)
    share = np.asarray(tile.transpose(_TURNS[manner]) if manner in _TURNS else tile) / 255
    height, width = share.shape
    if height >= rows or width >= columns:
        return None
    top = int(frame.max())
    for _ in range(200):
        corner = draw.random() < 0.5 and manner != "dark on tissue"
        x = draw.choice((1, columns - width - 1)) if corner else draw.randrange(columns - width)
        y = draw.choice((1, rows - height - 1)) if corner else draw.randrange(rows - height)
        below = frame[y : y + height, x : x + width]
        if manner != "dark on tissue" or np.percentile(below, 10) > 0.15 * top:
            break
    else:
        return None
    level = {"dark on tissue": 0, "dark in a bright box": 0, "faint": below.max() + 0.12 * top}.get(
        manner, draw.choice((top, 4095, top * 0.8))
    )
    below = np.full(below.shape, top) if manner == "dark in a bright box" else below
    written = frame.astype(float)
    written[y : y + height, x : x + width] = below * (1 - share) + level * share
    return np.round(written).astype(np.uint16), (x, y, x + width, y + height)


def write(text: str, size: int, room: int, draw: random.Random) -> Image.Image:
    """A text in some font, in white on black, cut so that it is no wider than `room`."""
    font = ImageFont.truetype(draw.choice(FONTS), size)
    while (box := font.getbbox(text))[2] > room:
        text = text[:-1]
    tile = Image.new("L", (int(box[2]) + 2, int(box[3]) + 2), 0)
    ImageDraw.Draw(tile).text((1, 0), text, fill=255, font=font)
    return tile


def covered(box: Box, found: list[Box]) -> float:
    """The share of a text's box that lies in the found boxes."""
    x_min, y_min, x_max, y_max = box
    inside = np.zeros((y_max - y_min, x_max - x_min), bool)
    for a, b, c, d in found:
        inside[max(0, b - y_min) : max(0, d - y_min), max(0, a - x_min) : max(0, c - x_min)] = True
    return float(inside.mean())


def check_manner(manner: str, frames: list[np.ndarray], number: int) -> tuple[list[Outcome], int]:
    """Texts planted in one manner, in one slice of a series and in all; and of how many the other pixels stayed."""
    draw, start = random.Random(manner), time.monotonic()
    once = everywhere = exact = made = 0
    while made < number:
        planted = plant(draw.choice(frames), manner, draw)
        if planted is None:
            continue
        frame, box = planted
        made += 1
        boxes = find_text(frame)
        found = covered(box, boxes) > 0.8
        once += found
        if not found:  # a thorough look sees what a plain one sees, and more
            boxes = find_text(frame, thorough=True)
        everywhere += covered(box, boxes) > 0.8
        outside = np.ones(frame.shape, bool)
        for a, b, c, d in boxes:
            outside[b:d, a:c] = False
        exact += np.array_equal(blank(frame, boxes)[outside], frame[outside])
    name = f"{manner}, {min(MANNERS[manner])} to {max(MANNERS[manner])} px"
    seconds = time.monotonic() - start
    return [
        Outcome(f"text in one slice of a series: {name}", made, once, "all", once == made, seconds),
        Outcome(f"text in every slice of a series: {name}", made, everywhere, "all", everywhere == made),
    ], exact


def main() -> int:
    parser = arguments(__doc__)
    parser.add_argument("slices", type=Path, nargs="+", help="folders of slices")
    parser.add_argument("--planted", type=int, default=10, help="texts of each manner")
    parser.add_argument("--most", type=int, default=60, help="slices of each folder")
    args = parser.parse_args()
    if not FONTS:
        parser.error("no TrueType font below /usr/share/fonts. Install one, such as fonts-dejavu-core.")
    load_reader()
    frames, outcomes = [], []
    for folder in args.slices:
        clean = slices(folder, args.most)
        find_text(clean[0])  # loads the models
        clock, start = time.monotonic(), time.process_time()
        plain = [bool(find_text(frame)) for frame in clean]
        milliseconds = round(1000 * (time.process_time() - start) / len(clean))
        shapes = " ".join(sorted({f"{f.shape[0]}×{f.shape[1]}" for f in clean}))
        ends = [bool(find_text(frame, thorough=True)) for frame in clean[:THOROUGH]]
        for look, flagged in ((f"{milliseconds} CPU ms each", plain), ("thorough look", ends)):
            left, name = len(flagged) - sum(flagged), f"clean slices left alone: {folder.name}, {shapes}, {look}"
            seconds = time.monotonic() - clock
            outcomes.append(Outcome(name, len(flagged), left, ">= 98 %", left >= 0.98 * len(flagged), seconds))
        frames += clean
    exact = 0
    for manner in MANNERS:
        found, untouched = check_manner(manner, frames, args.planted)
        outcomes, exact = outcomes + found, exact + untouched
    made = args.planted * len(MANNERS)
    outcomes.append(Outcome("pixels outside the boxes bit-exact", made, exact, "all", exact == made))
    return finish(outcomes, args.json)


if __name__ == "__main__":
    sys.exit(main())
