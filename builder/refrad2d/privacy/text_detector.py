"""Whether a frame may hold text: a look of two or three milliseconds before the reader is asked.

    if may_hold_text(pixels): ...           # rather once too often than once too seldom

A small convolutional network looks at what the reader sees (`burnt_in.render`) and gives each cell of 16 × 16 pixels a
score; that of the frame is the highest. Its weights and threshold come of tests/bench/fit_text_detector.py;
tests/bench/text_detector.py says what it misses. docs/privacy.md has the figures.
"""

from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from refrad2d.privacy.burnt_in import render

WEIGHTS = Path(__file__).with_name("data") / "text_detector.onnx"
SMALLEST = 128  # pixels of the shorter side of a frame that may be left unread; to read a smaller one costs little


def may_hold_text(pixels: np.ndarray) -> bool:
    """Whether a frame (rows, columns) of any integer or float type should be read; a very small one always."""
    return min(pixels.shape) < SMALLEST or highest_score(pixels) > threshold()


def highest_score(pixels: np.ndarray) -> float:
    """How much the cell of a frame (rows, columns) that looks most written on is like letters: a logit."""
    if pixels.ndim != 2:
        raise ValueError(f"Pixels of shape {pixels.shape} are no single frame. Give (rows, columns).")
    return float(_session().run(None, {"frame": render(pixels)[None, None]})[0])


@cache
def threshold() -> float:
    """The score above which a frame is read."""
    return float(_session().get_modelmeta().custom_metadata_map["threshold"])


@cache
def _session() -> Any:
    import onnxruntime  # here, since only a build that seeks text needs it

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    return onnxruntime.InferenceSession(str(WEIGHTS), options, providers=["CPUExecutionProvider"])
