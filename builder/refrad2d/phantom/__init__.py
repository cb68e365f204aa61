"""A synthetic hospital with known truth: `refrad2d phantom OUT --patients N --seed S --site A|B|C`.

    >>> from refrad2d.phantom import make_patient, render_slice, sample_slice
    >>> slice = sample_slice(7, site="A", size=96)

Every person, scanner and hospital in it is invented.
"""

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from refrad2d.phantom.anatomy import PARTS, Patient, change_organ, make_patient, without_finding
from refrad2d.phantom.findings import PlantedFinding
from refrad2d.phantom.render import Protocol, render_grid
from refrad2d.phantom.reports import Sentence, join_sentences, report_sentences
from refrad2d.phantom.series import (
    REGIONS,
    SITES,
    RenderedVolume,
    Series,
    draw_series,
    labels_of,
    render_volume,
    sample_slice,
    shown_findings,
)
from refrad2d.phantom.shapes import Grid

__all__ = [
    "PARTS", "REGIONS", "SITES", "Grid", "Patient", "PlantedFinding", "Protocol", "RenderedVolume", "Sentence",
    "Series", "change_organ", "draw_series", "join_sentences", "labels_of", "make_patient", "render_grid",
    "render_slice", "render_volume", "report_sentences", "run", "sample_slice", "shown_findings",
    "without_finding",
]  # fmt: skip


def render_slice(
    patient: Patient,
    *,
    plane: str = "axial",
    position_mm: float,
    size: int = 256,
    fov_mm: float = 400.0,
    protocol: Protocol | None = None,
    rng: np.random.Generator | None = None,
) -> tuple[np.ndarray, np.ndarray, dict[str, np.ndarray]]:
    """Pixels (float32, HU or MR units), mask (uint8 unified ids) and masks of focal findings of one slice.

    `position_mm` counts along the plane's normal in the scanner's frame (LPS, z = 0 at the middle of L1).
    """
    grid = Grid.of_plane(plane, position_mm, size=size, fov_mm=fov_mm)
    picture = render_grid(patient, grid, protocol or Protocol(), rng or np.random.default_rng(patient.seed))
    return picture.pixels, picture.mask, picture.findings


def run(
    out: Path,
    *,
    patients: int = 40,
    seed: int = 0,
    site: str = "A",
    regions: Sequence[str] = ("abdomen_ct",),
    workers: int | None = None,
) -> Counter:
    """Write a hospital export to `out`; see `refrad2d.phantom.export.run`."""
    from refrad2d.phantom.export import run as export

    return export(out, patients=patients, seed=seed, site=site, regions=regions, workers=workers)
