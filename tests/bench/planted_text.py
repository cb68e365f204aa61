"""Slices and text planted in them: of many fonts, sizes, contrasts, directions and degradations.

planted = plant(frame, families(Path("build/fonts"), "report"), rng)    # None where the frame has no room
"""

import io
from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
from PIL import Image, ImageFilter

from tests.bench.text_fonts import CHINESE, Font
from tests.fixtures.paths import SHARED

Box = tuple[int, int, int, int]

NAMES = "MUELLER^HANS Schmidt,Anna WEBER Doe^John Groß,Jürgen NGUYEN O'NEIL Kowalczyk Öztürk^Ayşe LI Ng Meier Fischer-Dieskau".split()
CONTRASTS = ("bright", "grey", "faint", "dark", "black on white", "white on black", "outlined", "see-through")
DEGRADED = ("sharp", "aliased", "blurred", "lossy", "resized")
LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
FOREIGN = ("ИВАНОВ ПЁТР", "Смирнова", "ΠΑΠΑΔΟΠΟΥΛΟΣ", "Дата 12.04.1953")
HAN = ("王小明", "李伟", "张丽华 1953", "田中太郎", "上海市第一人民医院")
LARGEST = 40  # size of a font in pixels; one in ten is larger


class Planted(NamedTuple):
    """A frame with a text in it, the box of the text (x_min, y_min, x_max, y_max), where its ink is, and what it is."""

    frame: np.ndarray  # (rows, columns) uint16
    box: Box
    ink: np.ndarray  # (rows, columns) of the box, 0 to 1
    about: dict[str, str | int | float]  # family, font, contrast, degraded, size, turns (to the left), tilt, characters


def draw_text(rng: np.random.Generator) -> str:
    """What devices and people write: names, numbers, dates, settings; one in five has two or three characters."""
    name, number = str(rng.choice(NAMES)), int(rng.integers(10**7))
    date = f"{rng.integers(1, 29):02d}.{rng.integers(1, 13):02d}.{rng.integers(1925, 2026)}"
    letters = "".join(rng.choice(list(LETTERS), size=int(rng.integers(2, 12))))
    short = (
        "AP", "LI", "kV", "Se3", "T2", "RA", "12", "L4", "47F", "mAs", "FOV", "R2", "Im7", letters[:2], letters[:3],
        str(number % 100), str(number % 1000),
    )  # fmt: skip
    long = (
        name, f"{name} {date}", date, f"ID: {number}", f"MRN {number}", f"{name} {number % 100:03d}Y", "Klinikum Nord",
        f"{number % 24:02d}:{number % 60:02d}:{number % 59:02d}", f"W {number % 900} : L {number % 90}", f"PAT{number:08d}",
        "SIEMENS", f"{number % 140} kV {number % 300} mAs", f"Acc: {number}", f"Dr. {name}", "Praxis Dr. Groß", letters,
        letters.upper(), letters.lower(), f"{date[6:]}-{date[3:5]}-{date[:2]}", str(number), f"Thickness {number % 9} mm",
    )  # fmt: skip
    return str(rng.choice(short if rng.random() < 0.2 else long))


def plant(frame: np.ndarray, fonts: Mapping[str, Sequence[Font]], rng: np.random.Generator) -> Planted | None:
    """A text somewhere in a frame (rows, columns) uint16, in a font of one of the families; None without room."""
    family = str(rng.choice(sorted(fonts)))
    font = fonts[family][int(rng.integers(len(fonts[family])))]
    contrast, degraded = str(rng.choice(CONTRASTS)), str(rng.choice(DEGRADED))
    size = round(float(np.exp(rng.uniform(np.log(7), np.log(LARGEST if rng.random() < 0.9 else 90)))))
    turns = int(rng.choice(4, p=(0.55, 0.15, 0.15, 0.15)))
    tilt = round(float(rng.normal(0, 5)), 1) if rng.random() < 0.2 else 0.0
    text = draw_text(rng)
    if family == "dejavu" and rng.random() < 0.1:
        text = str(rng.choice(FOREIGN))
    if family in CHINESE and rng.random() < 0.4:
        text = str(rng.choice(HAN))
    ink = _shape(font.write(text, size), degraded, turns, tilt, rng)
    rows, columns = ink.shape
    if rows >= frame.shape[0] or columns >= frame.shape[1] or ink.max() < 0.2:
        return None
    y, x = (int(_place(have - want, rng)) for have, want in zip(frame.shape, ink.shape, strict=True))
    below, top, low = frame[y : y + rows, x : x + columns].astype(float), float(frame.max()), float(frame.min())
    share, level, below = _contrast(contrast, ink, below, low, top, rng)
    written = frame.astype(float)
    written[y : y + rows, x : x + columns] = below * (1 - share) + level * share
    if degraded == "lossy":
        written = _lossy(written, int(rng.integers(50, 95)))
    about: dict[str, str | int | float] = {
        "family": family, "font": font.name, "contrast": contrast, "degraded": degraded, "size": size, "turns": turns,
        "tilt": tilt, "characters": sum(c.isalnum() for c in text),
    }  # fmt: skip
    return Planted(np.round(written).astype(np.uint16), (x, y, x + columns, y + rows), ink, about)


