"""Patients to pixels: body layers, organs, spine and findings are painted on a plane, then scanned.

    >>> pixels, mask, findings = render_slice(patient, plane="axial", position_mm=-30.0, size=256)

Display convention: axial R at image left and anterior up; coronal R left and superior up; sagittal anterior left.
"""

from dataclasses import dataclass
from functools import cache, partial

import numpy as np

from refrad2d.labels import label_by_name
from refrad2d.phantom.anatomy import CHEST_LEVEL, FIRST_RIB_LEVEL, SKULL_BASE, Patient
from refrad2d.phantom.organs import Organ
from refrad2d.phantom.scanner import Protocol, scan_ct, scan_mr
from refrad2d.phantom.shapes import Grid, rotations_of
from refrad2d.system.tables import read_csv

RIB_IDS = range(92, 116)  # unified ids
VERTEBRA_ZERO = 51  # the unified id of a vertebra is this minus its level


@dataclass(frozen=True)
class Picture:
    """A rendered slice: `pixels` float32 (HU for CT, any unit for MR), `mask` uint8 unified ids, `findings` masks."""

    pixels: np.ndarray
    mask: np.ndarray
    findings: dict[str, np.ndarray]


@cache
def _tissues(phase: str) -> dict[str, float]:
    return {row["name"]: float(row[phase]) for row in read_csv(__package__, "tissues.csv")}


@cache
def _spreads() -> dict[str, float]:
    return {row["name"]: float(row["spread"]) for row in read_csv(__package__, "tissues.csv")}


@cache
def _id(label: str) -> int:
    return label_by_name(label).id


def body_grid(patient: Patient, grid: Grid) -> Grid:
    """The grid in the patient's frame: the patient lies rolled and off centre in the scanner."""
    roll, left, below = patient.posture
    turn = rotations_of(np.array([[-roll, 0.0, 0.0]]))[0]
    return grid.moved(turn, turn @ np.array([-left, -below, 0.0]))


class _Canvas:
    """The picture being painted, with the fields that all structures share. Everything is (rows, columns) float32."""

    def __init__(self, patient: Patient, grid: Grid, protocol: Protocol, rng: np.random.Generator):
        self.patient, self.grid, self.protocol = patient, grid, protocol
        self.points = grid.points() + patient.warp.on(grid)
        self.squares = np.einsum("kij,kij->ij", self.points, self.points)
        self.noise = patient.noise.on(grid)
        self.soft = float(np.hypot(grid.spacing, 0.3 * protocol.thickness))  # mm over which an edge blurs
        self.grain = np.float32(1.0 if protocol.modality == "CT" else 0.3)  # contrast of texture: HU, or MR units
        self.values = self._values(rng)
        self.image = np.full(grid.shape, self.values["air"], dtype=np.float32)
        self.mask = np.zeros(grid.shape, dtype=np.uint8)
        self.findings: dict[str, np.ndarray] = {}

    def _values(self, rng) -> dict[str, float]:
        """What each tissue looks like in this series: table value, the patient's own offset, chance."""
        tissues, spreads = _tissues(self.protocol.phase), _spreads()
        chance = rng.standard_normal(len(tissues)) * (self.grain if self.protocol.modality == "CT" else 0.6)
        tone = self.patient.tone if self.protocol.modality == "CT" else {}
        return {
            name: float(value + spreads[name] * c + tone.get(name, 0.0))  # a NumPy scalar would make pictures float64
            for (name, value), c in zip(tissues.items(), chance, strict=True)
        }

    def paint(self, depth: np.ndarray, value, window=(slice(None), slice(None)), *, within=None) -> np.ndarray:
        """Blend a value in where `depth` (mm inside a surface) is positive, with a soft edge."""
        alpha = depth * np.float32(1 / self.soft)
        alpha += np.float32(0.5)
        np.maximum(alpha, 0, out=alpha)
        np.minimum(alpha, 1, out=alpha)
        if within is not None:
            alpha *= within
        part = self.image[window]
        part += alpha * (value - part)
        return alpha


