"""Text that is burnt into the pixels, found by an offline text reader and blanked; extra `refrad2d[ocr]`.

    boxes = find_text(pixels)               # [(x_min, y_min, x_max, y_max)] in pixels, ends exclusive
    clean = blank(pixels, boxes)            # every pixel outside the boxes as before

The reader is rapidocr, whose models lie in its wheel. It found all planted texts where tesseract found about a third;
the figures stand in docs/privacy.md, tests/trust/burnt_in_bench.py makes them anew.
"""

from collections.abc import Callable, Iterable, Sequence
from functools import cache
from itertools import product
from typing import NamedTuple

import numpy as np
from PIL import Image
from scipy import ndimage

PixelBox = tuple[int, int, int, int]

MIN_SCORE = 0.6  # certainty of the reader below which a find is anatomy
MAX_HEIGHT = 72  # pixels; the reader takes whole body outlines for a huge letter O
MIN_SIDE = 300  # pixels; smaller pictures are also read at three times their size
MARGIN = 3  # pixels around a text that are blanked with it
ENDS = 3  # frames of a series that are always read: the first, the middle one, the last


class Reading(NamedTuple):
    """One text that a reader saw: box in pixels (x_min, y_min, x_max, y_max), the text, certainty in [0, 1]."""

    box: tuple[float, float, float, float]
    text: str
    score: float


Reader = Callable[[np.ndarray], list[Reading]]  # takes (rows, columns, 3) uint8


def find_text(pixels: np.ndarray, read: Reader | None = None) -> list[PixelBox]:
    """Boxes around texts in one frame (rows, columns), any integer or float type; single characters are not sought."""
    if pixels.ndim != 2:
        raise ValueError(f"Pixels of shape {pixels.shape} are no single frame. Give (rows, columns).")
    read = read or read_text
    rows, columns = pixels.shape
    zooms = (1, 3) if max(pixels.shape) < MIN_SIDE else (1,)
    boxes = []
    for view, zoom in product(_views(pixels), zooms):
        picture = Image.fromarray(view).resize((columns * zoom, rows * zoom), Image.Resampling.BICUBIC)
        for box, text, score in read(np.stack([np.asarray(picture)] * 3, axis=-1)):
            x_min, y_min, x_max, y_max = (c / zoom for c in box)
            thin = min(y_max - y_min, x_max - x_min) <= min(MAX_HEIGHT, max(pixels.shape) / 4)
            if score >= MIN_SCORE and thin and sum(c.isalnum() for c in text) >= 2:
                boxes.append(_widen((x_min, y_min, x_max, y_max), rows, columns))
    return sorted(set(boxes))


def find_text_in_series(frames: Sequence[np.ndarray], read: Reader | None = None) -> list[list[PixelBox]]:
    """Boxes for each frame of a series.

    Reading is slow, and overlays stand in every frame, so the first, middle and last are read, and those that
    `looks_written`; as soon as one holds text, all are read.
    """
    count = len(frames)
    first = sorted({0, count // 2, count - 1} & set(range(count)))
    first += [n for n in range(count) if n not in first and looks_written(frames[n])]
    found = {n: find_text(frames[n], read) for n in first}
    if any(found.values()):
        found |= {n: find_text(frames[n], read) for n in range(count) if n not in found}
    return [found.get(n, []) for n in range(count)]


def blank(pixels: np.ndarray, boxes: Iterable[PixelBox]) -> np.ndarray:
    """A copy in which the boxes hold the lowest value of the frame; the same array where there is no box."""
    boxes = list(boxes)
    if not boxes:
        return pixels
    clean = pixels.copy()
    for x_min, y_min, x_max, y_max in boxes:
        clean[y_min:y_max, x_min:x_max] = pixels.min()
    return clean


def looks_written(pixels: np.ndarray) -> bool:
    """A quick look: three or more thin shapes of one brightness and similar height side by side, as letters are."""
    values = np.asarray(pixels, dtype=np.float32)
    low, high = np.percentile(values, (1, 99.9))
    scale = max(float(high - low), 1e-6)
    for bright in (values, -values):
        strokes = _strokes(bright)
        mask = strokes > max(0.15 * scale, 6 * float(np.median(np.abs(strokes))))
        if mask.mean() < 0.15 and _has_line(mask, bright, scale):
            return True
    return False


def _has_line(mask: np.ndarray, values: np.ndarray, scale: float) -> bool:
    labels, count = ndimage.label(mask, np.ones((3, 3)))
    peaks = ndimage.maximum(values, labels, np.arange(1, count + 1)) if count else []
    shapes = [
        (columns.start, rows.start, columns.stop, rows.stop, float(peak))
        for (rows, columns), peak in zip(ndimage.find_objects(labels), peaks, strict=True)
        if 3 <= rows.stop - rows.start <= 36 and columns.stop - columns.start <= 200
    ]
    shapes.sort()
    for start, shape in enumerate(shapes):
        line = [shape]
        for other in shapes[start + 1 :]:
            last = line[-1]
            height = max(last[3] - last[1], 5)
            if other[0] - last[2] > 1.3 * height:
                break
            if abs(other[3] - last[3]) <= 0.45 * height and abs(other[4] - shape[4]) <= 0.3 * scale:
                line.append(other)
        if len(line) >= 3:
            return True
    return False


def _views(pixels: np.ndarray) -> list[np.ndarray]:
    """The frame in 8 bit, and its thin bright strokes alone: letters across fat show only there."""
    values = np.asarray(pixels, dtype=np.float32)
    strokes = _strokes(values)
    ranges = ((values, values.min(), values.max()), (strokes, 0.0, np.percentile(strokes, 99.8)))
    return [
        np.round(np.clip((view - low) / max(float(high - low), 1e-6), 0, 1) * 255).astype(np.uint8)
        for view, low, high in ranges
    ]


def _strokes(values: np.ndarray) -> np.ndarray:
    """What is brighter than its surroundings and at most 4 pixels wide (white top-hat)."""
    return values - ndimage.grey_opening(values, size=(5, 5))


def _widen(box: tuple[float, float, float, float], rows: int, columns: int) -> PixelBox:
    x_min, y_min, x_max, y_max = box
    return (
        max(0, int(x_min) - MARGIN),
        max(0, int(y_min) - MARGIN),
        min(columns, int(np.ceil(x_max)) + MARGIN),
        min(rows, int(np.ceil(y_max)) + MARGIN),
    )


def read_text(picture: np.ndarray) -> list[Reading]:
    """Every text that rapidocr sees in (rows, columns, 3) uint8."""
    seen = _engine()(picture, use_cls=False)
    if seen.boxes is None or seen.txts is None:
        return []
    corners = ((box[:, 0].min(), box[:, 1].min(), box[:, 0].max(), box[:, 1].max()) for box in seen.boxes)
    return [
        Reading((float(box[0]), float(box[1]), float(box[2]), float(box[3])), text, float(score))
        for box, text, score in zip(corners, seen.txts, seen.scores, strict=True)
    ]


@cache
def _engine() -> Callable:
    try:
        from rapidocr import RapidOCR
    except ImportError as error:
        raise ValueError("Burnt-in text is to be found, but rapidocr is missing. Install refrad2d[ocr].") from error
    return RapidOCR(params={"Global.log_level": "error", "EngineConfig.onnxruntime.intra_op_num_threads": 1})
