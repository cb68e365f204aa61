"""Rows as pictures with boxes: `draw(row)` for one, `contact_sheet(DIR)` for several.

>>> draw(load_dataset("refrad2d", "grounded", split="train")[0]).show()
"""

from collections.abc import Iterable, Iterator, Mapping
from itertools import islice, zip_longest
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from refrad2d.grounding import to_pixels
from refrad2d.labels import LANGUAGES
from refrad2d.layout import list_shards
from refrad2d.samples import decode, native_values, read_samples
from refrad2d.windows import apply_window, get_window, scale_to_range

LOOKED_AT = 300  # samples from the start of the archive that a sheet chooses from
PALETTE = ("#ff6b6b", "#4dd2ff", "#ffd93d", "#6bff95", "#d59bff", "#ffa94d", "#66fff0", "#ff8ad8", "#b0ff5c", "#9db4ff")
_SPELLED_OUT = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "Ä": "Ae", "Ö": "Oe", "Ü": "Ue", "ß": "ss", "–": "-"})


def draw(row: Mapping, *, language: str = "en", scale: int = 2) -> Image.Image:
    """The image of a row with the boxes of its grounded spans and, below it, the text with the mentions in colour.

    `language` falls back to the other one where the row has no text in it; rows without a report show their objects.
    """
    picture = row["image"].convert("RGB")
    return annotate(
        picture.resize((picture.width * scale, picture.height * scale), Image.Resampling.BILINEAR), row, language
    )


def annotate(picture: Image.Image, row: Mapping, language: str) -> Image.Image:
    """A picture of any size with a row's boxes and text."""
    reports = row.get("report") or {}
    report = next((reports[name] for name in (language, *LANGUAGES) if reports.get(name)), None)
    spans = report["spans"] if report else [{"label": o["label"], "box": o["box"]} for o in row.get("objects") or []]
    colours: dict[str, str] = {}
    for span in spans:
        colours.setdefault(span["label"], PALETTE[len(colours) % len(PALETTE)])
    canvas = ImageDraw.Draw(picture)
    for span in spans:
        canvas.rectangle(
            to_pixels(span["box"], picture.width - 1, picture.height - 1), outline=colours[span["label"]], width=2
        )
    text = report["findings"] if report else ", ".join(colours)
    pieces = _coloured(text, spans if report else [], colours)
    return _with_caption(picture, pieces)


def _coloured(text: str, spans: list, colours: Mapping[str, str]) -> list[tuple[str, str]]:
    """Words of a text, each with its colour."""
    shade = ["#dddddd"] * len(text)
    for span in spans:
        shade[span["start"] : span["end"]] = [colours[span["label"]]] * (span["end"] - span["start"])
    pieces, at = [], 0
    for word in text.split(" "):
        pieces.append((word, shade[at + len(word) // 2] if word else "#dddddd"))
        at += len(word) + 1
    return pieces


def _with_caption(picture: Image.Image, pieces: list[tuple[str, str]]) -> Image.Image:
    font, pieces = _font(pieces)
    line_height, space = 17, font.getlength(" ")
    lines: list[list[tuple[float, str, str]]] = [[]]
    x = 4.0
    for word, colour in pieces:
        width = font.getlength(word)
        if x + width > picture.width - 4 and lines[-1]:
            lines.append([])
            x = 4.0
        lines[-1].append((x, word, colour))
        x += width + space
    out = Image.new("RGB", (picture.width, picture.height + line_height * len(lines) + 8), "#16181d")
    out.paste(picture, (0, 0))
    canvas = ImageDraw.Draw(out)
    for number, line in enumerate(lines):
        for x, word, colour in line:
            canvas.text((x, picture.height + 4 + number * line_height), word, fill=colour, font=font)
    return out


def _across_series(samples: Iterable[Mapping]) -> Iterator[Mapping]:
    """One sample of each series in turn, so that a sheet shows more than one patient."""
    by_series: dict[str, list[Mapping]] = {}
    for native in samples:
        by_series.setdefault(native["json"]["series"], []).append(native)
    for some in zip_longest(*by_series.values()):
        yield from filter(None, some)


def _font(pieces: list[tuple[str, str]]) -> tuple[ImageFont.FreeTypeFont | ImageFont.ImageFont, list[tuple[str, str]]]:
    """A font and the words for it: DejaVu if the system has it; Pillow's own has no umlauts, they are spelled out."""
    try:
        return ImageFont.truetype("DejaVuSans.ttf", 13), pieces
    except OSError:
        return ImageFont.load_default(size=13), [(word.translate(_SPELLED_OUT), colour) for word, colour in pieces]


def contact_sheet(
    dataset: Path, *, rows: int, split: str | None, window: str, language: str, columns: int = 3
) -> Image.Image:
    """Rows of a build's archive, native pixels in a named window, boxes and text. ValueError if there is no archive."""
    center, width = get_window(window)
    tiles = []
    shards = list_shards(dataset, "archive", split or "*")
    samples = islice((sample for shard in shards for _, sample in read_samples(shard)), LOOKED_AT)
    for native in islice(_across_series(map(decode, samples)), rows):
        row = native["json"]
        pixels = native_values(native["pixels"], row)
        shown = apply_window(pixels, center, width) if row["modality"] == "CT" else scale_to_range(pixels)
        height_mm, width_mm = (n * s for n, s in zip(pixels.shape, row["spacing"], strict=True))
        size = (400, max(1, round(400 * height_mm / width_mm)))
        picture = (
            Image.fromarray(np.round(shown * 255).astype(np.uint8))
            .resize(size, Image.Resampling.BILINEAR)
            .convert("RGB")
        )
        tiles.append(annotate(picture, row, language))
    if not tiles:
        raise ValueError(f"{dataset} has no slice to draw in its archive. Give the DIR of a finished build.")
    lines = [tiles[i : i + columns] for i in range(0, len(tiles), columns)]
    heights = [max(tile.height for tile in line) for line in lines]
    sheet = Image.new("RGB", (400 * len(lines[0]), sum(heights)), "#16181d")
    for number, line in enumerate(lines):
        for column, tile in enumerate(line):
            sheet.paste(tile, (400 * column, sum(heights[:number])))
    return sheet
