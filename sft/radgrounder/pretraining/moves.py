"""Pictures of pretraining, shifted and scaled at random: what lies where then follows from the picture alone.

>>> move(shown, np.random.default_rng(0), 0.2).boxes
"""

from dataclasses import replace

import numpy as np
from PIL import Image

from radgrounder.pretraining.pool import PhantomSlice
from refrad2d.boxes import union_box
from refrad2d.grounding import Box


def move(shown: PhantomSlice, rng: np.random.Generator, spread: float) -> PhantomSlice:
    """The slice scaled by a factor within 1 ± `spread` and shifted by up to half of that, in shares of the side; black
    outside. Its turns are left as they are, and no longer fit. What is pushed out of the picture is shown no more.
    """
    size = len(shown.image)
    zoom = float(np.exp(rng.uniform(-1, 1) * np.log1p(spread)))
    left, top = (float(s) for s in (1 - 1 / zoom) / 2 + rng.uniform(-spread / 2, spread / 2, 2))  # of the window shown
    window = (left * size, top * size, (left + 1 / zoom) * size, (top + 1 / zoom) * size)
    image, mask = _cut(shown.image, window, smooth=True), _cut(shown.mask, window, smooth=False)
    boxes = {c: _moved(box, zoom, left, top) for c, box in shown.boxes.items()}
    seen = {c: union_box(mask == c) for c in boxes}
    kept = {c: _inside(boxes[c]) or box for c, box in seen.items() if box}
    return replace(shown, image=image, mask=mask, findings=_cut(shown.findings, window, smooth=False), boxes=kept)


def _cut(layer: np.ndarray, window: tuple[float, float, float, float], smooth: bool) -> np.ndarray:
    """The window xyxy in pixels of a layer, at the size of the layer; `smooth` for grey values, not for numbers."""
    size = len(layer)
    scale = (window[2] - window[0]) / size
    how = Image.Resampling.BILINEAR if smooth else Image.Resampling.NEAREST
    affine = (scale, 0.0, window[0], 0.0, scale, window[1])
    return np.asarray(Image.fromarray(layer).transform((size, size), Image.Transform.AFFINE, affine, how))


def _moved(box: Box, zoom: float, left: float, top: float) -> Box:
    x1, y1, x2, y2 = box
    return (x1 - left) * zoom, (y1 - top) * zoom, (x2 - left) * zoom, (y2 - top) * zoom


def _inside(box: Box) -> Box | None:
    """The box if the picture holds it whole."""
    return box if min(box) >= 0 and max(box) <= 1 else None
