"""A patient as smooth shapes: body layers along the spine, organs and findings of the parts that are looked at.

    >>> patient = make_patient(7, site="A")
    >>> [finding.name for finding in patient.findings]
    >>> bigger = change_organ(patient, "spleen", scale=1.3)      # the same person, drawn again with one change

Frame of the patient: LPS mm, z = 0 at the middle of L1. Heights are counted in vertebrae (`level`: C1 is 1, T1 is 8,
L1 is 20, S1 is 25, the vertex about -11), so that organs keep their level in tall and short people.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from functools import cache

import numpy as np

from refrad2d.labels import label_by_name
from refrad2d.phantom.findings import PlantedFinding, draw_findings, focal_findings, place_findings
from refrad2d.phantom.organs import BodyFrame, Organ, place_organs
from refrad2d.phantom.shapes import Shapes, Waves, build_shapes, join_geometries, random_waves
from refrad2d.system.tables import read_csv

PARTS = ("abdomen", "chest", "pelvis", "neck", "head")  # each has an organs_PART.csv
PROFILE = ("level", "width", "depth", "centre_y", "wall", "fat", "spine", "spine_a", "spine_b")
FIRST_RIB_LEVEL, CHEST_LEVEL = 6.5, 19.6  # ribs are in the wall between the two
SKULL_BASE = -1.4
TOP_LEVEL, BOTTOM_LEVEL = -11.0, 34.0


@dataclass(frozen=True)
class Patient:
    """Everything that is fixed about one invented person."""

    seed: int
    site: str
    sex: str  # F | M
    age: int
    parts: tuple[str, ...]
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
    crushed: dict[int, float]  # unified id of a fractured vertebra -> share of its height lost in front
    findings: tuple[PlantedFinding, ...]
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
    return np.array([[float(row[c]) for c in columns] for row in read_csv(__package__, "habitus.csv")]).T


def make_patient(
    seed: int, site: str = "A", *, parts: Sequence[str] = ("abdomen",), planted: Collection[str] = ()
) -> Patient:
    """The patient of this seed with the organs of these parts (see PARTS), in the order in which they are painted.

    The same seed gives the same anatomy at every site, and a part looks the same whatever other parts are drawn. Focal
    findings that are `planted` come to those that the patient has by chance, which stay where they are; one whose host
    the patient lacks does not. ValueError for an unknown part or finding.
    """
    unknown = [part for part in parts if part not in PARTS]
    if unknown:
        raise ValueError(f"Unknown part {unknown[0]!r}. Choose from {', '.join(PARTS)}.")
    focal = focal_findings(parts)
    if odd := sorted(set(planted) - set(focal)):
        raise ValueError(f"Finding {odd[0]!r} cannot be planted here. Choose from {', '.join(focal)}.")
    rng = np.random.default_rng([seed, 20477])
    sex, age = ("F", "M")[rng.integers(2)], int(rng.integers(19, 91))
    height = rng.normal(1.0, 0.05) * (0.96 if sex == "F" else 1.03)
    corpulence = float(np.clip(rng.gamma(2.2, 0.45), 0.08, 2.6))  # 1 is a usual middle age
    profile, bottom, fat = _body(rng, height, corpulence, sex)
    place, breath = BodyFrame(profile, bottom, height), rng.normal(0, 11)
    drawn = [_draw_part(part, seed, sex, parts, place, breath, planted) for part in parts]
    geometry = join_geometries([geometry for _, geometry, _ in drawn])
    starts = np.cumsum([0, *(len(geometry.gas) for _, geometry, _ in drawn)]).tolist()
    organs = tuple(
        replace(organ, first=organ.first + start, last=organ.last + start)
        for start, (own, _, _) in zip(starts, drawn, strict=False)
        for organ in own
    )
    halo = np.zeros(len(geometry.gas))
    for organ in organs:
        halo[organ.first : organ.last] = organ.gap + 2 * max(map(abs, organ.noise))
    found = [finding for _, _, findings in drawn for finding in findings]
    return Patient(
        seed=seed,
        site=site,
        sex=sex,
        age=age,
        parts=tuple(parts),
        profile=profile,
        bottom=bottom,
        fat=fat,
        domes=_domes(rng, place, breath),
        organs=organs,
        shapes=build_shapes(geometry, halo),
        gas=geometry.gas.astype(np.float32),
        warp=random_waves(rng, channels=3, count=10, wavelengths=(110, 320), amplitude=rng.uniform(1.5, 4)),
        noise=random_waves(rng, channels=3, count=18, wavelengths=(16, 60), amplitude=1.0),
        cells=random_waves(rng, channels=2, count=16, wavelengths=(44, 70), amplitude=1.0),
        tone={finding.tissue: finding.offset for finding in found if finding.kind == "tone"},
        crushed={label_by_name(f.host).id: f.scale for f in found if f.kind == "fracture"},
        findings=tuple(found),
        posture=(float(rng.normal(0, 3.5)), float(rng.normal(0, 14)), float(rng.normal(0, 16))),
    )


def without_finding(patient: Patient, name: str) -> Patient:
    """The same person without a focal finding: everything else is drawn as before.

    ValueError if the patient has no such finding, or it is diffuse, which is in the organ itself.
    """
    if name not in {finding.name for finding in patient.findings if not finding.is_diffuse}:
        raise ValueError(f"The patient has no focal finding {name!r}. Choose from those with a mask of their own.")
    organs = tuple(organ for organ in patient.organs if not (organ.finding and organ.name == name))
    return replace(patient, organs=organs, findings=tuple(f for f in patient.findings if f.name != name))


def change_organ(
    patient: Patient, label: str, *, shift: tuple[float, float, float] = (0.0, 0.0, 0.0), scale: float = 1.0
) -> Patient:
    """The same person with an organ moved by `shift` (LPS mm) or `scale` times as large about its middle.

    What lies in it goes along: vessels, findings, whatever has no class of its own. Its neighbours stay, so that it may
    cover them or be covered. ValueError if the patient has no organ of this class, or the scale is not positive.
    """
    own = [organ for organ in patient.organs if organ.label == label and not organ.finding]
    if not own or scale <= 0:
        raise ValueError(f"Class {label!r} times {scale}: give a class that is one of the organs, and a size above 0.")
    numbers = [k for organ in own for k in range(organ.first, organ.last)]
    low, high = patient.shapes.low[numbers], patient.shapes.high[numbers]
    for organ in patient.organs:
        bounds = patient.shapes.low[organ.first : organ.last], patient.shapes.high[organ.first : organ.last]
        middle = (bounds[0] + bounds[1]).mean(axis=0) / 2
        inside = ((low <= middle) & (middle <= high)).all(axis=1).any()  # of one of its shapes, not between them
        if inside and (organ.label in ("", "=") or organ.finding):
            numbers += range(organ.first, organ.last)
    about = (low.min(axis=0) + high.max(axis=0)) / 2
    shapes = patient.shapes.changed(numbers, shift=np.array(shift), scale=scale, about=about)
    return replace(patient, shapes=shapes)


def _draw_part(
    part: str, seed: int, sex: str, parts: Sequence[str], place: BodyFrame, breath: float, planted: Collection[str]
):
    """Organs, shapes and findings of one part; its chance does not depend on the other parts."""
    rng = np.random.default_rng([seed, PARTS.index(part), 977])
    findings = draw_findings(part, rng, place, planted=planted)
    scales = {finding.tissue or finding.host: finding.scale for finding in findings if finding.kind == "scale"}
    organs, geometry = place_organs(part, rng, place, scales=scales, breath=breath)
    organs = [o for o in organs if o.sex in ("", sex) and (not o.unless or o.unless not in parts)]
    findings, added, geometry = place_findings(rng, findings, organs, geometry)
    return [*organs, *added], geometry, findings


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


def _domes(rng, place: BodyFrame, breath: float) -> np.ndarray:
    tops = place(np.array([[-0.52, -0.1, 17.0], [0.5, -0.1, 17.3]]), np.zeros(2, dtype=int))
    tops[:, 2] += breath + rng.normal(0, 4, 2)
    return np.concatenate([tops, np.array([[95.0], [90.0]]) * place.size], axis=1).astype(np.float32)
