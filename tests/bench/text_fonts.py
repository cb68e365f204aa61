"""Fonts to write into slices with: those of this machine and those of Debian packages, told apart by what they are for.

    python -m tests.bench.text_fonts build/fonts            # fetches and unpacks the packages; installs nothing

A font belongs to a family, and a family to one part: the weights of the text detector are trained on the families of
"train", its threshold is chosen on those of "calibrate", and figures are given for those of "report", which neither saw.
"""

import importlib.util
import subprocess
import sys
from collections import defaultdict
from collections.abc import Callable, Iterator
from functools import cache, partial
from pathlib import Path
from typing import NamedTuple

import numpy as np
from PIL import Image, ImageDraw, ImageFont

Writer = Callable[[str, int], np.ndarray]  # a text and the size of the font in pixels → (rows, columns) ink, 0 to 1

REPORT = (
    "3270 comic-neue courier-prime creep2 ebgaramond hershey-complex hershey-script_complex humor-sans inconsolata "
    "jetbrains-mono katex-fraktur ocr-b pillow-bitmap play roboto-slab roboto-unhinted segments terminus-otb unifont vlgothic"
).split()
CALIBRATE = (
    "anonymous-pro dseg hack hershey-triplex hershey-script_simplex junicode lato oxygen proggy spleen "
    "tlwg-loma-ttf texgyre"
).split()
PACKAGES = (
    "3270 agave anonymous-pro arkpandora cabin cantarell comic-neue courier-prime creep2 croscore crosextra-caladea "
    "crosextra-carlito dseg ebgaramond firacode freefont-ttf hack humor-sans inconsolata jetbrains-mono junicode lato "
    "league-mono liberation linuxlibertine monofur mplus noto-mono ocr-a ocr-b oldstandard open-sans oxygen play proggy "
    "quicksand ricty-diminished roboto-slab roboto-unhinted sil-gentium-basic spleen terminus-otb texgyre tlwg-loma-ttf "
    "tlwg-mono-ttf unifont urw-base35 vlgothic wqy-microhei"
).split()  # of Debian, each behind "fonts-"
CHINESE = ("wqy-microhei", "vlgothic", "unifont")  # families that have Chinese letters as well
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


class Font(NamedTuple):
    """A font by its family, its name and what writes in it."""

    family: str
    name: str
    write: Writer

    @property
    def part(self) -> str:
        """What the font is for: "train", "calibrate" or "report"."""
        return "report" if self.family in REPORT else "calibrate" if self.family in CALIBRATE else "train"


def families(folder: Path, part: str) -> dict[str, list[Font]]:
    """The fonts of a part by family; `folder` holds the unpacked packages. ValueError if there is none."""
    found: dict[str, list[Font]] = defaultdict(list)
    for font in _fonts(folder):
        if font.part == part:
            found[font.family].append(font)
    if not any(family in PACKAGES for family in found):
        raise ValueError(f"No font of the part {part!r} is there. Fetch them: python -m tests.bench.text_fonts DIR.")
    return dict(sorted(found.items()))


@cache
def _fonts(folder: Path) -> list[Font]:
    return [font for font in (*_drawn(), *_files(folder)) if font.family in ("segments", "dseg") or _has_letters(font)]


def _drawn() -> Iterator[Font]:
    """Fonts that need no file of their own."""
    yield Font("pillow", "pillow", lambda text, size: _set(ImageFont.load_default(size), text))
    yield Font("pillow-bitmap", "pillow-bitmap", _bitmap)
    yield Font("dots", "dots", _dots)
    yield Font("segments", "segments", _segments)
    if importlib.util.find_spec("cv2"):
        for name in ("simplex", "plain", "duplex", "complex", "triplex", "script_simplex", "script_complex"):
            yield Font(f"hershey-{name}", f"hershey-{name}", partial(_hershey, name))


def _files(folder: Path) -> Iterator[Font]:
    kinds = (".ttf", ".otf", ".otb", ".ttc")
    for path in sorted(p for p in Path("/usr/share/fonts").rglob("DejaVu*.ttf")):
        yield Font("dejavu", path.stem, partial(_truetype, path))
    if spec := importlib.util.find_spec("gradio"):
        shipped = Path(spec.origin or "").parent / "templates" / "frontend"
        for path in sorted(shipped.rglob("KaTeX_*.ttf")):
            if not path.name.startswith(("KaTeX_Size", "KaTeX_AMS")):
                family = "katex-fraktur" if "Fraktur" in path.name else "katex"
                yield Font(family, path.name.split("-")[0], partial(_truetype, path))
    for name in PACKAGES:
        files = sorted(p for p in (folder / f"fonts-{name}").rglob("*") if p.suffix in kinds and not p.is_symlink())
        for path in files:
            yield Font(name, path.stem, partial(_truetype, path))


def _has_letters(font: Font) -> bool:
    """False for a font that shows the same box for every letter that it lacks, or nothing."""
    one, other = font.write("A", 24), font.write("7", 24)
    return one.max() > 0 and not np.array_equal(one, other)


@cache
def _open(path: Path, size: int) -> ImageFont.FreeTypeFont:
    return ImageFont.truetype(path, size)


@cache
def _strikes(path: Path) -> list[int]:
    """The sizes that a font of bitmaps has; none for an outline."""
    found = []
    for size in range(5, 34):
        try:
            found.append(ImageFont.truetype(path, size).size)
        except OSError:
            continue
    return [] if len(found) == 29 else found


def _truetype(path: Path, text: str, size: int) -> np.ndarray:
    if strikes := _strikes(path):
        nearest = min(strikes, key=lambda one: abs(one - size))
        return _enlarge((_set(_open(path, int(nearest)), text) > 0.5).astype(float), size / nearest)
    return _set(_open(path, size), text)


def _set(font: ImageFont.FreeTypeFont | ImageFont.ImageFont, text: str) -> np.ndarray:
    left, top, right, bottom = (int(c) for c in font.getbbox(text))
    tile = Image.new("L", (max(right - left, 1), max(bottom - top, 1)), 0)
    ImageDraw.Draw(tile).text((-left, -top), text, fill=255, font=font)
    return np.asarray(tile) / 255


def _enlarge(tile: np.ndarray, by: float) -> np.ndarray:
    times = max(1, round(by))
    return np.kron(tile, np.ones((times, times)))


def _bitmap(text: str, size: int) -> np.ndarray:
    plain = text.encode("latin-1", "ignore").decode("latin-1") or "Ab"
    return _enlarge((_set(ImageFont.load_default_imagefont(), plain) > 0.5).astype(float), size / 11)


def _dots(text: str, size: int) -> np.ndarray:
    glyphs = []
    for c in text.upper():
        rows = [int(DOTS.get(c, "00" * 7)[n : n + 2], 16) for n in range(0, 14, 2)]
        glyphs.append(np.array([[row >> (4 - x) & 1 for x in range(5)] + [0] for row in rows], float))
    return _enlarge(np.concatenate(glyphs, axis=1), size / 9)


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


def fetch(folder: Path) -> None:
    """Download the packages of fonts and unpack them below `folder`, each in a folder of its name."""
    folder.mkdir(parents=True, exist_ok=True)
    names = [f"fonts-{name}" for name in PACKAGES if not (folder / f"fonts-{name}").is_dir()]
    if names:
        subprocess.run(["apt-get", "download", *names], cwd=folder, check=True)
    for package in sorted(folder.glob("*.deb")):
        subprocess.run(["dpkg-deb", "-x", package, folder / package.name.split("_")[0]], check=True)
        package.unlink()


if __name__ == "__main__":
    fetch(Path(sys.argv[1]))
