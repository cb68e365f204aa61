"""Which series a site takes of a patient, and their volumes.

>>> plan = draw_series(patient, np.random.default_rng(1))
>>> volume = render_volume(patient, plan, np.random.default_rng(2))
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import cache, lru_cache
from typing import Any

import numpy as np

from refrad2d.labels import exists_in, label_by_id, label_by_name, labels
from refrad2d.phantom.anatomy import Patient, make_patient
from refrad2d.phantom.render import Protocol, RenderedSlice, render_grid
from refrad2d.phantom.shapes import NORMAL, Grid
from refrad2d.system.tables import read_yaml

SITES = ("A", "B", "C")
WHOLE_IN_MR = {  # painted class -> class of MR masks
    "lung_*_left": "lung_left",
    "lung_*_right": "lung_right",
    "vertebrae_*": "vertebrae",
}


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
    parts: tuple[str, ...]  # of the body, in the order in which they are painted
    phases: Mapping[str, float] | None = None  # phase -> share of series; None for those of the site
    noise: float = 1.0  # of the site's noise: a head gets more dose
    reach: float = 0.5  # of coronal and sagittal stacks from the middle, in half widths of the body

    def select(self, mask: np.ndarray) -> np.ndarray:
        """The mask (unified ids) without the classes that this region's masks do not know."""
        return _known_ids(self.classes, self.modality)[mask]

    def published(self, label: str) -> str | None:
        """The class under which the masks show a painted one, None if they do not."""
        return label_by_id(int(_known_ids(self.classes, self.modality)[label_by_name(label).id]))


@cache
def _known_ids(patterns: tuple[str, ...], modality: str) -> np.ndarray:
    """Table from painted to published ids: MR has whole lungs and one class for all vertebrae, CT has no discs."""
    known = np.zeros(256, dtype=np.uint8)
    for label in labels():
        if not any(fnmatchcase(label.name, pattern) for pattern in patterns):
            continue
        whole = next((name for start, name in WHOLE_IN_MR.items() if fnmatchcase(label.name, start)), label.name)
        shown = label_by_name(whole) if modality == "MR" else label
        known[label.id] = shown.id if exists_in(shown, modality) else 0
    return known


def all_ids(modality: str) -> np.ndarray:
    """(256,) table from painted ids to those of all classes that a modality has, known to a region's masks or not."""
    return _known_ids(("*",), modality)


@cache
def published_classes(modality: str) -> frozenset[str]:
    """The classes that the masks of any region of a modality can show."""
    known = [_known_ids(place.classes, modality) for place in REGIONS.values() if place.modality == modality]
    return frozenset(name for ids in known for k in ids.tolist() if k and (name := label_by_id(k)))


def _read_region(name: str, entry: dict[str, Any]) -> Region:
    flat = [c for pattern in entry.pop("classes") for c in (pattern if isinstance(pattern, list) else [pattern])]
    lists: dict[str, Any] = {key: tuple(value) if isinstance(value, list) else value for key, value in entry.items()}
    return Region(name=name, classes=tuple(flat), **lists)


