"""Pixels to what the model and the reader see: window presets, resize, RGB.

>>> rgb = windows(hu, modality="CT")     # (224, 224, 3) uint8, the `image` column
>>> view = apply_window(hu, *get_window("lung"))
"""

from functools import lru_cache

import numpy as np

IMAGE_SIZE = 224
MIN_HU = -1000.0
# name -> (center, width) in Hounsfield units
WINDOWS: dict[str, tuple[float, float]] = {
    "wide": (-100.0, 2250.0),
    "soft_tissue": (40.0, 350.0),
    "brain": (40.0, 80.0),
    "lung": (-600.0, 1500.0),
    "mediastinum": (50.0, 350.0),
    "liver": (60.0, 160.0),
    "bone": (400.0, 1800.0),
}
CT_CHANNELS = ("wide", "soft_tissue", "brain")  # R, G, B of a CT image, as in the RadGrounder release


def get_window(name: str) -> tuple[float, float]:
    """(center, width) of a preset. ValueError names the presets if there is none of this name."""
    if name not in WINDOWS:
        raise ValueError(f"Unknown window {name!r}. Choose from {', '.join(WINDOWS)}.")
    return WINDOWS[name]


def apply_window(hu: np.ndarray, center: float, width: float) -> np.ndarray:
    """Values mapped linearly from [center - width/2, center + width/2] to [0, 1] and clipped; float32, same shape."""
    if not width > 0:
        raise ValueError(f"Window width {width} is not positive. Give center and width in the unit of the pixels.")
    shown = np.asarray(hu, dtype=np.float32) - np.float32(center - width / 2)
    shown /= np.float32(width)
    return np.clip(shown, 0.0, 1.0, out=shown)


def scale_to_range(pixels: np.ndarray) -> np.ndarray:
    """Min–max to [0, 1]; a constant picture becomes 0. float32, same shape."""
    pixels = np.asarray(pixels, dtype=np.float32)
    low, high = pixels.min(), pixels.max()
    return (pixels - low) / (high - low) if high > low else np.zeros_like(pixels)


def resize(picture: np.ndarray, size: int = IMAGE_SIZE) -> np.ndarray:
    """Bilinear, squashed to (size, size), pixel centres aligned, no antialias. (H, W) or (H, W, C), float32."""
    picture = np.asarray(picture, dtype=np.float32)
    (top, bottom, down), (left, right, across) = (_taps(length, size) for length in picture.shape[:2])
    tail = (1,) * (picture.ndim - 2)
    down, across = down.reshape(-1, 1, *tail), across.reshape(1, -1, *tail)
    rows = picture[top] * (1 - down) + picture[bottom] * down
    return rows[:, left] * (1 - across) + rows[:, right] * across


@lru_cache(maxsize=8)  # the slices of a series have one shape
def _corners(rows: int, columns: int, size: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Of each pixel of a resized picture: where the four lie that it is made of, (4, size, size) in a flat picture
    (left and right above, left and right below), and the weights of those below and of those on the right."""
    (top, bottom, down), (left, right, across) = (_taps(length, size) for length in (rows, columns))
    places = np.stack([top, top, bottom, bottom])[:, :, None] * columns + np.stack([left, right] * 2)[:, None]
    return places, down.reshape(-1, 1), across.reshape(1, -1)


def _taps(length: int, size: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The two source indices of each of `size` output pixels and the weight of the second."""
    at = np.clip((np.arange(size) + 0.5) * (length / size) - 0.5, 0, length - 1)
    low = np.floor(at).astype(np.intp)
    return low, np.minimum(low + 1, length - 1), (at - low).astype(np.float32)


def resize_mask(mask: np.ndarray, size: int = IMAGE_SIZE) -> np.ndarray:
    """Nearest neighbour on pixel centres, squashed to (size, size); class ids stay class ids."""
    rows, columns = ((np.arange(size) + 0.5) * (length / size) for length in mask.shape[:2])
    return mask.take(rows.astype(np.intp), axis=0).take(columns.astype(np.intp), axis=1)


def count_pixels(mask: np.ndarray) -> np.ndarray:
    """(256,) int: pixels of each class id in a mask (H, W) resized to that of the image."""
    return np.bincount(resize_mask(np.asarray(mask)).ravel(), minlength=256)


def rescale(pixels: np.ndarray, slope: float, intercept: float) -> np.ndarray:
    """Stored pixels as values, pixels * slope + intercept (DICOM PS3.3 C.7.6.16.2.9): HU for CT; same shape.

    Slope and intercept are rounded to float32. uint16, as a dataset stores its pixels, gives float32, so that a picture
    has the same bits wherever it is made; integers of 32 bits and float64, which only a foreign file has, give float64.
    """
    return pixels * np.float32(slope) + np.float32(intercept)


def windows(pixels: np.ndarray, modality: str, size: int = IMAGE_SIZE) -> np.ndarray:
    """The `image` of a slice: (size, size, 3) uint8.

    `pixels` is (H, W): Hounsfield units for CT (three windows, one a channel), any unit for MR (min–max of the
    slice, repeated). Everything that shows a picture to a model goes through here.
    """
    if modality == "CT":
        # only what the picture is made of is windowed; the same arithmetic as to resize what was windowed whole
        corners, down, across = _corners(*pixels.shape, size)
        hu = np.maximum(np.asarray(pixels, dtype=np.float32).take(corners), MIN_HU)
        channels = []
        for name in CT_CHANNELS:
            shown = apply_window(hu, *WINDOWS[name])
            shown[:2] *= 1 - down
            shown[2:] *= down
            left, right = np.add(shown[:2], shown[2:], out=shown[:2])
            left *= 1 - across
            right *= across
            channels.append(np.add(left, right, out=left))
    elif modality == "MR":
        channels = [resize(scale_to_range(pixels), size)] * 3
    else:
        raise ValueError(f"Unknown modality {modality!r}. Choose CT or MR.")
    picture = np.stack(channels, axis=-1)
    picture *= 255
    return np.rint(picture, out=picture).astype(np.uint8)


def picture_to_rgb(picture: np.ndarray, size: int = IMAGE_SIZE) -> np.ndarray:
    """A PNG or JPEG of unknown origin as an `image`: (H, W) or (H, W, 3) → resized, then min–max; uint8."""
    resized = scale_to_range(resize(picture, size))
    return np.round((resized if resized.ndim == 3 else np.stack([resized] * 3, axis=-1)) * 255).astype(np.uint8)
