"""Findings of one patient: what findings.csv offers, drawn by chance and put into its host.

    >>> findings = draw_findings("abdomen", rng, place)

Kinds: `mass` and `masses` lie inside their host, `cyst` at its surface with a class of its own, `stone` in its middle,
`bulge` widens it, `effusion` is fluid at a fixed place (`at`: x, y, level; `axes`: share of the size along x, y, z),
`scale` makes the whole host (or the group of organs in `tissue`) larger, `tone` changes its tissue, `fracture` lowers
one vertebra by the share `scale`.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from refrad2d.phantom.organs import BodyFrame, Organ
from refrad2d.phantom.shapes import Geometry, join_geometries
from refrad2d.system.tables import read_csv

DIFFUSE = ("scale", "tone", "fracture")  # kinds without a mask of their own
REACH = 70.0  # mm; some shapes are larger than the organ, which a bound cuts out of them
SIZE_CLASSES = (5, 10, 15, 20, 30, 40, 60, 80)  # mm, what a report on a slice says of a size
_DEPTH = {"cyst": 0.95, "stone": 0.25, "bulge": 0.0}  # share of the host's radius at which the middle lies


@dataclass(frozen=True)
class PlantedFinding:
    """Something a report mentions. `host` is the class it lies in, `size_mm` its largest diameter, 0 if diffuse."""

    name: str
    host: str
    kind: str
    size_mm: float
    centre: tuple[float, float, float]  # LPS mm, patient frame
    tissue: str = ""
    offset: float = 0.0  # HU
    scale: float = 1.0
    axes: tuple[float, ...] = (1.0, 1.0, 1.0)

    @property
    def is_diffuse(self) -> bool:
        """True if it has no mask of its own."""
        return self.kind in DIFFUSE


def describe_finding(finding: PlantedFinding) -> dict[str, Any]:
    """What is true of a finding: its structure and side, its size (0 if diffuse), what a report may call it (names of
    the table of text/findings) and the state of the structure that it is, "" if it is none."""
    row = next(row for row in read_csv(__package__, "findings.csv") if row["name"] == finding.name)
    return {
        "name": finding.name,
        "host": finding.host,
        "structure": finding.host,
        "side": next((side for side in ("left", "right") if side in finding.host.split("_")), None),
        "size_mm": finding.size_mm,
        "called": [name for name in row["called"].split("|") if name],
        "state": row["state"],
    }


def finding_names() -> tuple[str, ...]:
    """Of all findings that the phantom knows, in the order of the table."""
    return tuple(row["name"] for row in read_csv(__package__, "findings.csv"))


def focal_findings(parts: Collection[str]) -> tuple[str, ...]:
    """Those of some parts of the body that have a mask of their own."""
    rows = read_csv(__package__, "findings.csv")
    return tuple(row["name"] for row in rows if row["part"] in parts and row["kind"] not in DIFFUSE)


def size_class(mask: np.ndarray, spacing: float) -> float:
    """How large a finding is in a slice: the longer side of its largest part, as the nearest of SIZE_CLASSES in mm.

    `mask` (rows, columns) bool with a true pixel, `spacing` in mm.
    """
    from scipy import ndimage

    parts, _ = ndimage.label(mask, structure=np.ones((3, 3)))
    largest = parts == np.bincount(parts[mask]).argmax()
    rows, columns = np.flatnonzero(largest.any(axis=1)), np.flatnonzero(largest.any(axis=0))
    longest = spacing * (max(rows[-1] - rows[0], columns[-1] - columns[0]) + 1)
    return float(SIZE_CLASSES[np.abs(np.log(np.array(SIZE_CLASSES) / longest)).argmin()])


def draw_findings(
    part: str, rng: np.random.Generator, place: BodyFrame, *, planted: Collection[str] = ()
) -> list[PlantedFinding]:
    """What this patient has in a part, by chance and behind that as `planted`. The centres are those of `at`, where
    given."""
    found: list[PlantedFinding] = []
    more: list[PlantedFinding] = []
    for row in read_csv(__package__, "findings.csv"):
        if row["part"] != part:
            continue
        draw, size, pick = rng.random(3)
        by_chance = draw < float(row["chance"])
        if not by_chance and row["name"] not in planted:
            continue
        low, high = float(row["low"] or 0), float(row["high"] or 0)
        hosts = row["host"].split()
        centre = np.zeros(3)
        if row["at"]:
            centre = place(np.array([[float(c) for c in row["at"].split()]]), np.zeros(1, dtype=int))[0]
        x, y, z = centre.tolist()
        (found if by_chance else more).append(
            PlantedFinding(
                name=row["name"],
                host=hosts[int(pick * len(hosts))],
                kind=row["kind"],
                size_mm=float(np.round(low + (high - low) * size**1.6)),
                centre=(x, y, z),
                tissue=row["tissue"],
                offset=float(row["offset"] or 0),
                scale=float(row["scale"] or 1),
                axes=tuple(float(a) for a in (row["axes"] or "1 1 1").split()),
            )
        )
    return found + more


def place_findings(
    rng: np.random.Generator, findings: Sequence[PlantedFinding], organs: Sequence[Organ], geometry: Geometry
) -> tuple[list[PlantedFinding], list[Organ], Geometry]:
    """The findings with their centres, the focal ones as organs, and the geometry with their shapes at its end."""
    hosts = {organ.label: organ for organ in organs if organ.label not in ("", "=")}
    placed, added, shapes = [], [], [geometry]
    count = len(geometry.gas)
    for finding in findings:
        if finding.is_diffuse:
            placed.append(finding)
            continue
        if finding.host not in hosts:  # the host belongs to the other sex or to another part
            continue
        balls = _balls(rng, finding, hosts[finding.host], geometry)
        placed.append(replace(finding, centre=tuple(balls.start[0].tolist())))
        added.append(_organ_of(finding, count, count + len(balls.gas)))
        shapes.append(balls)
        count += len(balls.gas)
    return placed, added, join_geometries(shapes)


def _balls(rng, finding: PlantedFinding, host: Organ, geometry: Geometry) -> Geometry:
    """One ellipsoid, or four of decreasing size for `masses`, in shapes of the host."""
    count = 4 if finding.kind == "masses" else 1
    centres, radii = [], []
    for k in range(count):
        inside = int(rng.integers(host.first, host.last))
        spot = rng.standard_normal(3)
        spot *= _DEPTH.get(finding.kind, 0.5) / np.linalg.norm(spot)
        reach = geometry.radii[inside] if geometry.round[inside] else geometry.radii[inside, :1]
        middle = geometry.start[inside] + geometry.axis[inside] / 2
        reach = np.minimum(reach, REACH)
        centres.append(np.array(finding.centre) if finding.kind == "effusion" else middle + spot * reach)
        radii.append(np.array(finding.axes) * finding.size_mm / 2 * (rng.uniform(0.4, 0.95) if k else 1))
    return Geometry(
        round=np.ones(count, dtype=bool),
        start=np.array(centres),
        axis=np.zeros((count, 3)),
        radii=np.array(radii),
        turn=np.tile(np.eye(3), (count, 1, 1)),
        gas=np.full(count, -np.inf),
    )


def _organ_of(finding: PlantedFinding, first: int, last: int) -> Organ:
    kind = finding.kind
    bumpy = 0.8 if kind in ("mass", "masses") and finding.size_mm > 20 else 0.0
    return Organ(
        name=finding.name,
        label={"cyst": finding.name, "bulge": finding.host, "effusion": ""}.get(kind, "="),
        tissue=finding.tissue or "stone",
        content="",
        wall=0.0,
        first=first,
        last=last,
        gap=0.0,
        noise=(bumpy, -bumpy),
        bound={"cyst": "cavity", "effusion": "thorax" if "lung" in finding.host else "abdomen"}.get(kind, ""),
        within=finding.host if kind in ("mass", "masses") else "",
        offset=finding.offset,
        finding=True,
    )
