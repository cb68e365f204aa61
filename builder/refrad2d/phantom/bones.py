"""Spine and ribs, which follow formulas along the body instead of a plan of shapes; their measures are bones.csv.

    >>> paint_ribs(canvas, body, wall, share)
    >>> paint_spine(canvas)

A point's depth (mm) inside each part is the smallest of its distances to the surfaces that bound the part; the bone is
the union, the largest, of its parts. Levels count vertebrae, see anatomy; `back` is y from the middle of the canal,
`up` is z from the middle of the vertebra.
"""

from collections.abc import Mapping
from functools import cache
from types import SimpleNamespace

import numpy as np

from refrad2d.phantom.canvas import Canvas, id_of
from refrad2d.system.tables import read_csv

RIB_IDS = range(92, 116)  # unified ids: left 1 to 12, right 1 to 12
VERTEBRA_ZERO = 51  # the unified id of a vertebra is this minus its level
SACRUM, ATLAS = 25, 50  # the ids below S1 (26 at level 25) and of C1 (at level 1)


@cache
def measures(part: str) -> SimpleNamespace:
    """The measures of a part in bones.csv by name, most of them mm."""
    return SimpleNamespace(
        **{row["name"]: float(row["value"]) for row in read_csv(__package__, "bones.csv") if row["part"] == part}
    )


def paint_ribs(canvas: Canvas, body: Mapping[str, np.ndarray], wall: np.ndarray, front_to_back: np.ndarray) -> None:
    """Ribs slope down and forward inside the wall: a point's rib is the vertebra it would reach along that slope.

    `body` has the fields of `render`, `front_to_back` is -1 at the front of the body and 1 at its back.
    """
    rib = measures("rib")
    x, y, z = canvas.points
    patient = canvas.patient
    drop = np.maximum(body["spine"] - y + rib.spine_gap, 0) * rib.slope
    heights = np.clip(z + drop - patient.bottom + 0.5, 0, patient.profile.shape[1] - 1).astype(np.int32)
    level = patient.profile[0][heights] + rib.offset
    number = np.clip(np.round(level - rib.above_first), 1, rib.count)
    tall = rib.half_height - np.abs(level - rib.above_first - number) * rib.level_height
    thick = rib.half_depth - np.abs(body["cavity"] + rib.in_wall)
    ends = np.where(number >= rib.floating, rib.end_11 - front_to_back, rib.no_end)
    length = np.where(number >= rib.count, rib.end_12 - front_to_back, ends)
    behind = np.where(number >= rib.floating, -length * rib.end_slope, rib.behind)  # floating ribs end at the side
    bone = np.minimum(np.minimum(tall, thick), behind).astype(np.float32)
    cartilage = front_to_back < rib.cartilage_from
    values = canvas.values
    alpha = canvas.paint(bone, np.where(cartilage, values["cartilage"], values["bone_cortex"]))
    canvas.paint(bone - rib.cortex, values["bone_marrow"], within=(alpha > 0.5) & ~cartilage)
    inside = bone > 0
    ids = np.where(x > 0, RIB_IDS[0] - 1, RIB_IDS[12] - 1) + number
    canvas.mask[inside] = np.where(cartilage, id_of("costal_cartilages"), ids)[inside]


def paint_spine(canvas: Canvas) -> None:
    """Vertebrae with body, canal, arch and processes; discs, spinal cord. One pass for all levels."""
    strip, body, disc, canal = (measures(part) for part in ("strip", "body", "disc", "canal"))
    window = _spine_window(canvas)
    if window is None:
        return
    profile = canvas.patient.profile
    x, y, z = (axis[window] for axis in canvas.points)
    heights = _heights(canvas, z)
    dy = y - profile[6][heights]
    level, a, b = profile[0][heights], profile[7][heights], profile[8][heights]
    valid = (level > strip.first) & (level < strip.last)
    number = np.round(level)
    part = number - level  # above 0 in the upper half of a vertebra
    pitch = np.float32(1) / np.maximum(np.abs(np.gradient(profile[0])), 1e-3)[heights]
    up = part * pitch
    half = pitch * 0.5
    waist = 1 - body.waist * (1 - (up / half) ** 2)
    section = (1 - np.sqrt((x / (a * waist)) ** 2 + (dy / (b * waist)) ** 2)) * b
    section = np.where(valid, np.minimum(section, b * body.flat - dy), strip.outside)
    tall = half - np.where(level > disc.lumbar_from, disc.lumbar, disc.upper) * (level < disc.last)
    for vertebra, lost in canvas.patient.crushed.items():  # a wedge: most height is lost in front
        crushed = number == VERTEBRA_ZERO - vertebra
        tall = np.where(crushed, tall * (1 - lost * np.clip(body.wedge - dy / (2 * b), 0, 1)), tall)
    back = dy - (b * body.flat + canal.behind)
    size = np.clip(a / body.shrink, body.smallest, body.largest)
    hollow = _canal_depth(x, back, valid)
    arch = _arch_depth(x, back, up, hollow, size)
    bone = np.maximum(np.minimum(section, tall - np.abs(up) + body.rim), arch)
    bone = np.where(valid, bone, strip.outside).astype(np.float32)
    cord = _cord_depth(x, back, level, valid)
    _paint_layers(canvas, window, section=section, hollow=hollow, cord=cord, bone=bone, number=number)