def render_grid(patient: Patient, grid: Grid, protocol: Protocol, rng: np.random.Generator) -> Picture:
    """Paint the patient on a grid that is given in the scanner's frame (LPS mm, z = 0 at the middle of L1)."""
    lying = body_grid(patient, grid)
    window = _body_window(patient, lying)
    canvas = _Canvas(patient, lying.crop(window), protocol, rng)
    windows = patient.shapes.visible(canvas.grid, margin=canvas.soft / 2, warp=patient.warp)
    for organ in patient.organs:
        if organ.bound == "outside":
            _paint_organ(canvas, organ, windows, {})
    body = _paint_body(canvas)
    bounds = _bounds(canvas, body)
    for organ in patient.organs:
        if not organ.finding and organ.bound != "outside":
            _paint_organ(canvas, organ, windows, bounds)
    _paint_spine(canvas)
    for organ in patient.organs:
        if organ.finding:
            _paint_organ(canvas, organ, windows, bounds)
    place = partial(_place, shape=grid.shape, window=window)
    findings = {name: place(found, False) for name, found in canvas.findings.items()}
    image, skin = place(canvas.image, canvas.values["air"]), place(body["skin"], -50.0)
    scan = scan_mr if protocol.modality == "MR" else scan_ct
    return Picture(scan(image, skin, grid, protocol, patient, rng), place(canvas.mask, 0), findings)


def _body_window(patient: Patient, grid: Grid) -> tuple[slice, slice]:
    """The part of the grid where the body can be, arms, breasts and nose included."""
    corners = grid.crop((slice(0, 1), slice(0, 1))).origin + np.array(
        [(r * grid.down + c * grid.across) for r in (0, grid.shape[0] - 1) for c in (0, grid.shape[1] - 1)]
    )
    rows = np.clip(corners[:, 2] - patient.bottom, 0, patient.profile.shape[1] - 1).astype(int)
    _, width, depth, centre_y, *_ = patient.profile[:, max(rows.min() - 20, 0) : rows.max() + 20]
    low = np.array([-width.max(), (centre_y - depth).min(), corners[:, 2].min()])
    high = np.array([width.max(), (centre_y + depth).max(), corners[:, 2].max()])
    outside = [k for o in patient.organs if o.bound == "outside" for k in range(o.first, o.last)]
    near = [k for k in outside if patient.shapes.low[k, 2] < high[2] + 15 and patient.shapes.high[k, 2] > low[2] - 15]
    low = np.minimum(low, patient.shapes.low[near].min(axis=0, initial=np.inf)) - 15
    high = np.maximum(high, patient.shapes.high[near].max(axis=0, initial=-np.inf)) + 15
    return grid.window_of(low, high)


def _place(part: np.ndarray, background, *, shape: tuple[int, int], window: tuple[slice, slice]) -> np.ndarray:
    """The part at its window in a picture that is background elsewhere."""
    whole = np.full(shape, background, dtype=part.dtype)
    whole[window] = part
    return whole


def _paint_body(canvas: _Canvas) -> dict[str, np.ndarray]:
    """Skin, fat, muscle wall with ribs, cavity fat. Gives depth below skin, below fascia and in the cavity (mm)."""
    patient, (x, y, z) = canvas.patient, canvas.points
    heights = np.clip(z - patient.bottom + 0.5, 0, patient.profile.shape[1] - 1).astype(np.int32)
    level, width, depth, centre_y, wall, share, spine, a, b = np.take(patient.profile, heights, axis=1)
    dy = y - centre_y
    u2, v2 = (x / width) ** 2, (dy / depth) ** 2
    radius = np.sqrt(np.maximum(u2 + v2 - 0.35 * np.minimum(u2, 1.5) * np.minimum(v2, 1.5), 1e-6))
    reach = np.sqrt(x * x + dy * dy) / radius
    top = patient.bottom + patient.profile.shape[1] - 1
    skin = np.minimum((1 - radius) * reach, top - z)
    front, side, back = patient.fat
    steep = v2 / (u2 + v2 + 1e-6)
    fat = share * (side + steep * (np.where(dy < 0, np.float32(front), np.float32(back)) - side))
    fascia = skin - fat - 2
    wall = wall * (1.12 - 0.38 * steep)
    cavity = fascia - wall
    values = canvas.values
    canvas.paint(skin, values["skin"])
    canvas.paint(skin - 1.8, values["fat"] + 9 * canvas.grain * canvas.noise[0])
    fibres = values["muscle"] + 7 * canvas.grain * canvas.noise[2]
    canvas.paint(fascia + 0.8 * canvas.noise[1], fibres)
    lateral = (u2 > v2 * 0.5) & (level > CHEST_LEVEL) & (level < 25.5)
    for at in (0.34, 0.68):  # fat between the three oblique muscles
        canvas.paint(0.9 - np.abs(fascia - at * wall), values["fat"] * 0.5, within=lateral)
    canvas.paint(np.minimum(3.5 - np.abs(x), 6 + wall - fascia), values["connective"], within=(dy < 0) & (fascia > 0))
    canvas.paint(cavity + 0.8 * canvas.noise[1], values["fat"] + 8 * canvas.grain * canvas.noise[2])
    fields = {"skin": skin, "fascia": fascia, "cavity": cavity, "level": level, "spine": spine, "a": a, "b": b}
    if level.min() < CHEST_LEVEL + 2.5 and level.max() > FIRST_RIB_LEVEL:
        _paint_ribs(canvas, fields, wall, dy / depth)
    return fields


