"""A patient as smooth shapes: body layers along the spine, organs from anatomy.csv, findings from findings.csv.

    >>> patient = make_patient(7, site="A")
    >>> [finding.name for finding in patient.findings]

Frame of the patient: LPS mm, z = 0 at the middle of L1. Heights are counted in vertebrae (`level`: C1 is 1, T1 is 8,
L1 is 20, S1 is 25), so that organs keep their level in tall and short people.
"""

from dataclasses import dataclass, replace
from functools import cache

import numpy as np

from refrad2d.phantom.organs import Geometry, Organ, Placement, place_organs
from refrad2d.phantom.shapes import Shapes, Waves, build_shapes, random_waves
from refrad2d.phantom.tables import read_table

PROFILE = ("level", "width", "depth", "centre_y", "wall", "fat", "spine", "spine_a", "spine_b")
CHEST_LEVEL, HIP_LEVEL = 19.6, 26.0  # below the first there are no ribs in the wall
TOP_LEVEL, BOTTOM_LEVEL = 1.0, 34.0


@dataclass(frozen=True)
class Finding:
    """Something a report mentions. `host` is the class it lies in, `size_mm` its largest diameter, 0 if diffuse."""

    name: str
    host: str
    kind: str
    size_mm: float
    centre: tuple[float, float, float]  # LPS mm, patient frame


@dataclass(frozen=True)
class Patient:
    """Everything that is fixed about one invented person."""

    seed: int
    site: str
    sex: str  # F | M
    age: int
    profile: np.ndarray  # (len(PROFILE), heights) float32, every mm from `bottom` upwards
    bottom: float  # z of the first height
    fat: tuple[float, float, float]  # mm in front, beside, behind
    domes: np.ndarray  # (2, 4): x, y, z of the top and radius of curvature of the right and the left diaphragm
    organs: tuple[Organ, ...]
    shapes: Shapes
    gas: np.ndarray  # (shapes,) gas stands in front of this y in the content, mm; -inf for none
    warp: Waves
    noise: Waves
    cells: Waves  # channel 0: clefts between bowel loops where it is near 0; channel 1: gas where it is high
    tone: dict[str, float]  # HU added to a tissue
    findings: tuple[Finding, ...]
    posture: tuple[float, float, float]  # degrees of roll on the table, mm to the left, mm below the isocentre

    def height(self, level: float) -> float:
        """z (mm) of a level."""
        return float(np.interp(-level, -self.profile[0], np.arange(self.profile.shape[1])) + self.bottom)

    def level(self, z: float) -> float:
        """Level of a height in mm."""
        return float(self.profile[0][int(np.clip(round(z - self.bottom), 0, self.profile.shape[1] - 1))])


@cache
def _habitus() -> np.ndarray:
    columns = ("level", "pitch", *PROFILE[1:])
    return np.array([[float(row[c]) for c in columns] for row in read_table("habitus.csv")]).T


def make_patient(seed: int, site: str = "A") -> Patient:
    """The patient of this seed; the same seed gives the same anatomy at every site."""
    rng = np.random.default_rng([seed, 20477])
    sex, age = ("F", "M")[rng.integers(2)], int(rng.integers(19, 91))
    height = rng.normal(1.0, 0.05) * (0.96 if sex == "F" else 1.03)
    corpulence = float(np.clip(rng.gamma(2.2, 0.45), 0.08, 2.6))  # 1 is a usual middle age
    profile, bottom, fat = _body(rng, height, corpulence, sex)
    findings, scales, tone = _draw_findings(rng)
    place = Placement(profile, bottom, height)
    breath = rng.normal(0, 11)
    organs, geometry = place_organs(rng, place, scales=scales, breath=breath)
    added, geometry = _add_findings(rng, findings, organs, geometry)
    return Patient(
        seed=seed,
        site=site,
        sex=sex,
        age=age,
        profile=profile,
        bottom=bottom,
        fat=fat,
        domes=_domes(rng, place, breath),
        organs=(*organs, *added),
        shapes=build_shapes(geometry),
        gas=geometry.gas.astype(np.float32),
        warp=random_waves(rng, channels=3, count=10, wavelengths=(110, 320), amplitude=rng.uniform(1.5, 4)),
        noise=random_waves(rng, channels=3, count=18, wavelengths=(16, 60), amplitude=1.0),
        cells=random_waves(rng, channels=2, count=16, wavelengths=(44, 70), amplitude=1.0),
        tone=tone,
        findings=tuple(finding for finding, _ in findings),
        posture=(float(rng.normal(0, 3.5)), float(rng.normal(0, 14)), float(rng.normal(0, 16))),
    )


