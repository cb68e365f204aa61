"""Slices and text to plant in them: many fonts, sizes, contrasts and directions, those developed on and those held out.

    planted = plant(frame, fonts("held"), rng)        # a Planted, or None where the frame has no room for the text

The fonts are what this machine has: files below /usr/share/fonts and those that gradio ships, Pillow's two own, the
Hershey fonts of OpenCV, and two that are drawn here dot by dot.
"""

import importlib.util
import io
from collections.abc import Callable, Iterator, Mapping
from functools import cache, partial
from pathlib import Path
from typing import NamedTuple

import nibabel
import numpy as np
import pydicom
from PIL import Image, ImageDraw, ImageFilter, ImageFont

from refrad2d.phantom import make_patient
from refrad2d.phantom.render import render_grid
from refrad2d.phantom.series import REGIONS, draw_series
from tests.fixtures.paths import SHARED

Writer = Callable[[str, int], np.ndarray]  # a text and its height in pixels → (rows, columns) share of ink, 0 to 1
Box = tuple[int, int, int, int]

HELD = (
    "ChakraPetch Fraktur Inconsolata Lora PressStart2P ShareTechMono SpaceMono Typewriter Ubuntu "
    "hershey-complex hershey-script hershey-triplex pillow-bitmap segments"
).split()  # beginnings of the names of fonts that no threshold was chosen on
HELD_REGIONS = ("neck_ct", "pelvis_mr")
NAMES = "MUELLER^HANS Schmidt,Anna WEBER Doe^John Groß,Jürgen NGUYEN O'NEIL Kowalczyk Öztürk^Ayşe LI Ng".split()
MANNERS = (
    "bright", "dark", "faint", "black on white", "white on black", "outlined", "see-through", "blurred", "lossy", "grey",
)  # fmt: skip
# five columns in bits, seven rows from the top
DOTS = {
    "A": "0e11111f111111", "B": "1e11111e11111e", "C": "0e11101010110e", "D": "1e11111111111e", "E": "1f10101e10101f",
    "F": "1f10101e101010", "G": "0e11101711110f", "H": "1111111f111111", "I": "0e04040404040e", "J": "0702020202120c",
    "K": "11121418141211", "L": "1010101010101f", "M": "111b1515111111", "N": "11191513111111", "O": "0e11111111110e",
    "P": "1e11111e101010", "Q": "0e11111115120d", "R": "1e11111e141211", "S": "0f10100e01011e", "T": "1f040404040404",
    "U": "1111111111110e", "V": "11111111110a04", "W": "11111115151b11", "X": "11110a040a1111", "Y": "11110a04040404",
    "Z": "1f01020408101f", "0": "0e11131519110e", "1": "040c040404040e", "2": "0e11010608101f", "3": "1f02040201110e",
    "4": "02060a121f0202", "5": "1f101e0101110e", "6": "0608101e11110e", "7": "1f010204080808", "8": "0e11110e11110e",
    "9": "0e11110f01020c", ".": "00000000000c0c", ":": "000c0c000c0c00", "-": "0000001f000000", "/": "01010204081010",
    "^": "040a1100000000", ",": "00000000060204", "*": "00150e1f0e1500", "=": "00001f001f0000",
}  # fmt: skip
# strokes of a display of segments, top, middle, bottom, and left and right above and below
SEGMENTS = {
    "0": "tbLRlr", "1": "Rr", "2": "tmbRl", "3": "tmbRr", "4": "mLRr", "5": "tmbLr", "6": "tmbLlr", "7": "tRr",
    "8": "tmbLRlr", "9": "tmbLRr", "A": "tmLRlr", "B": "mbLlr", "C": "tbLl", "D": "mbRlr", "E": "tmbLl", "F": "tmLl",
    "H": "mLRlr", "J": "bRr", "L": "bLl", "N": "mlr", "O": "mblr", "P": "tmLRl", "R": "ml", "S": "tmbLr", "U": "bLRlr",
    "-": "m", "T": "mbLl", "Y": "mbLRr", "G": "tbLlr", "W": "bLRlr", "M": "tLRlr", "I": "Ll", "K": "mLlr", "V": "blr",
}  # fmt: skip


class Planted(NamedTuple):
    """A frame with a text in it, the box of the text (x_min, y_min, x_max, y_max), and how it was written."""

    frame: np.ndarray
    box: Box
    font: str
    manner: str
    height: int
    turns: int  # quarter turns to the left


def fonts(kind: str) -> dict[str, Writer]:
    """The writers by the name of their font: "seen" ones, on which thresholds were chosen, or "held" out ones."""
    return {name: write for name, write in _fonts().items() if name.startswith(tuple(HELD)) == (kind == "held")}


