"""Smooth shapes on a planar grid: ellipsoids, tubes, plane-wave noise. Signed distances in mm, positive inside.

    >>> grid = Grid.of_plane("axial", 0.0, size=64, fov_mm=400.0)
    >>> windows = shapes.visible(grid, margin=6.0, warp=warp)

Everything is evaluated on a plane in patient space (LPS mm), so that a 64 px and a 512 px slice of the same patient
show the same anatomy.
"""

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace

import numpy as np

from refrad2d.labels import PLANES

BLAS_BLOCK = 200_000  # multiplications below which OpenBLAS stays on one thread
# plane -> unit steps (LPS) along columns (left to right on screen) and along rows (top to bottom)
_STEPS = {
    "axial": ((1, 0, 0), (0, 1, 0)),  # R at image left, anterior up
    "coronal": ((1, 0, 0), (0, 0, -1)),  # R at image left, superior up
    "sagittal": ((0, 1, 0), (0, 0, -1)),  # anterior at image left, superior up
}
NORMAL = {"axial": 2, "coronal": 1, "sagittal": 0}  # the LPS axis that a plane's position is counted on


def multiply(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """The matrix product, in blocks that BLAS computes on one thread: many threads on such products only compete."""
    rows, columns = len(first), second.shape[1]
    if first.size * columns <= BLAS_BLOCK:
        return first @ second
    out = np.empty((rows, columns), dtype=np.float32)
    if rows > columns // 8:  # tall: blocks of rows
        step = max(1, BLAS_BLOCK // second.size)
        for start in range(0, rows, step):
            np.matmul(first[start : start + step], second, out=out[start : start + step])
        return out
    step = max(1, BLAS_BLOCK // first.size)
    for start in range(0, columns, step):
        out[:, start : start + step] = first @ second[:, start : start + step]
    return out


@dataclass(frozen=True)
class Grid:
    """Pixel centres of a slice: point(row, column) = origin + row * down + column * across, LPS mm."""

    origin: np.ndarray  # (3,)
    down: np.ndarray  # (3,), from one row to the next
    across: np.ndarray  # (3,), from one column to the next
    shape: tuple[int, int]  # rows, columns

    @classmethod
    def of_plane(
        cls, plane: str, position_mm: float, *, size: int | tuple[int, int], fov_mm: float, centre=(0.0, 0.0, 0.0)
    ) -> "Grid":
        """A grid with square pixels whose width is `fov_mm`, at `position_mm` along the plane's normal.

        ValueError if the plane is none of axial, coronal, sagittal.
        """
        if plane not in _STEPS:
            raise ValueError(f"Unknown plane {plane!r}. Choose from {', '.join(PLANES)}.")
        rows, columns = (size, size) if isinstance(size, int) else size
        spacing = fov_mm / columns
        across, down = (np.array(step, dtype=float) * spacing for step in _STEPS[plane])
        middle = np.array(centre, dtype=float)
        middle[NORMAL[plane]] = position_mm
        origin = middle - down * (rows - 1) / 2 - across * (columns - 1) / 2
        return cls(origin, down, across, (rows, columns))

    @property
    def spacing(self) -> float:
        """Pixel width in mm."""
        return float(np.linalg.norm(self.across))

    @property
    def normal(self) -> np.ndarray:
        """Unit normal of the plane."""
        cross = np.cross(self.across, self.down)
        return cross / np.linalg.norm(cross)

    def moved(self, rotation: np.ndarray, shift: np.ndarray) -> "Grid":
        """The same pixels in another frame: point -> rotation @ point + shift."""
        return Grid(rotation @ self.origin + shift, rotation @ self.down, rotation @ self.across, self.shape)

    def crop(self, window: tuple[slice, slice]) -> "Grid":
        """The part of the grid in a window of rows and columns."""
        rows, columns = window
        origin = self.origin + rows.start * self.down + columns.start * self.across
        return Grid(origin, self.down, self.across, (rows.stop - rows.start, columns.stop - columns.start))

    def points(self) -> np.ndarray:
        """(3, rows, columns) float32 LPS mm."""
        rows, columns = (np.arange(n) for n in self.shape)
        line = (self.down[:, None] * rows + self.origin[:, None]).astype(np.float32)
        return line[:, :, None] + (self.across[:, None] * columns).astype(np.float32)[:, None, :]

    def window_of(self, low: np.ndarray, high: np.ndarray) -> tuple[slice, slice]:
        """The rows and columns in which a box (corners in mm) can lie; at least one pixel."""
        inverse = np.linalg.inv(np.stack([self.down, self.across, self.normal], axis=1))
        centre = ((low + high) / 2 - self.origin) @ inverse.T
        half = (high - low) / 2 @ np.abs(inverse).T
        first = np.clip(np.floor(centre - half)[:2], 0, np.array(self.shape) - 1).astype(int)
        last = np.clip(np.ceil(centre + half)[:2] + 1, first + 1, self.shape).astype(int)
        return slice(int(first[0]), int(last[0])), slice(int(first[1]), int(last[1]))


@dataclass(frozen=True)
class Waves:
    """A sum of plane waves: channel c at p = sum over k of amplitude[c, k] * sin(vector[k] . p + phase[k])."""

    vectors: np.ndarray  # (K, 3) radians per mm
    phases: np.ndarray  # (K,)
    amplitudes: np.ndarray  # (channels, K)

    def on(self, grid: Grid) -> np.ndarray:
        """(channels, rows, columns) float32.

        sin(a + b) = sin a cos b + cos a sin b, so on a plane all waves together are one matrix product.
        """
        rows, columns = (np.arange(n) for n in grid.shape)
        a = (self.vectors @ grid.origin + self.phases)[:, None] + (self.vectors @ grid.down)[:, None] * rows
        b = (self.vectors @ grid.across)[:, None] * columns
        left = np.concatenate([np.sin(a), np.cos(a)]).astype(np.float32)  # (2K, rows)
        right = np.concatenate([np.cos(b), np.sin(b)]).astype(np.float32)  # (2K, columns)
        weights = np.concatenate([self.amplitudes, self.amplitudes], axis=1).astype(np.float32)
        weighted = (weights[:, None, :] * left.T[None]).reshape(-1, len(left))  # (channels * rows, 2K)
        return multiply(weighted, right).reshape(len(weights), *grid.shape)

    def at(self, points: np.ndarray) -> np.ndarray:
        """(N, channels) at single points (N, 3)."""
        return np.sin(points @ self.vectors.T + self.phases) @ self.amplitudes.T


def random_waves(
    rng: np.random.Generator, *, channels: int, count: int, wavelengths: tuple[float, float], amplitude: float
) -> Waves:
    """Waves in random directions with wavelengths (mm) drawn between two bounds; `amplitude` is a channel's rms."""
    directions = rng.standard_normal((count, 3))
    directions /= np.linalg.norm(directions, axis=1, keepdims=True)
    shortest, longest = np.log(wavelengths)
    lengths = np.exp(rng.uniform(shortest, longest, count))
    weights = rng.standard_normal((channels, count))
    weights *= amplitude * np.sqrt(2) / np.linalg.norm(weights, axis=1, keepdims=True)
    return Waves(directions * (2 * np.pi / lengths)[:, None], rng.uniform(0, 2 * np.pi, count), weights)


@dataclass(frozen=True)
class Geometry:
    """The numbers of shapes, one a row: ellipsoids (axis zero) and tube segments; arrays of float64, mm."""

    round: np.ndarray  # (N,) bool, True for an ellipsoid
    start: np.ndarray  # (N, 3)
    axis: np.ndarray  # (N, 3)
    radii: np.ndarray  # (N, 3); of a segment: at its start, at its end, 0
    turn: np.ndarray  # (N, 3, 3)
    gas: np.ndarray  # (N,) in front of this y the content is gas


def join_geometries(parts: Sequence[Geometry]) -> Geometry:
    """Geometries one after the other."""
    return Geometry(*(np.concatenate([getattr(part, f.name) for part in parts]) for f in fields(Geometry)))


@dataclass(frozen=True)
class Shapes:
    """Ellipsoids and tube segments as arrays, so that all are culled at once and each is quick to measure.

    `rows` of an ellipsoid is rotation / radii, `origin` the centre in that frame; of a segment, `rows` holds its axis
    and its start, `terms` (axis . start, start . start, length squared, first radius, last radius).
    """

    round: list[bool]
    rows: list[np.ndarray]
    origin: list[np.ndarray | None]
    terms: list[tuple[float, ...]]
    low: np.ndarray  # (N, 3) bounds
    high: np.ndarray  # (N, 3)

    def visible(self, grid: Grid, margin: float, warp: Waves) -> list[tuple[slice, slice] | None]:
        """For each shape the window of the grid that it can touch, None where it cannot.

        The grid is bent by `warp` before shapes are measured, so a shape at c appears near c - warp(c).
        """
        inverse = np.linalg.inv(np.stack([grid.down, grid.across, grid.normal], axis=1))
        middle = (self.low + self.high) / 2
        centre = (middle - warp.at(middle) - grid.origin) @ inverse.T
        half = ((self.high - self.low) / 2 + margin) @ np.abs(inverse).T
        low = np.maximum(np.floor(centre - half), 0).astype(int)[:, :2]
        high = np.minimum(np.ceil(centre + half).astype(int)[:, :2] + 1, grid.shape)
        seen = (np.abs(centre[:, 2]) <= half[:, 2]) & (low < high).all(axis=1)
        windows: list[tuple[slice, slice] | None] = [None] * len(seen)
        for k in np.flatnonzero(seen).tolist():
            (top, left), (bottom, right) = low[k].tolist(), high[k].tolist()
            windows[k] = slice(top, bottom), slice(left, right)
        return windows

    def depth(self, index: int, points: np.ndarray, squares: np.ndarray) -> np.ndarray:
        """Signed distance (mm, about, positive inside) of a shape. `points` (3, h, w), `squares` their squared norm."""
        local = multiply(self.rows[index], points.reshape(3, -1))
        terms = self.terms[index]
        if self.round[index]:
            local -= self.origin[index]
            local *= local
            radius = local[0]
            radius += local[1]
            radius += local[2]
            np.sqrt(radius, out=radius)
            radius *= -terms[0]
            radius += terms[0]
            return radius.reshape(squares.shape)
        axis_start, start2, length2, first, slope = terms
        along, gap = local
        along -= axis_start
        t = along * (1 / length2)
        np.maximum(t, 0, out=t)
        np.minimum(t, 1, out=t)
        gap *= -2
        gap += squares.ravel()
        gap += start2
        along *= -2
        along += t * length2
        along *= t
        gap += along
        np.maximum(gap, 0, out=gap)
        np.sqrt(gap, out=gap)
        t *= slope
        t += first
        t -= gap
        return t.reshape(squares.shape)

    def changed(self, numbers: Sequence[int], *, shift: np.ndarray, scale: float, about: np.ndarray) -> "Shapes":
        """These shapes `scale` times as large, seen from the point `about` (mm), and then moved by `shift` (mm)."""
        rows, origin, terms, round_ = [*self.rows], [*self.origin], [*self.terms], self.round
        low, high = self.low.copy(), self.high.copy()
        place = lambda point: about + scale * (point - about) + shift  # noqa: E731
        for k in numbers:
            if round_[k]:
                centre = np.linalg.solve(rows[k].astype(np.float64), self._origin(k))
                rows[k] = rows[k] / np.float32(scale)
                origin[k] = (rows[k] @ place(centre)).astype(np.float32)[:, None]
                terms[k] = (terms[k][0] * scale,)
            else:
                axis, start = rows[k][0].astype(np.float64) * scale, place(rows[k][1].astype(np.float64))
                rows[k] = np.stack([axis, start]).astype(np.float32)
                _, _, length2, first, slope = terms[k]
                terms[k] = (float(axis @ start), float(start @ start), length2 * scale**2, first * scale, slope * scale)
            low[k], high[k] = place(low[k]), place(high[k])
        return replace(self, rows=rows, origin=origin, terms=terms, low=low, high=high)

    def _origin(self, number: int) -> np.ndarray:
        origin = self.origin[number]
        assert origin is not None  # of an ellipsoid
        return origin[:, 0].astype(np.float64)


def build_shapes(geometry: Geometry, halo: np.ndarray) -> Shapes:
    """Shapes from a `Geometry`; `halo` (N,) is how far (mm) beyond its surface a shape still paints.

    Bounds grow by the halo and by what the warp may differ between a shape's middle and its surface.
    """
    start, axis, radii, turn = geometry.start, geometry.axis, geometry.radii, geometry.turn
    balls = geometry.round
    reach = np.sqrt(((turn * radii[:, None, :]) ** 2).sum(axis=2))
    ends = start + axis
    low = np.where(balls[:, None], start - reach, np.minimum(start - radii[:, :1], ends - radii[:, 1:2]))
    high = np.where(balls[:, None], start + reach, np.maximum(start + radii[:, :1], ends + radii[:, 1:2]))
    grown = (halo + 1.5 + 0.12 * radii.max(axis=1))[:, None]
    low, high = low - grown, high + grown
    matrix = turn.transpose(0, 2, 1) / np.where(radii > 0, radii, 1)[:, :, None]
    origin = np.einsum("nij,nj->ni", matrix, start).astype(np.float32)[:, :, None]
    mean = np.exp(np.log(np.where(radii > 0, radii, 1)).mean(axis=1))
    lines = np.stack([axis, start], axis=1).astype(np.float32)
    length2 = np.maximum((axis**2).sum(axis=1), 1e-3)
    numbers = np.stack(
        [(axis * start).sum(axis=1), (start**2).sum(axis=1), length2, radii[:, 0], radii[:, 1] - radii[:, 0]], axis=1
    )
    matrix = matrix.astype(np.float32)
    is_ball = balls.tolist()
    return Shapes(
        round=is_ball,
        rows=[matrix[k] if ball else lines[k] for k, ball in enumerate(is_ball)],
        origin=[origin[k] if ball else None for k, ball in enumerate(is_ball)],
        terms=[(m,) if ball else tuple(n) for ball, m, n in zip(is_ball, mean.tolist(), numbers.tolist(), strict=True)],
        low=low,
        high=high,
    )


def rotations_of(degrees: np.ndarray) -> np.ndarray:
    """(N, 3, 3) rotations from (N, 3) degrees about z (yaw), y (tilt) and x (roll), applied in the order x, y, z."""
    (cz, cy, cx), (sz, sy, sx) = np.cos(np.radians(degrees)).T, np.sin(np.radians(degrees)).T
    return np.stack(
        [
            np.stack([cz * cy, cz * sy * sx - sz * cx, cz * sy * cx + sz * sx], axis=1),
            np.stack([sz * cy, sz * sy * sx + cz * cx, sz * sy * cx - cz * sx], axis=1),
            np.stack([-sy, cy * sx, cy * cx], axis=1),
        ],
        axis=1,
    )
