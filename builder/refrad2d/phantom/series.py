"""Which series a site takes of a patient, and their volumes.

>>> plan = draw_series(patient, np.random.default_rng(1))
>>> volume = render_volume(patient, plan, np.random.default_rng(2))
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import cache
from typing import Any

import numpy as np

from refrad2d.labels import label_by_id, labels
from refrad2d.phantom.anatomy import Patient, make_patient
from refrad2d.phantom.render import Picture, Protocol, render_grid
from refrad2d.phantom.shapes import NORMAL, Grid
from refrad2d.phantom.tables import read_yaml

SITES = ("A", "B", "C")


@dataclass(frozen=True)
class Region:
    """A part of the body as one modality images it; an entry of regions.yaml."""

    name: str
    modality: str
    body_part: str
    start: tuple[float, float]  # bounds of the level of the upper end of an axial stack
    stop: tuple[float, float]  # bounds of the level of its lower end
    planes: Mapping[str, float]  # plane -> share of series
    wordings: tuple[str, ...]
    classes: tuple[str, ...]  # names, a * matches any end

    def select(self, mask: np.ndarray) -> np.ndarray:
        """The mask (unified ids) without the classes that this region's masks do not know."""
        return _known_ids(self.classes)[mask]


@cache
def _known_ids(patterns: tuple[str, ...]) -> np.ndarray:
    known = np.zeros(256, dtype=np.uint8)
    for label in labels():
        if any(fnmatchcase(label.name, pattern) for pattern in patterns):
            known[label.id] = label.id
    return known


REGIONS: dict[str, Region] = {
    name: Region(name, **{key: tuple(value) if isinstance(value, list) else value for key, value in entry.items()})
    for name, entry in read_yaml("regions.yaml").items()
}


@dataclass(frozen=True)
class Series:
    """One planned stack: square pixels, parallel slices, scanner frame (LPS mm)."""

    region: str
    plane: str
    protocol: Protocol
    positions: tuple[float, ...]  # mm along the normal, ascending
    centre: tuple[float, float, float]
    size: int
    fov_mm: float
    model: str
    kernel: str

    def grid(self, number: int) -> Grid:
        """The pixel grid of slice `number`."""
        position = self.positions[number]
        return Grid.of_plane(self.plane, position, size=self.size, fov_mm=self.fov_mm, centre=self.centre)

    @property
    def gap(self) -> float:
        """Distance between slice centres in mm."""
        return self.positions[1] - self.positions[0] if len(self.positions) > 1 else self.protocol.thickness


@dataclass(frozen=True)
class Volume:
    """A rendered series, arrays (slice, row, column); `affine` maps (column, row, slice, 1) to LPS mm."""

    pixels: np.ndarray  # float32, HU or MR units
    mask: np.ndarray  # uint8 unified ids
    findings: dict[str, np.ndarray]  # bool
    affine: np.ndarray


@cache
def read_site(site: str) -> dict[str, Any]:
    """The entry of sites.yaml. ValueError names the sites if there is none."""
    sites = read_yaml("sites.yaml")
    if site not in sites:
        raise ValueError(f"Unknown site {site!r}. Choose from {', '.join(sites)}.")
    return sites[site]


def get_region(name: str) -> Region:
    """The region of this name. ValueError names the regions if there is none."""
    if name not in REGIONS:
        raise ValueError(f"Unknown region {name!r}. Choose from {', '.join(REGIONS)}.")
    return REGIONS[name]


def draw_series(patient: Patient, rng: np.random.Generator, *, region: str = "abdomen_ct") -> Series:
    """A series of this region as the patient's site takes it: level, field of view, position, kernel at random."""
    place, site = get_region(region), read_site(patient.site)
    names, shares = zip(*place.planes.items(), strict=True)
    plane = names[int(rng.choice(len(names), p=np.array(shares) / sum(shares)))]
    top, bottom = patient.height(rng.uniform(*place.start)), patient.height(rng.uniform(*place.stop))
    middle = _middle(patient, (top + bottom) / 2)
    fov = float(np.clip(_girth(patient, top, bottom) * rng.uniform(*site["fov"]), 260, 600))
    centre = middle + np.append(rng.normal(0, 0.04 * fov, 2), 0.0)
    ends = (bottom, top) if plane == "axial" else (middle[NORMAL[plane]] - 60, middle[NORMAL[plane]] + 60)
    count = int(rng.integers(20, 37))
    kernel = int(rng.integers(len(site["kernels"])))
    phases, weights = zip(*site["phases"].items(), strict=True)
    protocol = Protocol(
        modality=place.modality,
        phase=phases[int(rng.choice(len(phases), p=weights))],
        thickness=float(rng.choice(site["thickness"])),
        noise=float(rng.uniform(*site["noise"])),
        sharpness=float(site["sharpness"]) * (0.7 + 0.6 * kernel),
        gain=float(site["gain"]),
        table=site["table"],
    )
    return Series(
        region=region,
        plane=plane,
        protocol=protocol,
        positions=tuple(float(p) for p in np.round(np.linspace(*ends, count), 2)),
        centre=tuple(float(c) for c in np.round(centre, 1)),
        size=int(rng.choice(site["matrix"])),
        fov_mm=float(np.round(fov)),
        model=str(site["models"][int(rng.integers(len(site["models"])))]),
        kernel=str(site["kernels"][kernel]),
    )