def _body(rng, height: float, corpulence: float, sex: str) -> tuple[np.ndarray, float, tuple[float, float, float]]:
    """The outline and the spine along z, resampled to every mm."""
    table = _habitus().copy()
    levels = np.arange(TOP_LEVEL, BOTTOM_LEVEL + 0.01, 0.25)
    rows = np.array([np.interp(levels, table[0], row) for row in table])
    _, pitch, width, depth, centre_y, wall, fat, spine, spine_a, spine_b = rows
    z = -np.cumsum(pitch * height * 0.25)
    z -= np.interp(20.0, levels, z)
    trunk = np.clip((levels - 8) / 3, 0, 1)  # neck and head do not grow with the belly
    fat_front, fat_side, fat_back = (float(f) for f in 18 * corpulence * rng.uniform(0.55, 1.3, 3) * (0.9, 0.8, 1.0))
    visceral = corpulence * rng.uniform(0.4, 1.4) * (0.8 if sex == "F" else 1.1)
    belly = np.exp(-(((levels - 21.5) / 4) ** 2))
    build = height * rng.normal(1, 0.045)
    width = width * build * (1 + trunk * 0.06 * (visceral - 0.8)) + fat * fat_side * trunk
    grown = depth * build * (1 + trunk * (0.10 + 0.12 * belly) * (visceral - 0.7))
    back = centre_y + depth  # the back stays where it is; the belly grows forward
    half = grown + trunk * fat * (fat_front + fat_back) / 2
    centre = back + trunk * fat * fat_back - half
    lordosis = rng.normal(0, 5) * np.sin((levels - 17) / 8 * np.pi)
    spine = spine - 2 + lordosis * ((levels > 17) & (levels < 25))
    wall = wall * rng.normal(1, 0.13) * (0.93 if sex == "F" else 1.06)
    bones = height * rng.normal(1, 0.05)
    stacked = np.stack([levels, width, half, centre, wall, fat * trunk + 0.2, spine, spine_a * bones, spine_b * bones])
    heights = np.arange(np.ceil(z[-1]), np.floor(z[0]))
    resampled = np.array([np.interp(heights, z[::-1], row[::-1]) for row in stacked], dtype=np.float32)
    return resampled, float(heights[0]), (fat_front, fat_side, fat_back)


def _domes(rng, place: Placement, breath: float) -> np.ndarray:
    tops = place(np.array([[-0.52, -0.1, 17.0], [0.5, -0.1, 17.3]]), np.zeros(2, dtype=bool))
    tops[:, 2] += breath + rng.normal(0, 4, 2)
    return np.concatenate([tops, np.array([[95.0], [90.0]]) * place.size], axis=1).astype(np.float32)


def _draw_findings(rng) -> tuple[list[tuple[Finding, dict]], dict[str, float], dict[str, float]]:
    """What this patient has, how much it scales a class, and what it adds to a tissue's value."""
    found, scales, tone = [], {}, {}
    for row in read_table("findings.csv"):
        draw, size = rng.random(), rng.random()
        if draw >= float(row["chance"]):
            continue
        low, high = float(row["low"] or 0), float(row["high"] or 0)
        across = float(np.round(low + (high - low) * size**1.6))
        found.append((Finding(row["name"], row["host"], row["kind"], across, (0.0, 0.0, 0.0)), row))
        if row["kind"] == "scale":
            scales[row["host"]] = float(row["scale"])
        if row["kind"] == "tone":
            tone[row["tissue"]] = float(row["offset"])
    return found, scales, tone


def _add_findings(rng, findings, organs: list[Organ], geometry: Geometry) -> tuple[list[Organ], Geometry]:
    """The focal findings as organs of their own at the end of the geometry; fills the centres in `findings`."""
    hosts = {organ.label: organ for organ in organs if organ.label not in ("", "=")}
    middles = geometry.start + geometry.axis / 2
    reach = np.where(geometry.round[:, None], geometry.radii, geometry.radii[:, :1])
    balls: list[tuple[np.ndarray, float]] = []
    added = []
    for number, (finding, row) in enumerate(findings):
        if finding.kind in ("scale", "tone"):
            continue
        host, first = hosts[finding.host], len(balls)
        for k in range(4 if finding.kind == "masses" else 1):
            inside = int(rng.integers(host.first, host.last))
            spot = rng.standard_normal(3)
            spot *= {"cyst": 0.95, "stone": 0.25}.get(finding.kind, 0.5) / np.linalg.norm(spot)
            centre = middles[inside] + spot * reach[inside]
            balls.append((centre, finding.size_mm / 2 * (rng.uniform(0.4, 0.95) if k else 1)))
        findings[number] = (replace(finding, centre=tuple(balls[first][0].tolist())), row)
        count = len(geometry.gas)
        added.append(
            Organ(
                name=finding.name,
                label={"cyst": finding.name, "bulge": finding.host}.get(finding.kind, "="),
                tissue=row["tissue"] or "stone",
                content="",
                wall=0.0,
                first=count + first,
                last=count + len(balls),
                gap=0.0,
                noise=(0.0, 0.0),
                bound="cavity" if finding.kind == "cyst" else "",
                within="" if finding.kind in ("cyst", "bulge", "stone") else finding.host,
                offset=float(row["offset"] or 0),
                finding=True,
            )
        )
    return added, _with_balls(geometry, balls)


def _with_balls(geometry: Geometry, balls: list[tuple[np.ndarray, float]]) -> Geometry:
    if not balls:
        return geometry
    count = len(balls)
    return Geometry(
        round=np.append(geometry.round, np.ones(count, dtype=bool)),
        start=np.concatenate([geometry.start, [centre for centre, _ in balls]]),
        axis=np.concatenate([geometry.axis, np.zeros((count, 3))]),
        radii=np.concatenate([geometry.radii, [[radius] * 3 for _, radius in balls]]),
        turn=np.concatenate([geometry.turn, np.tile(np.eye(3), (count, 1, 1))]),
        gas=np.append(geometry.gas, np.full(count, -np.inf)),
    )