@cache
def _fonts() -> dict[str, Writer]:
    found: dict[str, Writer] = {
        "pillow": lambda text, height: _set(ImageFont.load_default(height), text),
        "pillow-bitmap": _bitmap,
        "dots": _dots,
        "segments": _segments,
    }
    folders = [Path("/usr/share/fonts")]
    if spec := importlib.util.find_spec("gradio"):
        folders.append(Path(spec.origin or "").parent / "templates" / "frontend")
    wanted = ("DejaVu", "KaTeX_Main-R", "KaTeX_Main-B", "KaTeX_Typewriter", "KaTeX_Fraktur-R", "KaTeX_SansSerif-R")
    for folder in folders:
        for path in sorted(p for p in folder.rglob("*") if p.suffix in (".ttf", ".otf", ".woff2")):
            if path.parent.parent.name == "fonts" or path.name.startswith(wanted) and path.suffix == ".ttf":
                found[path.stem.removeprefix("KaTeX_")] = partial(_truetype, path)
    if importlib.util.find_spec("cv2"):
        for name in ("simplex", "plain", "duplex", "complex", "triplex", "script_simplex", "script_complex"):
            found[f"hershey-{name}"] = partial(_hershey, name)
    return {name: write for name, write in found.items() if name == "segments" or _has_letters(write)}


def _has_letters(write: Writer) -> bool:
    """False for a font that shows the same box for every letter that it lacks."""
    return not np.array_equal(write("A", 20), write("7", 20))


def _truetype(path: Path, text: str, height: int) -> np.ndarray:
    return _set(ImageFont.truetype(path, height), text)


def _set(font: ImageFont.FreeTypeFont | ImageFont.ImageFont, text: str) -> np.ndarray:
    left, top, right, bottom = (int(c) for c in font.getbbox(text))
    tile = Image.new("L", (max(right - left, 1), max(bottom - top, 1)), 0)
    ImageDraw.Draw(tile).text((-left, -top), text, fill=255, font=font)
    return np.asarray(tile) / 255


def _enlarge(tile: np.ndarray, height: int) -> np.ndarray:
    times = max(1, round(height / len(tile)))
    return np.kron(tile, np.ones((times, times)))


def _bitmap(text: str, height: int) -> np.ndarray:
    plain = text.encode("latin-1", "ignore").decode("latin-1")
    return _enlarge((_set(ImageFont.load_default_imagefont(), plain) > 0.5).astype(float), height)


def _dots(text: str, height: int) -> np.ndarray:
    glyphs = [np.zeros((7, 6))] * 0
    for c in text.upper():
        rows = [int(DOTS.get(c, "00" * 7)[n : n + 2], 16) for n in range(0, 14, 2)]
        glyphs.append(np.array([[row >> (4 - x) & 1 for x in range(5)] + [0] for row in rows], float))
    return _enlarge(np.concatenate(glyphs, axis=1), height)


