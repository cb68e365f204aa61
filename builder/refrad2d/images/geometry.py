"""Where a slice is in the patient, and how it is shown: everything in LPS millimetres, display convention of radiology.

    >>> frames = display_frames(volume, affine)      # any (i, j, k) volume and its voxel → LPS matrix

Axial slices show the patient's right at image left and anterior up; coronal ones right at left and superior up;
sagittal ones anterior at left and superior up. Flips and transpositions only, never interpolation.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from itertools import product
from typing import NamedTuple

import numpy as np

from refrad2d.labels import PLANES

# plane -> patient axis and sign of (slice order, image rows downwards, image columns rightwards)
_DISPLAY = {
    "axial": ((2, 1), (1, 1), (0, 1)),
    "coronal": ((1, 1), (2, -1), (0, 1)),
    "sagittal": ((0, 1), (2, -1), (1, 1)),
}
TOLERANCE_MM = 1e-3
FARTHEST_MM = 1e5  # no coordinate of a patient lies further out
RIGHT_ANGLE = 1e-2  # cosine up to which two axes are at right angles, as `frame_affine` has it
HALF_A_PIXEL = 0.5
FINEST_MM = 1e-3  # no pixel is smaller; what is would vanish where placements are rounded
Reorientation = tuple[bool, bool, bool]  # transposed, then rows reversed, then columns reversed
AS_STORED: Reorientation = (False, False, False)
REORIENTATIONS: tuple[Reorientation, ...] = tuple(product((False, True), (False, True), (False, True)))
CORNERS = np.arange(4).reshape(2, 2)  # a picture that shows how it was reoriented


@lru_cache(maxsize=64)  # the slices of a series have one
def _normal(plane: str, across: tuple[float, ...], down: tuple[float, ...]) -> np.ndarray:
    """The unit vector that depth is counted along."""
    normal = np.cross(across, down)
    return normal / np.linalg.norm(normal) * np.sign(normal[_DISPLAY[plane][0][0]])


@dataclass(frozen=True)
class Placement:
    """Where a shown slice lies: `origin` is the centre of its first pixel, `down` and `across` the steps to the next
    row and column, each an LPS vector in mm; `shape` is (rows, columns)."""

    plane: str
    shape: tuple[int, int]
    origin: tuple[float, float, float]
    down: tuple[float, float, float]
    across: tuple[float, float, float]

    @property
    def spacing(self) -> tuple[float, float]:
        """mm between rows, mm between columns."""
        return float(np.linalg.norm(self.down)), float(np.linalg.norm(self.across))

    @cached_property  # a mask asks for it once for every series of an export
    def depth(self) -> float:
        """Position along the normal in mm, rising to superior, posterior or left."""
        return float(_normal(self.plane, self.across, self.down) @ np.asarray(self.origin))

    def matches(self, other: "Placement") -> bool:
        """True if both slices are the same pixels of the same patient space, within `TOLERANCE_MM`."""
        mine, theirs = ((*p.origin, *p.down, *p.across) for p in (self, other))
        return (
            self.plane == other.plane
            and self.shape == other.shape
            and bool(np.allclose(mine, theirs, atol=TOLERANCE_MM))
        )

    def same_plane_grid(self, other: "Placement") -> bool:
        """True if both slices can belong to one stack: same plane, shape and directions, wherever they lie."""
        mine, theirs = ((*p.down, *p.across) for p in (self, other))
        return (
            self.plane == other.plane
            and self.shape == other.shape
            and bool(np.allclose(mine, theirs, atol=TOLERANCE_MM))
        )


def display_frames(
    volume: np.ndarray, affine: np.ndarray, *, slice_axis: int | None = None
) -> Iterator[tuple[np.ndarray, Placement]]:
    """The slices of a volume as they are shown, each with its placement, in order of depth.

    `volume` is (i, j, k); `affine` is the 4×4 matrix from voxel (i, j, k) to LPS mm. Without `slice_axis` the slices
    are cut across the axis of the widest spacing (of equal ones, the one that runs along the patient).
    """
    affine = np.array(affine, dtype=float)
    axes = patient_axes(affine)
    slice_axis = widest_axis(affine) if slice_axis is None else slice_axis
    plane = next(name for name in PLANES if _DISPLAY[name][0][0] == axes[slice_axis])
    order = [axes.index(axis) for axis, _ in _DISPLAY[plane]]
    volume, affine = np.transpose(volume, order), affine[:, [*order, 3]]
    for position, (axis, sign) in enumerate(_DISPLAY[plane]):
        if affine[axis, position] * sign < 0:
            affine[:3, 3] += affine[:3, position] * (volume.shape[position] - 1)
            affine[:3, position] *= -1
            volume = np.flip(volume, position)
    for k, picture in enumerate(volume):
        origin = affine[:3, 3] + k * affine[:3, 0]
        yield (
            np.ascontiguousarray(picture),
            Placement(plane, picture.shape, *map(_vector, (origin, affine[:3, 1], affine[:3, 2]))),
        )


def reorient(picture: np.ndarray, how: Reorientation) -> np.ndarray:
    """A picture (rows, columns) transposed, then with its rows reversed, then its columns, each if so asked."""
    transposed, rows, columns = how
    picture = picture.T if transposed else picture
    return picture[:: -1 if rows else 1, :: -1 if columns else 1]


def undo_reorient(picture: np.ndarray, how: Reorientation) -> np.ndarray:
    """What `reorient` made the picture of."""
    transposed, rows, columns = how
    picture = picture[:: -1 if rows else 1, :: -1 if columns else 1]
    return picture.T if transposed else picture


def _vector(values: np.ndarray) -> tuple[float, float, float]:
    x, y, z = (round(float(v), 6) + 0.0 for v in values)  # + 0.0 turns -0.0 into 0.0
    return x, y, z


def patient_axes(affine: np.ndarray) -> list[int]:
    """For each voxel axis the patient axis (0 L, 1 P, 2 S) that it follows most; ValueError if it is no permutation."""
    steps = np.asarray(affine, dtype=float)[:3, :3]
    lengths = np.linalg.norm(steps, axis=0)
    if not ((np.abs(affine) < FARTHEST_MM).all() and (lengths >= FINEST_MM).all()):
        raise ValueError("The voxel matrix has a zero, non-finite or huge column. Give the volume a valid affine.")
    share = np.abs(steps / lengths)
    axes: dict[int, int] = {}
    for flat in np.argsort(-share, axis=None, kind="stable"):  # strongest agreement first
        patient_axis, voxel_axis = divmod(int(flat), 3)
        if voxel_axis not in axes and patient_axis not in axes.values():
            axes[voxel_axis] = patient_axis
    return [axes[v] for v in range(3)]


def axis_across(plane: str, affine: np.ndarray) -> int:
    """The voxel axis across which a volume must be cut to give slices of this plane."""
    return patient_axes(affine).index(_DISPLAY[plane][0][0])


def widest_axis(affine: np.ndarray) -> int:
    """The voxel axis along which a volume was acquired slice by slice: clearly the widest spacing, else superior."""
    lengths = np.linalg.norm(np.asarray(affine, dtype=float)[:3, :3], axis=0)
    widest = int(np.argmax(lengths))
    others = np.delete(lengths, widest)
    return widest if lengths[widest] > 1.1 * others.max() else patient_axes(affine).index(2)


def frame_affine(position: tuple[float, ...], orientation: tuple[float, ...], spacing: tuple[float, ...]) -> np.ndarray:
    """The voxel → LPS matrix of one DICOM frame as a (row, column, 1) volume.

    `position` is ImagePositionPatient, `orientation` ImageOrientationPatient (row direction first), `spacing`
    PixelSpacing (between rows, between columns). See PS3.3 C.7.6.2.1.1. ValueError if the directions are not
    perpendicular unit vectors.
    """
    along_row, along_column = np.array(orientation[:3], float), np.array(orientation[3:], float)
    if not (
        np.allclose([along_row @ along_row, along_column @ along_column], 1, atol=1e-2)
        and abs(along_row @ along_column) < 1e-2
    ):
        raise ValueError("ImageOrientationPatient is no pair of perpendicular unit vectors. Correct it in the export.")
    if not all(FINEST_MM <= s < FARTHEST_MM for s in spacing):
        raise ValueError("PixelSpacing is no positive distance in mm. Correct it in the export.")
    if not all(abs(p) < FARTHEST_MM for p in position):
        raise ValueError("ImagePositionPatient is outside any scanner. Correct it in the export.")
    affine = np.eye(4)
    affine[:3, 0] = along_column * spacing[0]
    affine[:3, 1] = along_row * spacing[1]
    affine[:3, 2] = np.cross(along_row, along_column)
    affine[:3, 3] = position
    return affine


def mean_step(places: Sequence[Placement]) -> np.ndarray:
    """The mean step from slice to slice in LPS mm, slices in order of depth; zero for a single one."""
    return (np.array(places[-1].origin) - np.array(places[0].origin)) / max(1, len(places) - 1)


def even_step(places: Sequence[Placement]) -> np.ndarray | None:
    """The step of an even ladder of slices; None if a slice lies further than a tenth of a step from it.

    A single slice steps 1 mm along its normal.
    """
    if len(places) == 1:
        across, down = np.array(places[0].across), np.array(places[0].down)
        normal = np.cross(across, down)
        return normal / np.linalg.norm(normal)
    depths = np.array([place.depth for place in places])
    even = np.linspace(depths[0], depths[-1], len(depths))
    far = np.abs(depths - even).max() > 0.1 * abs(depths[1:] - depths[:-1]).mean() + TOLERANCE_MM
    return None if far else mean_step(places)


class Grid(NamedTuple):
    """The voxels of a series: `shape` is (slices, rows, columns), `spacing` the mm between neighbours of each."""

    shape: tuple[int, int, int]
    spacing: tuple[float, float, float]


def voxel_grid(places: Sequence[Placement]) -> Grid | str:
    """The grid of slices in order of depth, or why they are no box of voxels: `single_slice` (nothing says how thick it
    is), `uneven_slices` (their distances differ, or one is missing) or `tilted_slices` (they are not stacked along
    their normal, as of a tilted gantry, or their axes are not at right angles: half a pixel is let pass).
    """
    if len(places) < 2:
        return "single_slice"
    if even_step(places) is None:
        return "uneven_slices"
    across, down = (np.array(axis) / np.linalg.norm(axis) for axis in (places[0].across, places[0].down))
    rows, columns = places[0].spacing
    offsets = np.array([place.origin for place in places]) - np.array(places[0].origin)
    drift = np.abs(offsets @ np.stack([down, across], axis=1)) / (rows, columns)  # (slices, 2) in pixels
    if abs(across @ down) > RIGHT_ANGLE or drift.max() > HALF_A_PIXEL:
        return "tilted_slices"
    step = (places[-1].depth - places[0].depth) / (len(places) - 1)
    return Grid((len(places), *places[0].shape), (step, rows, columns))


def ras_to_lps(affine: np.ndarray) -> np.ndarray:
    """A NIfTI matrix (RAS mm) as LPS mm."""
    return np.diag([-1.0, -1.0, 1.0, 1.0]) @ np.asarray(affine, dtype=float)
