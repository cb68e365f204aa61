"""The one reader of pictures, for the command, the Space, the benchmarks and training: PNG, JPEG, DICOM.

    >>> open_picture(Path("slice.dcm")).image.size
    (224, 224)

Loads no torch: the page of the Space is there before the model.
"""

import io
import struct
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image, ImageOps, UnidentifiedImageError

from refrad2d.images.sources import Unreadable, is_dicom
from refrad2d.windows import picture_to_rgb, windows

GREY_MODES = ("1", "L", "LA", "La")  # of Pillow; a palette may hold colours, so it is none of them
DEEP_MODES = ("I", "F")  # what they begin with: converting a deep picture would clip it to 255
MIN_SIDE = 2  # pixels
MAX_PIXELS = 178_956_970  # of a picture; of larger ones Pillow suspects a decompression bomb
_FAULTS = {
    "too_small": f"has a side of fewer than {MIN_SIDE} pixels. Give a larger picture.",
    "too_large": f"has more than {MAX_PIXELS} pixels. Give a smaller picture, or a part of it.",
    "no_picture": "is no picture. Give a PNG, JPEG or DICOM file.",
}


@dataclass(frozen=True)
class Picture:
    """An image as the model sees it (224 px RGB), and the size of the picture that its boxes refer to.

    `width` and `height` are the columns and rows of the file's picture, upright and in display orientation.
    """

    image: Image.Image
    width: int
    height: int


@dataclass(frozen=True)
class Original:
    """A picture as its file has it, upright.

    `values` are (rows, columns) HU of a CT, units of an MR or grey values, or (rows, columns, 3) uint8 colours.
    `modality` ("CT", "MR") and `plane` are None where the file does not say. `aspect` is the height of a pixel by its
    width.
    """

    values: np.ndarray
    modality: str | None = None
    plane: str | None = None
    aspect: float = 1.0

    @property
    def model_image(self) -> np.ndarray:
        """(224, 224, 3) uint8: what the model sees, by the same functions as in training."""
        return windows(self.values, self.modality) if self.modality else picture_to_rgb(self.values)

    def for_model(self) -> Picture:
        """The argument of `Predictor.predict`; boxes refer to the pixels of `values`."""
        rows, columns = self.values.shape[:2]
        return Picture(Image.fromarray(self.model_image), columns, rows)


def open_picture(path: Path) -> Picture:
    """A PNG, JPEG or DICOM file as the model sees it; of several frames the first.

    Grey pictures stay grey, 16-bit ones keep their depth, palettes and CMYK become RGB, transparency shows white, and
    the orientation that a camera noted is undone. A DICOM slice is turned into display orientation (axial: the
    patient's right at the left, anterior up) and windowed by its modality.

    ValueError, saying what to give instead, if there is no such file or it is no picture, one with a side of fewer than
    2 or with more than 178956970 pixels, or no CT or MR slice.

    >>> picture = open_picture(Path("slice.dcm"))
    >>> picture.image.size, picture.width, picture.height
    ((224, 224), 512, 512)
    """
    if not path.is_file():
        raise ValueError(f"{path} does not exist. Give a PNG, JPEG or DICOM file.")
    data = path.read_bytes()
    try:
        return read_original(data, max_pixels=MAX_PIXELS).for_model()
    except Unreadable as unreadable:
        of_dicom = f"is no CT or MR slice ({unreadable}). Give a PNG, JPEG or DICOM file."
        raise ValueError(f"{path.name} {of_dicom if is_dicom(data) else _FAULTS[str(unreadable)]}") from unreadable


def read_original(data: bytes, *, formats: tuple[str, ...] | None = None, max_pixels: int | None = None) -> Original:
    """The picture in the bytes of a file.

    For files from strangers `formats` bounds what Pillow may try ("PNG", "JPEG"), and `max_pixels` what it may decode.
    `Unreadable` with the reason: no_picture, too_small, too_large, or what the builder says of a DICOM file.
    """
    return _read_dicom(data) if is_dicom(data) else _read_image(data, formats, max_pixels)


def _read_dicom(data: bytes) -> Original:
    from refrad2d.images.dicom import parse_dicom, refuse_unsuitable, shown_slices, text_of  # pydicom: the build extra

    dataset = parse_dicom(data)
    refuse_unsuitable(dataset)
    shown = next(shown_slices(dataset))
    down, across = shown.placement.spacing
    return Original(shown.values(), text_of(dataset, "Modality"), shown.placement.plane, down / across)


def _read_image(data: bytes, formats: tuple[str, ...] | None, max_pixels: int | None) -> Original:
    try:
        with Image.open(io.BytesIO(data), formats=formats) as file:
            if max_pixels is not None and file.width * file.height > max_pixels:
                raise Unreadable("too_large")
            upright = _on_white(ImageOps.exif_transpose(file))
            if upright.mode.startswith(DEEP_MODES):
                values = np.asarray(upright, dtype=np.float32)
            else:
                values = np.asarray(upright.convert("L" if upright.mode in GREY_MODES else "RGB"))
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise Unreadable("too_large") from error
    except (
        UnidentifiedImageError,
        OSError,
        SyntaxError,
        ValueError,
        struct.error,
    ) as error:  # what Pillow raises for broken files
        raise Unreadable("no_picture") from error
    if min(values.shape[:2]) < MIN_SIDE:
        raise Unreadable("too_small")
    return Original(values)


def _on_white(picture: Image.Image) -> Image.Image:
    """A picture with transparency as a page shows it, on white; grey stays grey. Deep ones have none."""
    if not picture.has_transparency_data or picture.mode.startswith(DEEP_MODES):
        return picture
    colours = picture.convert("RGBA")
    shown = Image.alpha_composite(Image.new("RGBA", colours.size, "white"), colours).convert("RGB")
    return shown.convert("L") if picture.mode in GREY_MODES else shown