def _segments(text: str, height: int) -> np.ndarray:
    width, thick = max(4, height // 2), max(1, height // 10)
    middle = (height - thick) // 2
    tile = np.zeros((height, (width + thick + 2) * len(text)))
    for n, c in enumerate(text.upper()):
        glyph = tile[:, n * (width + thick + 2) :][:, :width]
        strokes = {
            "t": (slice(0, thick), slice(None)), "m": (slice(middle, middle + thick), slice(None)),
            "b": (slice(height - thick, height), slice(None)), "L": (slice(0, middle), slice(0, thick)),
            "R": (slice(0, middle), slice(width - thick, width)), "l": (slice(middle, height), slice(0, thick)),
            "r": (slice(middle, height), slice(width - thick, width)),
        }  # fmt: skip
        for part in SEGMENTS.get(c, ""):
            glyph[strokes[part]] = 1
    return tile


def _hershey(name: str, text: str, height: int) -> np.ndarray:
    import cv2

    text = text.encode("ascii", "ignore").decode()
    face, thick = getattr(cv2, f"FONT_HERSHEY_{name.upper()}"), max(1, round(height / 18))
    scale = height / cv2.getTextSize("H", face, 1.0, thick)[0][1]
    (width, above), below = cv2.getTextSize(text, face, scale, thick)
    tile = np.zeros((above + below + 2 * thick, width + 2 * thick), np.uint8)
    cv2.putText(tile, text, (thick, above + thick), face, scale, 255, thick, cv2.LINE_AA)
    return tile / 255


def draw_text(rng: np.random.Generator) -> str:
    """What devices write: names, numbers, dates, settings; one in six has two or three characters."""
    name, number = str(rng.choice(NAMES)), int(rng.integers(10**7))
    date = f"{rng.integers(1, 29):02d}.{rng.integers(1, 13):02d}.{rng.integers(1925, 2026)}"
    short = ("AP", "LI", "kV", "Se3", "T2", "RA", "12", "L4", "47F", "mAs", "FOV", "R2", "Im7")
    long = (
        name, f"{name} {date}", date, f"ID: {number}", f"MRN {number}", f"{name} {number % 100:03d}Y", "Klinikum Nord",
        f"{number % 24:02d}:{number % 60:02d}:{number % 59:02d}", f"W {number % 900} : L {number % 90}", f"PAT{number:08d}",
        "SIEMENS", f"{number % 140} kV {number % 300} mAs", f"Acc: {number}", f"Dr. {name}", "Praxis Dr. Groß",
    )  # fmt: skip
    return str(rng.choice(short if rng.random() < 1 / 6 else long))


def plant(frame: np.ndarray, writers: Mapping[str, Writer], rng: np.random.Generator) -> Planted | None:
    """A text somewhere in a frame (rows, columns) uint16, in one of the fonts; None where the frame has no room."""
    font, manner = str(rng.choice(sorted(writers))), str(rng.choice(MANNERS))
    height = round(float(np.exp(rng.uniform(np.log(7), np.log(36 if rng.random() < 0.9 else 90)))))
    turns = int(rng.choice(4, p=(0.55, 0.15, 0.15, 0.15)))
    ink = np.rot90(np.pad(writers[font](draw_text(rng), height), 2), turns)
    if manner == "blurred":
        soft = Image.fromarray(np.round(ink * 255).astype(np.uint8))
        ink = np.asarray(soft.filter(ImageFilter.GaussianBlur(rng.uniform(0.4, 0.9)))) / 255
    rows, columns = ink.shape
    if rows >= frame.shape[0] or columns >= frame.shape[1]:
        return None
    y, x = (int(_place(have - want, rng)) for have, want in zip(frame.shape, ink.shape, strict=True))
    below, top, low = frame[y : y + rows, x : x + columns].astype(float), float(frame.max()), float(frame.min())
    ink, level, below = _ink(manner, ink, below, low, top, rng)
    written = frame.astype(float)
    written[y : y + rows, x : x + columns] = below * (1 - ink) + level * ink
    if manner == "lossy":
        written = _lossy(written, int(rng.integers(55, 95)))
    return Planted(np.round(written).astype(np.uint16), (x, y, x + columns, y + rows), font, manner, height, turns)


def _place(room: int, rng: np.random.Generator) -> int:
    """Somewhere, at an end half the time."""
    return int(rng.choice((0, 1, max(room - 3, 0), room))) if rng.random() < 0.5 else int(rng.integers(room + 1))


def _ink(
    manner: str, ink: np.ndarray, below: np.ndarray, low: float, top: float, rng: np.random.Generator
) -> tuple[np.ndarray, float, np.ndarray]:
    """Share of ink, its level, and what lies below it."""
    reach = top - low
    if manner == "dark":
        return ink, low, np.maximum(below, low + rng.uniform(0.1, 0.3) * reach) if rng.random() < 0.5 else below
    if manner == "faint":
        return ink, min(float(np.median(below)) + rng.uniform(0.06, 0.3) * reach, top), below
    if manner == "grey":
        return ink, low + rng.uniform(0.15, 0.6) * reach, below
    if manner == "black on white":
        return ink, low, np.full_like(below, low + rng.uniform(0.4, 1) * reach)
    if manner == "white on black":
        return ink, low + rng.uniform(0.4, 1) * reach, np.full_like(below, low)
    if manner == "see-through":
        return ink * rng.uniform(0.3, 0.8), top, below
    if manner == "outlined":
        around = Image.fromarray((ink > 0.4).astype(np.uint8) * 255).filter(ImageFilter.MaxFilter(3))
        return ink, top, np.where(np.asarray(around) > 0, low, below)
    return ink, low + rng.uniform(0.6, 1) * reach, below


def _lossy(written: np.ndarray, quality: int) -> np.ndarray:
    low, reach = written.min(), max(np.ptp(written), 1.0)
    out = io.BytesIO()
    Image.fromarray(np.round((written - low) / reach * 255).astype(np.uint8)).save(out, "JPEG", quality=quality)
    return np.asarray(Image.open(out)) / 255.0 * reach + low


def phantom_slices(first: int, *, each: int = 4) -> Iterator[tuple[str, np.ndarray]]:
    """Clean slices without end, as ingest stores them: (region, (rows, columns) uint16), of every region and site."""
    number = first
    while True:
        region, site = sorted(REGIONS)[number % len(REGIONS)], "ABC"[number // len(REGIONS) % 3]
        patient = make_patient(number, site, parts=REGIONS[region].parts)
        rng = np.random.default_rng([number, 11])
        series = draw_series(patient, rng, region=region)
        for n in rng.permutation(len(series.positions))[:each]:
            pixels = render_grid(patient, series.grid(int(n)), series.protocol, rng).pixels
            yield region, np.round(pixels - pixels.min()).astype(np.uint16)
        number += 1


def real_slices() -> list[np.ndarray]:
    """Every slice of the real CT and MR series beside this repository, (rows, columns) uint16; none where they are absent."""
    folder = SHARED / "data" / "totalsegmentator"
    found = [pydicom.dcmread(path).pixel_array for path in sorted((folder / "example_ct_dicom").glob("*"))]
    for name in ("example_ct", "example_mr_sm"):
        if (path := folder / f"{name}.nii.gz").is_file():
            volume = np.asarray(nibabel.load(path).dataobj)
            found += [np.rot90(volume[:, :, k]) for k in range(volume.shape[2])]
    return [(pixels.astype(np.int32) - int(pixels.min())).astype(np.uint16) for pixels in found]
