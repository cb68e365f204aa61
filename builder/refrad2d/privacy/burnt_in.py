"""Text that is burnt into the pixels, found by an offline text reader and blanked.

    boxes = find_text(pixels)               # [(x_min, y_min, x_max, y_max)] in pixels, ends exclusive
    clean = blank(pixels, boxes)            # every pixel outside the boxes as before

The reader is rapidocr, whose models lie in its wheel. Frames are read at their own size, those below 300
pixels at three times it: to enlarge larger ones takes five times as long and gives no more. The figures stand in
docs/privacy.md, tests/trust/burnt_in_bench.py makes them anew.
"""

from collections.abc import Callable, Iterable, Sequence
from functools import cache
from pathlib import Path
from typing import NamedTuple

import numpy as np
from PIL import Image

PixelBox = tuple[int, int, int, int]

MIN_SCORE = 0.6  # certainty of the reader below which a find is anatomy,
MIN_LONG_SCORE = 0.5  # or for texts of as many characters as anatomy never resembles
LONG = 4
MAX_HEIGHT = 0.1  # of a frame's longer side, of what is no long line; the reader sees vertebrae as 0, 8 and O
MAX_LINE_HEIGHT = 0.4  # of four or more characters twice as long as high,
MAX_WORD_HEIGHT = 0.15  # of three such, but in small frames
# what ribs and vertebrae are read as: fewer than four of these are no text
ROUND = frozenset("O0oQCDGUY8Il1|口日回目田")
MAX_SMALL_HEIGHT = 24  # pixels, in frames so small that this is more
MIN_SIDE = 300  # pixels; smaller frames are read at three times their size
MARGIN = 3  # pixels around a text that are blanked with it


class Reading(NamedTuple):
    """One text that a reader saw: box in pixels (x_min, y_min, x_max, y_max), the text, certainty in [0, 1]."""

    box: tuple[float, float, float, float]
    text: str
    score: float


Reader = Callable[[np.ndarray], list[Reading]]  # takes (rows, columns, 3) uint8


def find_text(pixels: np.ndarray, read: Reader | None = None, *, thorough: bool = False) -> list[PixelBox]:
    """Boxes around texts in one frame (rows, columns), any integer or float type; single characters are not sought.

    `thorough` reads the thin bright strokes of the frame as well, where letters across fat stand out, and the frame on
    its side, where lines that run up or down are read better.
    """
    if pixels.ndim != 2:
        raise ValueError(f"Pixels of shape {pixels.shape} are no single frame. Give (rows, columns).")
    read = read or read_text
    rows, columns = pixels.shape
    zoom = 3 if max(pixels.shape) < MIN_SIDE else 1
    boxes = []
    for view, on_side in _views(pixels, thorough):
        picture = Image.fromarray(view).resize((view.shape[1] * zoom, view.shape[0] * zoom), Image.Resampling.BICUBIC)
        for box, text, score in read(np.stack([np.asarray(picture)] * 3, axis=-1)):
            x_min, y_min, x_max, y_max = (c / zoom for c in box)
            if on_side and sum(c.isalnum() for c in text) < LONG:
                continue
            if on_side:
                x_min, y_min, x_max, y_max = columns - y_max, x_min, columns - y_min, x_max
            if _is_text(text, score, sorted((y_max - y_min, x_max - x_min)), max(pixels.shape)):
                boxes.append(_widen((x_min, y_min, x_max, y_max), rows, columns))
    return sorted(set(boxes))


def _is_text(text: str, score: float, sides: Sequence[float], frame: int) -> bool:
    """Whether a find is text rather than anatomy; `sides` of its box, the shorter first, as texts also stand."""
    height, length = sides
    characters = sum(c.isalnum() for c in text)
    if score < (MIN_LONG_SCORE if characters >= LONG else MIN_SCORE) or characters < 2:
        return False
    if characters < LONG and all(c in ROUND for c in text if c.isalnum()):
        return False
    highest = MAX_LINE_HEIGHT if characters >= LONG or frame < MIN_SIDE else MAX_WORD_HEIGHT
    is_line = characters >= 3 and length >= 2 * height and height <= highest * frame
    return is_line or height <= max(MAX_HEIGHT * frame, MAX_SMALL_HEIGHT)


def blank(pixels: np.ndarray, boxes: Iterable[PixelBox]) -> np.ndarray:
    """A copy in which the boxes hold the lowest value of the frame; the same array where there is no box."""
    boxes = list(boxes)
    if not boxes:
        return pixels
    clean = pixels.copy()
    for x_min, y_min, x_max, y_max in boxes:
        clean[y_min:y_max, x_min:x_max] = pixels.min()
    return clean


def _views(pixels: np.ndarray, thorough: bool) -> list[tuple[np.ndarray, bool]]:
    """The frame in 8 bit, its thin bright strokes, the frame on its left side; with each whether it is turned."""
    views = [render(pixels)]
    if thorough:  # what is brighter than its surroundings and at most 4 pixels wide (white top-hat)
        from scipy import ndimage  # here, since its import is a third of the start of a child that seeks no text

        values = np.asarray(pixels, dtype=np.float32)
        strokes = values - ndimage.grey_opening(values, size=(5, 5))
        views.append(_scale(strokes, 0.0, np.percentile(strokes, 99.8)))
    return [(view, False) for view in views] + ([(np.rot90(views[0]).copy(), True)] if thorough else [])


def render(pixels: np.ndarray) -> np.ndarray:
    """A frame (rows, columns) of any type as the reader sees it: uint8, from its lowest to its highest value."""
    values = np.asarray(pixels, dtype=np.float32)
    return _scale(values, values.min(), values.max())


def _scale(values: np.ndarray, low: float, high: float) -> np.ndarray:
    return np.round(np.clip((values - low) / max(float(high - low), 1e-6), 0, 1) * 255).astype(np.uint8)


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
    seen = _engine()(picture)
    if seen.boxes is None or seen.txts is None:
        return []
    corners = ((box[:, 0].min(), box[:, 1].min(), box[:, 0].max(), box[:, 1].max()) for box in seen.boxes)
    return [
        Reading((float(box[0]), float(box[1]), float(box[2]), float(box[3])), text, float(score))
        for box, text, score in zip(corners, seen.txts, seen.scores, strict=True)
    ]


def load_reader() -> None:
    """Import the reader. ImportError if rapidocr, a library that it needs, or its models are missing.

    Models that are not in the wheel would be downloaded; no build may do that.
    """
    import onnxruntime  # noqa: F401, rapidocr imports it late
    import rapidocr

    models = Path(rapidocr.__file__).parent / "models"
    if not all(any(models.glob(f"*{part}*.onnx")) for part in ("det", "rec", "cls")):
        raise ImportError("rapidocr has no models of its own")


@cache
def _engine() -> Callable:
    from rapidocr import RapidOCR

    return RapidOCR(
        params={
            "Global.log_level": "error",
            "EngineConfig.onnxruntime.intra_op_num_threads": 1,
            "EngineConfig.onnxruntime.inter_op_num_threads": 1,
            "Det.limit_type": "min",
            "Det.limit_side_len": 32,  # as it is
        }
    )