REGIONS: dict[str, Region] = {
    name: _read_region(name, dict(entry)) for name, entry in read_yaml(__package__, "regions.yaml").items()
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
class RenderedVolume:
    """A rendered series, arrays (slice, row, column); `affine` maps (column, row, slice, 1) to LPS mm."""

    pixels: np.ndarray  # float32, HU or MR units
    mask: np.ndarray  # uint8 unified ids
    findings: dict[str, np.ndarray]  # bool
    affine: np.ndarray


@cache
def read_site(site: str) -> dict[str, Any]:
    """The entry of sites.yaml. ValueError names the sites if there is none."""
    sites = read_yaml(__package__, "sites.yaml")
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
    place = get_region(region)
    scanner = read_site(patient.site)[place.modality]
    plane = _choose(place.planes, rng)
    top, bottom = patient.height(rng.uniform(*place.start)), patient.height(rng.uniform(*place.stop))
    middle = _middle(patient, (top + bottom) / 2)
    girth = _girth(patient, top, bottom)
    extent = girth if plane == "axial" else max(top - bottom, 0.7 * girth)
    fov = float(np.clip(extent * rng.uniform(*scanner["fov"]), 180, 600))
    centre = middle + rng.normal(0, 0.04 * fov, 3) * (1, 1, plane != "axial")
    axis, reach = NORMAL[plane], place.reach * girth / 2
    first, last = (bottom, top) if plane == "axial" else (middle[axis] - reach, middle[axis] + reach)
    x, y, z = np.round(centre, 1).tolist()
    kernel = int(rng.integers(len(scanner["kernels"])))
    protocol = Protocol(
        modality=place.modality,
        phase=_choose(place.phases or scanner["phases"], rng),
        thickness=float(_pick(scanner["thickness"], rng)),
        noise=float(rng.uniform(*scanner["noise"]) * place.noise),
        sharpness=float(scanner["sharpness"]) * (0.7 + 0.6 * kernel),
        gain=float(scanner["gain"]),
        table=scanner["table"],
    )
    return Series(
        region=region,
        plane=plane,
        protocol=protocol,
        positions=_positions(first, last, int(rng.integers(20, 37))),
        centre=(x, y, z),
        size=int(_pick(scanner["matrix"], rng)),
        fov_mm=float(np.round(fov)),
        model=str(_pick(scanner["models"], rng)),
        kernel=str(scanner["kernels"][kernel]),
    )


def _positions(first: float, last: float, count: int) -> tuple[float, ...]:
    """Evenly spaced positions, whole hundredths of a mm so that headers and affines agree."""
    gap = np.round((last - first) / (count - 1), 2)
    return tuple(np.round(np.round(first, 2) + gap * np.arange(count), 2).tolist())


def _pick(options: Sequence[Any], rng: np.random.Generator) -> Any:
    return options[int(rng.integers(len(options)))]


def _choose(shares: Mapping[str, float], rng: np.random.Generator) -> str:
    """One of the keys, as often as its share of the sum says."""
    draw = rng.random() * sum(shares.values())
    for name, share in shares.items():
        draw -= share
        if draw < 0:
            return name
    return name


def _girth(patient: Patient, top: float, bottom: float) -> float:
    """A usual width (or depth, where larger) of the body between two heights, mm."""
    rows = np.clip(np.round(np.array([bottom, top]) - patient.bottom), 0, patient.profile.shape[1] - 1).astype(int)
    return float(2 * np.median(patient.profile[1:3, rows[0] : rows[1] + 1].max(axis=0)))


def _middle(patient: Patient, z: float) -> np.ndarray:
    """The middle of the body at this height, in the scanner's frame."""
    row = int(np.clip(round(z - patient.bottom), 0, patient.profile.shape[1] - 1))
    _, left, below = patient.posture
    return np.array([left, below + patient.profile[3][row], z])


def render_volume(patient: Patient, series: Series, rng: np.random.Generator) -> RenderedVolume:
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
    return RenderedVolume(
        np.stack([picture.pixels for picture in pictures]),
        get_region(series.region).select(np.stack([picture.mask for picture in pictures])),
        {name: np.stack([picture.findings.get(name, blank) for picture in pictures]) for name in names},
        affine,
    )


def labels_of(mask: np.ndarray, least: int = 1) -> dict[str, int]:
    """Pixels of each class in a mask of unified ids, classes of fewer than `least` pixels left out."""
    counts = np.bincount(mask.ravel(), minlength=122)
    ids = (int(k) for k in np.flatnonzero(counts[1:] >= least) + 1)
    return {name: int(counts[k]) for k in ids if (name := label_by_id(k))}


def shown_findings(patient: Patient, region: str, present: Collection[str], focal: Collection[str]) -> set[str]:
    """Names of the findings that a report on these pictures tells.

    `present` are the classes that the masks show, `focal` the names of the findings that have a mask in the pictures;
    a diffuse finding is shown where its host is.
    """
    place = get_region(region)
    return set(focal) | {f.name for f in patient.findings if f.is_diffuse and place.published(f.host) in present}


def sample_slice(seed: int, *, site: str = "A", size: int = 96, regions: Sequence[str] = ("abdomen_ct",)) -> dict:
    """A random slice of a random patient, for pretraining.

    Gives pixels (float32, HU or MR units), mask (uint8 unified ids), findings (name -> mask), modality, plane,
    body_part, spacing (mm between rows, between columns), patient and region. Eight consecutive seeds share a
    patient and a region, so that a loop does not build a person for each slice.
    """
    region = get_region(regions[int(np.random.default_rng([seed // 8, 29]).integers(len(regions)))])
    rng = np.random.default_rng([seed, 31])
    patient = _cached_patient(seed // 8, site, region.parts)
    series = draw_series(patient, rng, region=region.name)
    position = rng.uniform(series.positions[0], series.positions[-1])
    grid = Grid.of_plane(series.plane, position, size=size, fov_mm=series.fov_mm, centre=series.centre)
    picture: RenderedSlice = render_grid(patient, grid, series.protocol, rng)
    return {
        "pixels": picture.pixels,
        "mask": region.select(picture.mask),
        "findings": picture.findings,
        "modality": region.modality,
        "plane": series.plane,
        "body_part": region.body_part,
        "spacing": (grid.spacing, grid.spacing),
        "patient": patient,
        "region": region.name,
    }


@lru_cache(maxsize=32)
def _cached_patient(number: int, site: str, parts: tuple[str, ...]) -> Patient:
    return make_patient(number, site, parts=parts)
