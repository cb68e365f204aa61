"""Patients to pixels: body layers, organs, spine and findings are painted on a plane, then scanned.

    >>> pixels, mask, findings = render_slice(patient, plane="axial", position_mm=-30.0, size=256)

Display convention: axial R at image left and anterior up; coronal R left and superior up; sagittal anterior left.
"""

from dataclasses import dataclass
from functools import partial

import numpy as np

from refrad2d.phantom.anatomy import CHEST_LEVEL, FIRST_RIB_LEVEL, SKULL_BASE, Patient
from refrad2d.phantom.bones import RIB_IDS, paint_ribs, paint_spine
from refrad2d.phantom.canvas import Canvas, id_of, read_spreads
from refrad2d.phantom.organs import Organ
from refrad2d.phantom.scanner import Protocol, scan_ct, scan_mr
from refrad2d.phantom.shapes import Grid, rotations_of


@dataclass(frozen=True)
class RenderedSlice:
    """A rendered slice: `pixels` float32 (HU for CT, any unit for MR), `mask` uint8 unified ids, `findings` masks."""

    pixels: np.ndarray
    mask: np.ndarray
    findings: dict[str, np.ndarray]


def body_grid(patient: Patient, grid: Grid) -> Grid:
    """The grid in the patient's frame: the patient lies rolled and off centre in the scanner."""
    roll, left, below = patient.posture
    turn = rotations_of(np.array([[-roll, 0.0, 0.0]]))[0]
    return grid.moved(turn, turn @ np.array([-left, -below, 0.0]))


def render_grid(patient: Patient, grid: Grid, protocol: Protocol, rng: np.random.Generator) -> RenderedSlice:
    """Paint the patient on a grid that is given in the scanner's frame (LPS mm, z = 0 at the middle of L1)."""
    lying = body_grid(patient, grid)
    window = _body_window(patient, lying)
    canvas = Canvas(patient, lying.crop(window), protocol, rng)
    windows = patient.shapes.visible(canvas.grid, margin=canvas.soft / 2, warp=patient.warp)
    for organ in patient.organs:
        if organ.bound == "outside":
            _paint_organ(canvas, organ, windows, {})
    body = _paint_body(canvas)
    bounds = _bounds(canvas, body)
    for organ in patient.organs:
        if not organ.finding and organ.bound != "outside":
            _paint_organ(canvas, organ, windows, bounds)
    paint_spine(canvas)
    for organ in patient.organs:
        if organ.finding:
            _paint_organ(canvas, organ, windows, bounds)
    place = partial(_place, shape=grid.shape, window=window)
    findings = {name: place(found, False) for name, found in canvas.findings.items()}
    image, skin = place(canvas.image, canvas.values["air"]), place(body["skin"], -50.0)
    scan = scan_mr if protocol.modality == "MR" else scan_ct
    return RenderedSlice(scan(image, skin, grid, protocol, patient, rng), place(canvas.mask, 0), findings)


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


def _paint_body(canvas: Canvas) -> dict[str, np.ndarray]:
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
        paint_ribs(canvas, fields, wall, dy / depth)
    return fields


def _bounds(canvas: Canvas, body: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
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


def _paint_organ(canvas: Canvas, organ: Organ, windows: list, bounds: dict[str, np.ndarray]) -> None:
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
    within = mask == (id_of(organ.within) if organ.within != "-" else 0) if organ.within else None
    if within is not None:
        inside &= within
    if not np.count_nonzero(inside):
        return
    if organ.gap:
        soft_parts = mask < RIB_IDS[0]
        canvas.paint(depth + np.float32(organ.gap), canvas.values["fat"], window, within=soft_parts)
        soft_parts &= depth > -organ.gap
        mask[soft_parts] = 0
    value = canvas.noise[2][window] * (canvas.grain * np.float32(0.35 * read_spreads()[organ.tissue]))
    value += np.float32(canvas.values[organ.tissue] + _offset(organ, canvas.protocol))
    if organ.tissue == "lung" and canvas.protocol.modality == "CT":
        value += _lung_vessels(canvas, window)
    canvas.paint(depth, value, window, within=within)
    if organ.content:
        _paint_content(canvas, organ, depth, gas, window)
    if organ.label != "=":
        mask[inside] = id_of(organ.label) if organ.label else 0
    if organ.finding:
        found = np.zeros(canvas.mask.shape, dtype=bool)
        found[window] = inside
        canvas.findings[organ.name] = found


def _offset(organ: Organ, protocol: Protocol) -> float:
    """How much a finding differs from its tissue: HU; in MR what has less is darker on T1 and brighter on T2."""
    if protocol.modality == "CT":
        return organ.offset
    return organ.offset * (0.25 if protocol.phase == "t1" else -0.5)


def _lung_vessels(canvas: Canvas, window: tuple[slice, slice]) -> np.ndarray:
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


def _paint_content(canvas: Canvas, organ: Organ, depth: np.ndarray, gas, window) -> None:
    """Fluid, stool or marrow inside a wall; gas in front of its level. `gas` is a y in mm, one number or an array."""
    inner = depth - np.float32(organ.wall)
    rough = 90 if organ.content == "stool" else 0.6 * read_spreads()[organ.content]
    texture = canvas.noise[0][window] * (canvas.grain * np.float32(rough))
    np.minimum(texture, 60, out=texture)
    texture += np.float32(canvas.values[organ.content])
    filled = canvas.paint(inner, texture, window)
    if np.max(gas) > -np.inf:
        canvas.paint(gas - canvas.points[1][window], canvas.values["gas"], window, within=filled)