def _heights(canvas: Canvas, z: np.ndarray) -> np.ndarray:
    """The columns of the patient's profile at these z (mm)."""
    patient = canvas.patient
    return np.clip(z - patient.bottom + 0.5, 0, patient.profile.shape[1] - 1).astype(np.int32)


def _spine_window(canvas: Canvas) -> tuple[slice, slice] | None:
    """Rows and columns that hold the spine, None if the slice misses it."""
    strip, profile = measures("strip"), canvas.patient.profile
    x, y, z = canvas.points
    heights = _heights(canvas, z)
    dy, level = y - profile[6][heights], profile[0][heights]
    near = (np.abs(x) < strip.side) & (dy > strip.front) & (dy < strip.back)
    near &= (level > strip.first) & (level < strip.last)
    if not near.any():
        return None
    rows, columns = np.flatnonzero(near.any(1)), np.flatnonzero(near.any(0))
    return slice(rows[0], rows[-1] + 1), slice(columns[0], columns[-1] + 1)


def _canal_depth(x: np.ndarray, back: np.ndarray, valid: np.ndarray) -> np.ndarray:
    canal = measures("canal")
    depth = (1 - np.sqrt((x / canal.side) ** 2 + (back / canal.depth) ** 2)) * canal.scale
    return np.where(valid, depth, measures("strip").outside)


def _cord_depth(x: np.ndarray, back: np.ndarray, level: np.ndarray, valid: np.ndarray) -> np.ndarray:
    cord = measures("cord")
    depth = (cord.radius - np.sqrt(x**2 + (back * cord.flatness) ** 2)).astype(np.float32)
    return np.where(valid, np.minimum(depth, (cord.end - level) * cord.taper), measures("strip").outside)


def _arch_depth(x: np.ndarray, back: np.ndarray, up: np.ndarray, canal: np.ndarray, size: np.ndarray) -> np.ndarray:
    """Laminae and pedicles around the canal, transverse and spinous processes, facet joints."""
    arch, wing, facet, spike = (measures(part) for part in ("arch", "wing", "facet", "spike"))
    lamina, pedicle = (
        arch.lamina_half - np.abs(up + arch.lamina_below),
        arch.pedicle_half - np.abs(up - arch.pedicle_above),
    )
    ring = np.minimum(canal + arch.thickness, -canal)
    ring = np.minimum(ring, np.where(back > arch.lamina_from, lamina, pedicle))
    side = np.minimum(wing.half_depth - np.abs(back - wing.behind), wing.reach * size - np.abs(x))
    side = np.minimum(side, wing.half_height - np.abs(up - wing.above))
    side = np.minimum(side, np.abs(x) - wing.inner)
    joint = facet.radius - np.sqrt((np.abs(x) - facet.side) ** 2 + (back - facet.behind) ** 2)
    process = np.minimum(spike.half_width - np.abs(x), back - spike.first)
    process = np.minimum(process, spike.reach * size - back)
    process = np.minimum(process, spike.half_height - np.abs(up + spike.below + spike.slope * back))
    return np.maximum(ring, np.maximum(np.maximum(side, joint), process))


def _paint_layers(
    canvas: Canvas,
    window: tuple[slice, slice],
    *,
    section: np.ndarray,
    hollow: np.ndarray,
    cord: np.ndarray,
    bone: np.ndarray,
    number: np.ndarray,
) -> None:
    """Paint depths inside the cross-section, the canal, the cord and the bone, from the inside of the disc outwards."""
    body, disc, canal = measures("body"), measures("disc"), measures("canal")
    values, mask = canvas.values, canvas.mask[window]
    canvas.paint(section - disc.rim, values["disc"], window)
    mask[section > 0] = 0
    mask[section > disc.rim] = id_of("intervertebral_discs")
    canvas.paint(hollow, values["fat"] * canal.fat + values["csf"] * canal.fluid, window)
    mask[hollow > 0] = 0
    canvas.paint(cord, values["cord"], window)
    mask[cord > 0] = id_of("spinal_cord")
    canvas.paint(bone, values["bone_cortex"], window)
    marrow = values["bone_marrow"] + body.grain * canvas.grain * canvas.noise[1][window]
    canvas.paint(bone - body.cortex, marrow, window)
    inside = bone > 0
    mask[inside] = np.clip(VERTEBRA_ZERO - number, SACRUM, ATLAS)[inside]
