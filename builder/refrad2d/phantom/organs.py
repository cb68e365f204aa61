"""Organs of one patient: the plan of organs_PART.csv, jittered, scaled and put in place, all shapes at once.

    >>> organs, geometry = place_organs("abdomen", rng, BodyFrame(profile, bottom, 1.0), scales={}, breath=0.0)

Columns of organs_PART.csv: `frame` says what x and y count: half axes of the body cavity, mm from the middle of the
spine, or mm from the middle of the body (x to the left, y to the back); z is always a level. `kind` is ellipsoid
(centre; radii), tube and colon (points with radius, joined by a spline), loops (a heap of bowel loops: centre; radii),
gyri (a brain: centre; radii). Rows of one name are one organ, rows of one group move together. `size` is the spread of
the logarithm of the size, `jitter` that of the place in mm. Some rows belong to one sex only, some are left out where
another part (`unless`) draws the same in more detail.
"""

from dataclasses import dataclass
from functools import cache

import numpy as np

from refrad2d.phantom.shapes import Geometry, rotations_of
from refrad2d.system.tables import read_csv

FRAMES = ("cavity", "spine", "body")
CAVITY = 0
_ROUND = ("ellipsoid", "loops", "gyri")
THIN = 12.0  # mm of radius below which a tube needs more segments to look smooth
# share of segments whose gas level (in radii behind the axis) is so: none, in front, more, full of gas
_GAS = (-2.0, -0.2, 0.5, 2.0), (0.35, 0.65, 0.8, 1.0)


@dataclass(frozen=True)
class Organ:
    """A painted structure. `first`, `last` are its shapes (end exclusive); `label` "=" leaves the mask as it is."""

    name: str
    label: str
    tissue: str
    content: str
    wall: float  # mm between surface and content
    first: int
    last: int
    gap: float  # mm of fat around it
    noise: tuple[float, float]  # share of the two noise fields in its boundary, mm
    bound: str  # a key of render._bounds, "outside" (painted before the body) or ""
    within: str  # painted only where the mask shows this label ("-" for none)
    offset: float = 0.0  # added to the tissue's value, HU
    kind: str = ""  # loops: a heap of bowel; gyri: a brain
    finding: bool = False
    sex: str = ""  # only in this sex
    unless: str = ""  # left out where this part is drawn too


@dataclass(frozen=True)
class BodyFrame:
    """Turns the coordinates of organs_PART.csv into mm. `profile` as in Patient."""

    profile: np.ndarray
    bottom: float
    size: float

    def __call__(self, points: np.ndarray, frame: np.ndarray) -> np.ndarray:
        """(N, 3) mm from (N, 3) x, y, level; `frame` (N,) is the index of each point's frame in FRAMES."""
        level, width, depth, centre_y, wall, fat, spine_y, *_ = self.profile
        at = np.interp(-points[:, 2], -level, np.arange(len(level)))
        below = np.minimum(at.astype(int), len(level) - 2)
        part = at - below
        columns = np.stack([width - wall - 8 * fat, depth - wall - 8 * fat, centre_y, spine_y])
        wide, deep, middle, back = columns[:, below] * (1 - part) + columns[:, below + 1] * part
        unit = np.where((frame == CAVITY)[:, None], np.stack([wide, deep], axis=1), self.size)
        x = points[:, 0] * unit[:, 0]
        y = np.choose(frame, [middle, back, 0.0]) + points[:, 1] * unit[:, 1]
        return np.stack([x, y, at + self.bottom], axis=1)


@dataclass(frozen=True)
class _Plan:
    """organs_PART.csv as arrays over path points P and rows R."""

    rows: tuple[dict[str, str], ...]
    groups: tuple[str, ...]
    group: np.ndarray  # (R,) index into groups
    path: np.ndarray  # (P, 4) x, y, level, radius
    row: np.ndarray  # (P,) the row of a point
    first_point: np.ndarray  # (R + 1,)
    radii: np.ndarray  # (R, 3) of ellipsoids
    rotation: np.ndarray  # (R, 3) degrees
    jitter: np.ndarray  # (R, 3)
    size: np.ndarray  # (R,)
    noise: np.ndarray  # (R,)
    round: np.ndarray  # (R,) bool
    frame: np.ndarray  # (R,) index into FRAMES
    breathes: np.ndarray  # (R,) bool


@cache
def _plan(part: str) -> _Plan:
    rows = read_csv(__package__, f"organs_{part}.csv")
    paths, radii = [], np.ones((len(rows), 3))
    for number, row in enumerate(rows):
        points = [np.array(point.split(), dtype=float) for point in row["points"].split(";")]
        if row["kind"] in _ROUND:
            paths.append(np.append(points[0], 0.0)[None])
            radii[number] = points[1]
        else:
            thin = np.mean([point[3] for point in points]) < THIN
            paths.append(smooth_path(np.array(points), 6 if row["kind"] == "colon" else 3 if thin else 2))
    groups = tuple(dict.fromkeys(row["group"] or row["name"] for row in rows))
    column = lambda name: np.array([float(row[name] or 0) for row in rows])  # noqa: E731
    triple = lambda name: np.array([[float(v) for v in (row[name] or "0 0 0").split()] for row in rows])  # noqa: E731
    return _Plan(
        rows=rows,
        groups=groups,
        group=np.array([groups.index(row["group"] or row["name"]) for row in rows]),
        path=np.concatenate(paths),
        row=np.repeat(np.arange(len(rows)), [len(path) for path in paths]),
        first_point=np.cumsum([0, *(len(path) for path in paths)]),
        radii=radii,
        rotation=triple("rotation"),
        jitter=triple("jitter"),
        size=column("size"),
        noise=column("noise"),
        round=np.array([row["kind"] in _ROUND for row in rows]),
        frame=np.array([FRAMES.index(row["frame"]) for row in rows]),
        breathes=np.array([row["bound"] == "abdomen" or row["group"].startswith("kidney") for row in rows]),
    )


