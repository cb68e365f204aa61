"""Slices that nothing is written on, of the phantom and of real examinations, for benches."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import nibabel
import numpy as np
import pydicom

from refrad2d.phantom import make_patient
from refrad2d.phantom.render import render_grid
from refrad2d.phantom.series import REGIONS, draw_series
from tests.fixtures.paths import SHARED

FOLDER = SHARED / "data" / "totalsegmentator"
CT, MR = FOLDER / "example_ct.nii.gz", FOLDER / "example_mr_sm.nii.gz"


def phantom_slices(first: int, *, each: int = 4) -> Iterator[tuple[str, np.ndarray]]:
    """Clean slices without end, as ingest stores them: (region, (rows, columns) uint16), of every region and site."""
    number = first
    while True:
        region, site = sorted(REGIONS)[number % len(REGIONS)], "ABC"[number // len(REGIONS) % 3]
        patient = make_patient(number, site, parts=REGIONS[region].parts)
        rng = np.random.default_rng([number, 11])
        series = draw_series(patient, rng, region=region)
        for n in rng.permutation(len(series.positions))[:each]:
            pixels = render_grid(patient, series.grid(int(n)), series.protocol, rng).pixels
            yield region, np.round(pixels - pixels.min()).astype(np.uint16)
        number += 1


def volume_slices(path: Path, axes: Sequence[int] = (2,)) -> list[np.ndarray]:
    """Every slice of a NIfTI volume across some axes, (rows, columns) uint16 from 0; none where the file is absent."""
    if not path.is_file():
        return []
    volume = np.asarray(nibabel.load(path).dataobj)
    whole = np.clip(np.round(volume - float(volume.min())), 0, 65535).astype(np.uint16)
    return [np.rot90(np.take(whole, k, axis)) for axis in axes for k in range(whole.shape[axis])]


def real_volumes(axes: Sequence[int] = (2,)) -> list[np.ndarray]:
    """Slices of the real CT volume across some axes and of the MR volume beside this repository, as `volume_slices`."""
    return [*volume_slices(CT, axes), *volume_slices(MR)]


def real_series() -> list[np.ndarray]:
    """Slices of the real CT series beside this repository, (rows, columns) uint16 from 0; none where it is absent."""
    found = [pydicom.dcmread(path).pixel_array for path in sorted((FOLDER / "example_ct_dicom").glob("*"))]
    return [(pixels.astype(np.int32) - int(pixels.min())).astype(np.uint16) for pixels in found]