def _girth(patient: Patient, top: float, bottom: float) -> float:
    """The largest width of the body between two heights, mm."""
    rows = np.clip(np.round(np.array([bottom, top]) - patient.bottom), 0, patient.profile.shape[1] - 1).astype(int)
    return float(2 * patient.profile[1][rows[0] : rows[1] + 1].max())


def _middle(patient: Patient, z: float) -> np.ndarray:
    """The middle of the body at this height, in the scanner's frame."""
    row = int(np.clip(round(z - patient.bottom), 0, patient.profile.shape[1] - 1))
    _, left, below = patient.posture
    return np.array([left, below + patient.profile[3][row], z])


def render_volume(patient: Patient, series: Series, rng: np.random.Generator) -> Volume:
    """All slices of a series."""
    pictures = [
        render_grid(patient, series.grid(k), series.protocol, np.random.default_rng(rng.integers(2**63)))
        for k in range(len(series.positions))
    ]
    names = sorted({name for picture in pictures for name in picture.findings})
    blank = np.zeros(pictures[0].mask.shape, dtype=bool)
    grid = series.grid(0)
    affine = np.eye(4)
    step = series.grid(1).origin - grid.origin if len(series.positions) > 1 else grid.normal * series.gap
    affine[:3] = np.stack([grid.across, grid.down, step, grid.origin], axis=1)
    return Volume(
        np.stack([picture.pixels for picture in pictures]),
        get_region(series.region).select(np.stack([picture.mask for picture in pictures])),
        {name: np.stack([picture.findings.get(name, blank) for picture in pictures]) for name in names},
        affine,
    )


def labels_of(mask: np.ndarray, least: int = 1) -> dict[str, int]:
    """Pixels of each class in a mask of unified ids, classes of fewer than `least` pixels left out."""
    counts = np.bincount(mask.ravel(), minlength=122)
    return {label_by_id(k): int(counts[k]) for k in np.flatnonzero(counts[1:] >= least) + 1}


def sample_slice(seed: int, *, site: str = "A", size: int = 96, regions: Sequence[str] = ("abdomen_ct",)) -> dict:
    """A random slice of a random patient, for pretraining: pixels, mask, modality, plane, body_part, spacing, findings.

    Eight consecutive seeds share a patient, so that a loop does not build a person for each slice.
    """
    rng = np.random.default_rng([seed, 31])
    patient = _cached_patient(seed // 8, site)
    region = regions[int(rng.integers(len(regions)))]
    series = draw_series(patient, rng, region=region)
    low, high = series.positions[0], series.positions[-1]
    grid = Grid.of_plane(series.plane, rng.uniform(low, high), size=size, fov_mm=series.fov_mm, centre=series.centre)
    picture: Picture = render_grid(patient, grid, series.protocol, rng)
    return {
        "pixels": picture.pixels,
        "mask": get_region(region).select(picture.mask),
        "findings": picture.findings,
        "modality": get_region(region).modality,
        "plane": series.plane,
        "body_part": get_region(region).body_part,
        "spacing": (grid.spacing, grid.spacing),
        "patient": patient,
        "region": region,
    }


_PATIENTS: dict[tuple[int, str], Patient] = {}


def _cached_patient(number: int, site: str) -> Patient:
    if (number, site) not in _PATIENTS:
        if len(_PATIENTS) > 64:
            _PATIENTS.clear()
        _PATIENTS[number, site] = make_patient(number, site)
    return _PATIENTS[number, site]