def _paint_ribs(canvas: _Canvas, body: dict[str, np.ndarray], wall: np.ndarray, v: np.ndarray) -> None:
    """Ribs slope down and forward inside the wall: a point's rib is the vertebra it would reach along that slope."""
    x, y, z = canvas.points
    patient = canvas.patient
    drop = np.maximum(body["spine"] - y + 22, 0) * 0.62
    heights = np.clip(z + drop - patient.bottom + 0.5, 0, patient.profile.shape[1] - 1).astype(np.int32)
    level = patient.profile[0][heights] + 0.15
    number = np.clip(np.round(level - 7), 1, 12)
    tall = 5.2 - np.abs(level - 7 - number) * 27
    thick = 3.4 - np.abs(body["cavity"] + 5)
    length = np.where(number >= 12, 0.15 - v, np.where(number >= 11, -0.2 - v, 9.0))
    behind = np.where(number >= 11, -length * 60, 20.0)  # the two floating ribs end at the side
    bone = np.minimum(np.minimum(tall, thick), behind).astype(np.float32)
    cartilage = v < -0.62
    values = canvas.values
    alpha = canvas.paint(bone, np.where(cartilage, values["cartilage"], values["bone_cortex"]))
    canvas.paint(bone - 1.6, values["bone_marrow"], within=(alpha > 0.5) & ~cartilage)
    inside = bone > 0
    ids = np.where(x > 0, 91, 103) + number
    canvas.mask[inside] = np.where(cartilage, _id("costal_cartilages"), ids)[inside]