def _shape(ink: np.ndarray, degraded: str, turns: int, tilt: float, rng: np.random.Generator) -> np.ndarray:
    """The ink of a text, turned, tilted, and as a device or a copy of a picture leaves it."""
    picture = Image.fromarray(np.round(np.pad(ink, 2) * 255).astype(np.uint8))
    if tilt:
        picture = picture.rotate(tilt, Image.Resampling.BICUBIC, expand=True)
    if degraded == "resized":
        by = rng.uniform(0.75, 1.8, size=2) if rng.random() < 0.3 else [rng.uniform(0.75, 1.8)] * 2
        kind = Image.Resampling.BILINEAR if rng.random() < 0.7 else Image.Resampling.NEAREST
        picture = picture.resize([max(4, round(n * k)) for n, k in zip(picture.size, by, strict=True)], kind)
    if degraded == "blurred":
        picture = picture.filter(ImageFilter.GaussianBlur(rng.uniform(0.4, 1.0)))
    ink = np.rot90(np.asarray(picture) / 255, turns)
    return (ink > 0.45).astype(float) if degraded == "aliased" else ink


def _place(room: int, rng: np.random.Generator) -> int:
    """Somewhere, at an end half the time."""
    return int(rng.choice((0, 1, max(room - 3, 0), room))) if rng.random() < 0.5 else int(rng.integers(room + 1))


def _contrast(
    contrast: str, ink: np.ndarray, below: np.ndarray, low: float, top: float, rng: np.random.Generator
) -> tuple[np.ndarray, float, np.ndarray]:
    """Share of ink, its level, and what lies below it."""
    reach = top - low
    if contrast == "dark":
        return ink, low, np.maximum(below, low + rng.uniform(0.1, 0.3) * reach) if rng.random() < 0.5 else below
    if contrast == "faint":
        return ink, min(float(np.median(below)) + rng.uniform(0.06, 0.3) * reach, top), below
    if contrast == "grey":
        return ink, low + rng.uniform(0.15, 0.6) * reach, below
    if contrast == "black on white":
        return ink, low, np.full_like(below, low + rng.uniform(0.4, 1) * reach)
    if contrast == "white on black":
        return ink, low + rng.uniform(0.4, 1) * reach, np.full_like(below, low)
    if contrast == "see-through":
        return ink * rng.uniform(0.3, 0.8), top, below
    if contrast == "outlined":
        around = Image.fromarray((ink > 0.4).astype(np.uint8) * 255).filter(ImageFilter.MaxFilter(3))
        return ink, top, np.where(np.asarray(around) > 0, low, below)
    return ink, low + rng.uniform(0.6, 1) * reach, below


def _lossy(written: np.ndarray, quality: int) -> np.ndarray:
    low, reach = written.min(), max(np.ptp(written), 1.0)
    out = io.BytesIO()
    Image.fromarray(np.round((written - low) / reach * 255).astype(np.uint8)).save(out, "JPEG", quality=quality)
    return np.asarray(Image.open(out)) / 255.0 * reach + low


def pictures(part: str) -> list[np.ndarray]:
    """Pictures of VQA-RAD, grey, (rows, columns) uint16; each second one for "train", the others for "report". Some are
    written on; none where they are absent."""
    paths = sorted((SHARED / "data" / "vqa-rad" / "images").glob("*.jpg"))[part == "report" :: 2]
    return [np.asarray(Image.open(path).convert("L")).astype(np.uint16) for path in paths]
