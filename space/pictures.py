"""An uploaded file becomes a picture to show and to ask about: `read_picture(path)`, `show_in_window(picture, "lung")`.

It is read as `radgrounder predict` reads it, by radgrounder.inference.picture, which loads no torch. Foreign files are
decoded in a child process with limits of time and memory, so that none can stop the Space.
"""

from pathlib import Path

import numpy as np
from PIL import Image
from scipy.ndimage import binary_fill_holes
from texts import Refusal

from radgrounder.inference.picture import Original, read_original
from refrad2d.images.sources import Unreadable
from refrad2d.system.processes import run_isolated
from refrad2d.windows import WINDOWS, apply_window, get_window, scale_to_range

MAX_BYTES = 32 << 20
MAX_PIXELS = 32_000_000
FORMATS = ("PNG", "JPEG")  # beside DICOM: the fewer decoders strangers reach, the better
TIMEOUT_S = 30.0
MEMORY_MB = 2048
FULL_RANGE = "full"  # of pictures that have no HU
MODEL_WINDOW = "model"  # beside the presets: the 224 px RGB that the model sees
_REFUSALS = {  # reason -> key of texts.csv
    "burned_in_annotation": "burned_in",
    "too_large": "too_large",
    "too_small": "too_small",
    "no_picture": "not_a_picture",
}


def show_in_window(picture: Original, window: str) -> Image.Image:
    """The picture in a window preset (CT only, ignored otherwise) or as the model sees it."""
    if window == MODEL_WINDOW:
        return Image.fromarray(picture.model_image)
    if picture.modality == "CT":
        shown = apply_window(picture.values, *get_window(window))
    elif picture.modality is None and picture.values.dtype == np.uint8:
        return Image.fromarray(picture.values)
    else:
        shown = scale_to_range(picture.values)
    return Image.fromarray(np.round(shown * 255).astype(np.uint8))


def window_names(modality: str | None) -> list[str]:
    """The windows to choose from: all presets for CT, the full range otherwise, and always the model's own."""
    return [*(WINDOWS if modality == "CT" else [FULL_RANGE]), MODEL_WINDOW]


def first_window(picture: Original) -> str:
    """The window to start with; of a CT soft tissue, or lung where a tenth of the slice is air inside the body."""
    if picture.modality != "CT":
        return FULL_RANGE
    tissue = picture.values > -500
    return "lung" if (binary_fill_holes(tissue) & ~tissue).mean() > 0.1 else "soft_tissue"


def read_picture(path: str | Path) -> Original:
    """A PNG, a JPEG or the first slice of a DICOM file, whatever its name. `Refusal` says what is wrong with it."""
    if Path(path).stat().st_size > MAX_BYTES:
        raise Refusal("too_large")
    results = run_isolated(decode, [str(path)], workers=1, timeout_s=TIMEOUT_S, memory_mb=MEMORY_MB)
    result = next(results)[1]
    results.close()
    if result.reason:
        raise Refusal("too_large" if result.reason in ("timeout", "out_of_memory") else "not_a_picture")
    picture, reason = result.value
    if reason:
        raise Refusal(_REFUSALS.get(reason, "not_a_slice"))
    return picture


def decode(path: str) -> tuple[Original | None, str | None]:
    """The picture in a file, or the reason why there is none; runs in the child."""
    try:
        return read_original(Path(path).read_bytes(), formats=FORMATS, max_pixels=MAX_PIXELS), None
    except Unreadable as unreadable:
        return None, str(unreadable)
