"""What a scanner makes of a painted slice: table, streaks, kernel noise (CT); bias field and Rician noise (MR).

>>> pixels = scan_ct(image, skin, grid, Protocol(noise=20), patient, rng)
"""

from dataclasses import dataclass

import numpy as np

from refrad2d.phantom.anatomy import Patient
from refrad2d.phantom.shapes import Grid

_TABLES = {"curved": (0.0011, 205.0, 8.0), "flat": (0.0, 240.0, 0.0), "deep": (0.0022, 190.0, 8.0)}  # bend, half, gap


@dataclass(frozen=True)
class Protocol:
    """How a series is taken. `phase` is a column of tissues.csv: native, arterial, portal, t1, t2 or flair."""

    modality: str = "CT"
    phase: str = "portal"
    thickness: float = 3.0  # mm
    noise: float = 12.0  # HU at 0.75 mm pixels
    sharpness: float = 0.4  # 0 smooth kernel, 1 sharp kernel
    gain: float = 1.0  # contrast of the scanner's calibration
    table: str = "curved"  # curved | flat | deep | none
    arms: bool = False


def scan_mr(
    image: np.ndarray, skin: np.ndarray, grid: Grid, protocol: Protocol, patient: Patient, rng: np.random.Generator
) -> np.ndarray:
    """A smooth coil profile and Rician noise on a picture of tissue contrasts; arbitrary units."""
    rows, columns = image.shape
    y, x = np.ogrid[-1 : 1 : rows * 1j, -1 : 1 : columns * 1j]
    along_x, along_y, outwards = rng.uniform((-0.25, -0.25, -0.2), (0.25, 0.25, 0.1))
    bias = 1 + along_x * x + along_y * y + outwards * (x * x + y * y)
    noise = rng.standard_normal((2, *image.shape), dtype=np.float32) * np.float32(protocol.noise / 6)
    return np.hypot(image * bias.astype(np.float32) + noise[0], noise[1]) * np.float32(8 * protocol.gain)


def scan_ct(
    image: np.ndarray, skin: np.ndarray, grid: Grid, protocol: Protocol, patient: Patient, rng: np.random.Generator
) -> np.ndarray:
    """Table, streaks and the noise of the kernel on a picture in HU; `skin` is the depth below the skin in mm."""
    points = grid.points()
    if protocol.table != "none":
        _paint_table(image, skin, points, protocol, patient)
    image = np.where(image > -300, image * np.float32(protocol.gain), image)
    for _ in range(int(rng.integers(0, 3))):  # streaks through dense bone
        _add_streak(image, skin, points, rng)
    noise = rng.standard_normal(image.shape, dtype=np.float32)
    smooth = noise + np.roll(noise, 1, 0)
    smooth += np.roll(smooth, 1, 1)  # the mean of 2 x 2 pixels, times 2 to keep the variance
    smooth *= np.float32(0.5 * (1 - protocol.sharpness))
    smooth += noise * np.float32(protocol.sharpness)
    level = 0.6 * protocol.noise * (0.75 / max(grid.spacing, 0.75)) ** 0.7
    smooth *= (1 + np.clip(skin, 0, 110) * np.float32(1 / 110)) * np.float32(level)  # most noise in the middle
    image += smooth
    return np.maximum(image, -1024, out=image)


def _add_streak(image: np.ndarray, skin: np.ndarray, points: np.ndarray, rng: np.random.Generator) -> None:
    angle, offset, width = rng.uniform(-0.35, 0.35), rng.normal(0, 40), rng.uniform(3, 9)
    x, y, _ = points
    across = np.float32(np.cos(angle) / width) * (y - np.float32(30 + offset)) - np.float32(np.sin(angle) / width) * x
    image += np.float32(rng.normal(0, 9)) * np.exp(-across * across) * (skin > 0)


def _paint_table(image: np.ndarray, skin: np.ndarray, points: np.ndarray, protocol: Protocol, patient: Patient) -> None:
    """The patient table, in the scanner's frame below the lowest point of the back."""
    x, y, _ = points
    bend, half, gap = _TABLES[protocol.table]
    back = (patient.profile[3] + patient.profile[2])[patient.profile[0] > 12].max()
    top = float(back) + patient.posture[2] + 4
    near = np.flatnonzero(y.max(axis=1) > top - bend * half * half - 6)
    if not len(near):
        return
    rows = slice(int(near[0]), int(near[-1]) + 1)
    x, y, outside = x[rows], y[rows], skin[rows] < 0
    surface = y - top + bend * x * x
    inside = np.abs(x) < half
    shell = (np.abs(surface) < 1.6) & inside
    shell |= (np.abs(surface - 34 - gap - 0.7 * bend * x * x) < 1.6) & (np.abs(x) < half - 12)
    foam = (surface > 0) & (y < top + 34) & inside
    part = image[rows]
    part[foam & outside] = -930
    part[shell & outside] = 60
