"""An uploaded file becomes values to show and the image that the model sees: `read_picture(path)`.

Foreign files are decoded in a child process with limits of time and memory, so that none can stop the Space.
"""

import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from PIL import Image, UnidentifiedImageError
from scipy.ndimage import binary_fill_holes
from texts import Refusal

from refrad2d.images.dicom import parse_dicom, refuse_unsuitable, shown_slices, text_of
from refrad2d.images.sources import Unreadable, is_dicom
from refrad2d.system.processes import run_isolated
from refrad2d.windows import WINDOWS, apply_window, get_window, picture_to_rgb, scale_to_range, windows

if TYPE_CHECKING:
    from radgrounder.predict import Picture

MAX_BYTES = 32 << 20
MAX_PIXELS = 32_000_000
TIMEOUT_S = 30.0
MEMORY_MB = 2048
FULL_RANGE = "full"  # of pictures that have no HU
MODEL_WINDOW = "model"  # beside the presets: the 224 px RGB that the model sees
_REFUSALS = {"burned_in_annotation": "burned_in", "too_large": "too_large", "no_picture": "not_a_picture"}


@dataclass(frozen=True)
class Slice:
    """A picture as it is shown.

    `values` are (rows, columns) HU of a CT, units of an MR or grey values, or (rows, columns, 3) colours. `modality`
    and `plane` are None where the file does not say. `aspect` is the height of a pixel by its width.
    """

    values: np.ndarray
    modality: str | None
    plane: str | None = None
    aspect: float = 1.0

    @property
    def model_image(self) -> np.ndarray:
        """(224, 224, 3) uint8: what the model sees, by the same functions as training and `radgrounder predict`."""
        return windows(self.values, self.modality) if self.modality else picture_to_rgb(self.values)

    def for_model(self) -> "Picture":
        """The argument of `Predictor.predict`; boxes refer to the pixels of `values`."""
        from radgrounder.predict import Picture  # brings torch, which the page does not need

        rows, columns = self.values.shape[:2]
        return Picture(Image.fromarray(self.model_image), columns, rows)

    def show(self, window: str) -> Image.Image:
        """The picture in a window preset (CT only, ignored otherwise) or as the model sees it."""
        if window == MODEL_WINDOW:
            return Image.fromarray(self.model_image)
        if self.modality == "CT":
            shown = apply_window(self.values, *get_window(window))
        elif self.modality is None and self.values.dtype == np.uint8:
            return Image.fromarray(self.values)
        else:
            shown = scale_to_range(self.values)
        return Image.fromarray(np.round(shown * 255).astype(np.uint8))


def window_names(modality: str | None) -> list[str]:
    """The windows to choose from: all presets for CT, the full range otherwise, and always the model's own."""
    return [*(WINDOWS if modality == "CT" else [FULL_RANGE]), MODEL_WINDOW]


def first_window(picture: Slice) -> str:
    """The window to start with; of a CT soft tissue, or lung where a tenth of the slice is air inside the body."""
    if picture.modality != "CT":
        return FULL_RANGE
    tissue = picture.values > -500
    return "lung" if (binary_fill_holes(tissue) & ~tissue).mean() > 0.1 else "soft_tissue"


def read_picture(path: str | Path) -> Slice:
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


def decode(path: str) -> tuple[Slice | None, str | None]:
    """The picture in a file, or the reason why there is none; runs in the child."""
    data = Path(path).read_bytes()
    try:
        return (_decode_dicom(data) if is_dicom(data) else _decode_picture(path)), None
    except Unreadable as unreadable:
        return None, str(unreadable)


def _decode_dicom(data: bytes) -> Slice:
    dataset = parse_dicom(data)
    refuse_unsuitable(dataset)
    frame = next(shown_slices(dataset))
    down, across = frame.placement.spacing
    values = frame.pixels * np.float32(frame.slope) + np.float32(frame.intercept)
    return Slice(values, text_of(dataset, "Modality"), frame.placement.plane, down / across)


def _decode_picture(path: str) -> Slice:
    warnings.simplefilter("error", Image.DecompressionBombWarning)
    try:
        with Image.open(path, formats=("PNG", "JPEG")) as file:
            if file.width * file.height > MAX_PIXELS:
                raise Unreadable("too_large")
            deep = file.mode.startswith(("I", "F"))  # converting 16 bits to "L" would clip them
            grey = file.mode in ("1", "L", "LA", "P")
            values = np.asarray(file, dtype=np.float32) if deep else np.asarray(file.convert("L" if grey else "RGB"))
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise Unreadable("too_large") from error
    except (UnidentifiedImageError, OSError, SyntaxError, ValueError) as error:  # what Pillow raises for broken files
        raise Unreadable("no_picture") from error
    if min(values.shape[:2]) < 2:
        raise Unreadable("no_picture")
    return Slice(values, None)