def _bounds(canvas: _Canvas, body: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """How deep (mm) a point lies inside the regions that organs are confined to."""
    x, y, z = canvas.points
    tops = [
        top - ((x - cx) ** 2 + (y - cy) ** 2) * np.float32(0.5 / curve) for cx, cy, top, curve in canvas.patient.domes
    ]
    below = np.maximum(*tops) - z
    cavity = body["cavity"] - 0.5
    fields = {
        "cavity": cavity,
        "shell": -cavity,
        "abdomen": np.minimum(cavity, below),
        "thorax": np.minimum(cavity, -below),
        "wall": body["fascia"] - 1.5,
    }
    if "head" in canvas.patient.parts:  # the floor of the skull slopes down to the back
        above = z - canvas.patient.height(SKULL_BASE) + np.float32(0.2) * y
        fields["skull"] = np.minimum(cavity, above + 7)
        fields["vault"] = np.minimum(cavity - 6.5, above)
        fields["brain"] = np.minimum(cavity - 8.5, above - 1.5)
    return fields


def _paint_organ(canvas: _Canvas, organ: Organ, windows: list, bounds: dict[str, np.ndarray]) -> None:
    seen = [k for k in range(organ.first, organ.last) if windows[k] is not None]
    if not seen:
        return
    window = _enclose([windows[k] for k in seen])
    depth, gas = _organ_depth(canvas, organ, seen, windows, window)
    for share, noise in zip(organ.noise, canvas.noise, strict=False):
        if share:
            depth += np.float32(share) * noise[window]
    if organ.kind == "gyri":  # sulci open to the surface
        sulci = 7 * (np.abs(canvas.noise[2][window]) - np.float32(0.16))
        np.minimum(depth, bounds[organ.bound][window], out=depth)
        depth = np.minimum(depth, np.maximum(sulci, depth - 14))
    if organ.kind == "loops":
        cells = canvas.patient.cells.on(canvas.grid.crop(window))
        np.minimum(depth, 9 * (np.abs(cells[0]) - np.float32(0.3)), out=depth)
        gas = canvas.points[1][window] + 60 * (cells[1] - np.float32(1.5))
    if organ.bound in bounds:
        np.minimum(depth, bounds[organ.bound][window], out=depth)
    mask = canvas.mask[window]
    inside = depth > 0
    within = mask == (_id(organ.within) if organ.within != "-" else 0) if organ.within else None
    if within is not None:
        inside &= within
    if not np.count_nonzero(inside):
        return
    if organ.gap:
        soft_parts = mask < RIB_IDS[0]
        canvas.paint(depth + np.float32(organ.gap), canvas.values["fat"], window, within=soft_parts)
        soft_parts &= depth > -organ.gap
        mask[soft_parts] = 0
    value = canvas.noise[2][window] * (canvas.grain * np.float32(0.35 * _spreads()[organ.tissue]))
    value += np.float32(canvas.values[organ.tissue] + _offset(organ, canvas.protocol))
    if organ.tissue == "lung" and canvas.protocol.modality == "CT":
        value += _lung_vessels(canvas, window)
    canvas.paint(depth, value, window, within=within)
    if organ.content:
        _paint_content(canvas, organ, depth, gas, window)
    if organ.label != "=":
        mask[inside] = _id(organ.label) if organ.label else 0
    if organ.finding:
        found = np.zeros(canvas.mask.shape, dtype=bool)
        found[window] = inside
        canvas.findings[organ.name] = found


def _offset(organ: Organ, protocol: Protocol) -> float:
    """How much a finding differs from its tissue: HU; in MR what has less is darker on T1 and brighter on T2."""
    if protocol.modality == "CT":
        return organ.offset
    return organ.offset * (0.25 if protocol.phase == "t1" else -0.5)


def _lung_vessels(canvas: _Canvas, window: tuple[slice, slice]) -> np.ndarray:
    """HU of the many small vessels in a lung: bright where a noise field is high."""
    vessel = canvas.noise[0][window] + canvas.noise[2][window] - np.float32(2.1)
    np.maximum(vessel, 0, out=vessel)
    np.minimum(vessel, np.float32(0.8), out=vessel)
    return vessel * np.float32(900)


def _enclose(windows: list[tuple[slice, slice]]) -> tuple[slice, slice]:
    """The smallest window that holds all of these."""
    if len(windows) == 1:
        return windows[0]
    rows, columns = zip(*windows, strict=True)
    return (
        slice(min(r.start for r in rows), max(r.stop for r in rows)),
        slice(min(c.start for c in columns), max(c.stop for c in columns)),
    )


def _organ_depth(canvas, organ, seen, windows, window) -> tuple[np.ndarray, np.ndarray | None]:
    """The union of the organ's shapes in `window`, and the gas level of the shape that each point belongs to."""
    shapes, points, squares = canvas.patient.shapes, canvas.points, canvas.squares
    if len(seen) == 1:
        depth = shapes.depth(seen[0], points[:, window[0], window[1]], squares[window])
        return depth, canvas.patient.gas[seen[0]] if organ.content else None
    (top, left), shape = (window[0].start, window[1].start), tuple(w.stop - w.start for w in window)
    depth = np.full(shape, -60.0, dtype=np.float32)
    gas = np.full(shape, -np.inf, dtype=np.float32) if organ.content else None
    for k in seen:
        rows, columns = windows[k]
        part = slice(rows.start - top, rows.stop - top), slice(columns.start - left, columns.stop - left)
        own = shapes.depth(k, points[:, rows, columns], squares[rows, columns])
        if gas is not None:
            np.copyto(gas[part], canvas.patient.gas[k], where=own > depth[part])
        np.maximum(depth[part], own, out=depth[part])
    return depth, gas


def _paint_content(canvas: _Canvas, organ: Organ, depth: np.ndarray, gas, window) -> None:
    """Fluid, stool or marrow inside a wall; gas in front of its level. `gas` is a y in mm, one number or an array."""
    inner = depth - np.float32(organ.wall)
    rough = 90 if organ.content == "stool" else 0.6 * _spreads()[organ.content]
    texture = canvas.noise[0][window] * (canvas.grain * np.float32(rough))
    np.minimum(texture, 60, out=texture)
    texture += np.float32(canvas.values[organ.content])
    filled = canvas.paint(inner, texture, window)
    if np.max(gas) > -np.inf:
        canvas.paint(gas - canvas.points[1][window], canvas.values["gas"], window, within=filled)


def _paint_spine(canvas: _Canvas) -> None:
    """Vertebrae with body, canal, arch and processes; discs, spinal cord. One pass for all levels."""
    patient = canvas.patient
    table = patient.profile
    x, y, z = canvas.points
    heights = np.clip(z - patient.bottom + 0.5, 0, table.shape[1] - 1).astype(np.int32)
    dy = y - table[6][heights]
    level = table[0][heights]
    near = (np.abs(x) < 52) & (dy > -34) & (dy < 78) & (level > 0.5) & (level < 30.5)
    if not near.any():
        return
    rows, columns = np.flatnonzero(near.any(1)), np.flatnonzero(near.any(0))
    window = slice(rows[0], rows[-1] + 1), slice(columns[0], columns[-1] + 1)
    x, dy, heights = x[window], dy[window], heights[window]
    level, a, b = table[0][heights], table[7][heights], table[8][heights]
    valid, scale = (level > 0.5) & (level < 30.5), np.clip(a / 22, 0.5, 1.1)
    number = np.round(level)
    part = number - level  # above 0 in the upper half of a vertebra
    pitch = np.float32(1) / np.maximum(np.abs(np.gradient(table[0])), 1e-3)[heights]
    up = part * pitch  # mm above the middle of the vertebra
    half = pitch * 0.5
    waist = 1 - 0.1 * (1 - (up / half) ** 2)
    section = (1 - np.sqrt((x / (a * waist)) ** 2 + (dy / (b * waist)) ** 2)) * b
    section = np.where(valid, np.minimum(section, b * 0.86 - dy), -50)
    disc_half = np.where(level > 19, 5.0, 2.6) * (level < 25.4)  # the sacrum has none
    tall = half - disc_half
    for vertebra, lost in patient.crushed.items():  # a wedge: most height is lost in front
        crushed = number == VERTEBRA_ZERO - vertebra
        tall = np.where(crushed, tall * (1 - lost * np.clip(0.6 - dy / (2 * b), 0, 1)), tall)
    body = np.minimum(section, tall - np.abs(up) + 0.5)
    values = canvas.values
    canvas.paint(section - 1, values["disc"], window)
    disc = section > 1
    back = dy - (b * 0.86 + 8)  # behind the middle of the canal
    canal = np.where(valid, (1 - np.sqrt((x / 11) ** 2 + (back / 8) ** 2)) * 9, -50)
    ring = np.minimum(canal + 6.5, -canal)
    ring = np.minimum(ring, np.where(back > 2, 9 - np.abs(up + 6), 8 - np.abs(up - 5)))  # lamina low, pedicle high
    wing = np.minimum(np.minimum(4.5 - np.abs(back - 1), 40 * scale - np.abs(x)), 5 - np.abs(up - 3))
    wing = np.minimum(wing, np.abs(x) - 10)
    facet = 7.5 - np.sqrt((np.abs(x) - 17) ** 2 + (back - 9) ** 2)
    spike = np.minimum(np.minimum(3.6 - np.abs(x), back - 8), 34 * scale - back)
    spike = np.minimum(spike, 9 - np.abs(up + 5 + 0.25 * back))
    bone = np.maximum(np.maximum(body, ring), np.maximum(np.maximum(wing, facet), spike))
    bone = np.where(valid, bone, -50).astype(np.float32)
    mask = canvas.mask[window]
    mask[section > 0] = 0
    mask[disc] = _id("intervertebral_discs")
    canvas.paint(canal, values["fat"] * 0.2 + values["csf"] * 0.8, window)
    mask[canal > 0] = 0
    cord = (5.2 - np.sqrt(x**2 + (back * 1.15) ** 2)).astype(np.float32)
    cord = np.where(valid, np.minimum(cord, (20.4 - level) * 30), -50)
    canvas.paint(cord, values["cord"], window)
    mask[cord > 0] = _id("spinal_cord")
    canvas.paint(bone, values["bone_cortex"], window)
    canvas.paint(bone - 1.7, values["bone_marrow"] + 22 * canvas.grain * canvas.noise[1][window], window)
    inside = bone > 0
    ids = np.clip(
        VERTEBRA_ZERO - number, 25, 50
    )  # vertebrae_C1 is 50 at level 1, vertebrae_S1 26 at level 25, then the sacrum
    mask[inside] = ids[inside]
