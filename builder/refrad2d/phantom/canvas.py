"""The picture of one slice while it is painted, and what its tissues look like.

>>> canvas = Canvas(patient, grid, protocol, rng)
>>> canvas.paint(depth, canvas.values["fat"])
"""

from functools import cache

import numpy as np

from refrad2d.labels import label_by_name
from refrad2d.phantom.anatomy import Patient
from refrad2d.phantom.scanner import Protocol
from refrad2d.phantom.shapes import Grid
from refrad2d.system.tables import read_csv


@cache
def _tissues(phase: str) -> dict[str, float]:
    return {row["name"]: float(row[phase]) for row in read_csv(__package__, "tissues.csv")}


@cache
def read_spreads() -> dict[str, float]:
    """How much each tissue varies from series to series, HU or MR units."""
    return {row["name"]: float(row["spread"]) for row in read_csv(__package__, "tissues.csv")}


@cache
def id_of(label: str) -> int:
    """The unified id of a class."""
    return label_by_name(label).id


class Canvas:
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
        tissues, spreads = _tissues(self.protocol.phase), read_spreads()
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