def place_organs(
    part: str, rng: np.random.Generator, place: BodyFrame, *, scales: dict[str, float], breath: float
) -> tuple[list[Organ], Geometry]:
    """The organs in painting order and their shapes. `scales` multiplies the size of a class, `breath` is mm of z."""
    plan = _plan(part)
    moves, sizes = rng.standard_normal((len(plan.groups), 3)), rng.standard_normal(len(plan.groups))
    shift = moves[plan.group] * plan.jitter
    shift[:, 2] += breath * plan.breathes
    scale = place.size * np.exp(sizes[plan.group] * plan.size)
    scale *= [scales.get(row["label"], 1.0) * scales.get(row["group"] or "-", 1.0) for row in plan.rows]
    centres = place(plan.path[:, :3], plan.frame[plan.row]) + shift[plan.row]
    widths = plan.path[:, 3] * scale[plan.row]
    for number in _rows_of(part, "colon"):
        own = slice(plan.first_point[number], plan.first_point[number + 1])
        count = own.stop - own.start
        widths[own] *= 0.9 + 0.14 * np.sin(np.arange(count) * 2.2 + rng.uniform(0, 6))  # haustra
        centres[own, :2] += np.cumsum(rng.normal(0, 2.2, (count, 2)), axis=0)
    geometry, first = _join(rng, plan, centres, widths, scale)
    noise = rng.choice([-1.0, 1.0], (len(plan.rows), 2)) * rng.uniform(0.5, 1, (len(plan.rows), 2))
    return _organs(plan, first, noise * plan.noise[:, None]), geometry


@cache
def _rows_of(part: str, kind: str) -> tuple[int, ...]:
    return tuple(number for number, row in enumerate(_plan(part).rows) if row["kind"] == kind)


def _join(rng, plan: _Plan, centres, widths, scale) -> tuple[Geometry, np.ndarray]:
    """Points become shapes: a point of an ellipsoid is one, a path has a segment between neighbours."""
    round_point = plan.round[plan.row]
    has_next = np.append(plan.row[1:] == plan.row[:-1], False)
    take = np.flatnonzero(round_point | has_next)
    row, is_round = plan.row[take], round_point[take]
    following = np.minimum(take + 1, len(centres) - 1)
    axis = np.where(is_round[:, None], 0.0, centres[following] - centres[take])
    tube = np.stack([widths[take], widths[following], np.zeros(len(take))], axis=1)
    free = np.asarray(plan.jitter.any(axis=1))[row, None]  # what has no jitter is not turned or stretched either
    ball = plan.radii[row] * scale[row, None] * np.exp(free * rng.normal(0, 0.06, (len(row), 3)))
    turn = rotations_of(plan.rotation[row] + free * rng.normal(0, 7, (len(row), 3)))
    gas = _gas_levels(rng, plan, row, centres[take], widths[take])
    first = np.searchsorted(row, np.arange(len(plan.rows) + 1))
    return Geometry(is_round, centres[take], axis, np.where(is_round[:, None], ball, tube), turn, gas), first


def _gas_levels(rng, plan: _Plan, row, centres, widths) -> np.ndarray:
    """Gas rises to the front: per shape the y in front of which the content is gas."""
    gas = np.full(len(row), -np.inf)
    draw, level = rng.random(len(row)), rng.uniform(-0.6, 1.0)
    draw = np.repeat(draw[::4], 4)[: len(row)]  # neighbours hold the same
    for number, plan_row in enumerate(plan.rows):
        own = row == number
        if plan_row["kind"] == "colon":
            steps, bounds = _GAS
            gas[own] = centres[own, 1] + widths[own] * np.array(steps)[np.searchsorted(bounds, draw[own])]
        elif plan_row["content"] == "gas":
            gas[own] = np.inf
        elif plan_row["gas"]:
            gas[own] = float(plan_row["gas"]) - 20 * level
    return gas


def _organs(plan: _Plan, first: np.ndarray, noise: np.ndarray) -> list[Organ]:
    organs: list[Organ] = []
    for number, row in enumerate(plan.rows):
        start, stop = int(first[number]), int(first[number + 1])
        if organs and organs[-1].name == row["name"]:
            start = organs.pop().first
        organs.append(
            Organ(
                name=row["name"],
                label=row["label"],
                tissue=row["tissue"],
                content=row["content"],
                wall=float(row["wall"]),
                first=start,
                last=stop,
                gap=float(row["gap"]),
                noise=tuple(noise[number].tolist()),
                bound=row["bound"],
                within=row["within"],
                kind=row["kind"],
                sex=row["sex"],
                unless=row["unless"],
            )
        )
    return organs


def smooth_path(points: np.ndarray, parts: int) -> np.ndarray:
    """A Catmull-Rom spline through the points (rows), `parts` steps between two of them."""
    padded = np.concatenate([2 * points[:1] - points[1:2], points, 2 * points[-1:] - points[-2:-1]])
    t = np.linspace(0, 1, parts, endpoint=False)[:, None, None]
    a, b, c, d = (padded[k : len(padded) - 3 + k][None] for k in range(4))
    curve = 0.5 * (2 * b + (c - a) * t + (2 * a - 5 * b + 4 * c - d) * t**2 + (3 * b - a - 3 * c + d) * t**3)
    return np.concatenate([curve.transpose(1, 0, 2).reshape(-1, points.shape[1]), points[-1:]])
