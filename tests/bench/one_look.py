"""What a slice costs by the kind of file it comes in: `python -m tests.bench.one_look [--slices 96] [--side 512]`.

One generated CT volume as classic files, raw and JPEG 2000, as one enhanced file and as NIfTI; CPU milliseconds a slice
of the stage `ingest`, children included, as the slope between few and many slices, so that no fixed cost counts. The
second column looks at every slice for burnt-in text as well, with a reader that finds none at once. The report names
the modality, so that a NIfTI file, which states none, is read before it is known whether it may be written.
"""

import argparse
import resource
import sys
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from unittest.mock import patch

import nibabel
import numpy as np
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence as Items
from pydicom.uid import EnhancedCTImageStorage, JPEG2000Lossless
from scipy.ndimage import gaussian_filter

from refrad2d.images import blanking
from refrad2d.stages import ingest
from refrad2d.system.markdown import table
from tests.fixtures.dicom_files import make_slice
from tests.fixtures.export_records import report_row

FEW = 16


def volume(slices: int, side: int) -> np.ndarray:
    """(slices, side, side) uint16: a smooth body with noise, stored as value + 1024."""
    draw = np.random.default_rng(5)
    y, x = np.mgrid[-1 : 1 : side * 1j, -1 : 1 : side * 1j]
    body = np.where(x**2 + y**2 < 0.7, 1064.0, 24.0)
    noise = gaussian_filter(draw.normal(0, 60, (side, side)), 0.7)
    return np.stack([body + np.roll(noise, 7 * k, axis=1) + 3 * k % 40 for k in range(slices)]).clip(0).astype("uint16")


def classic(folder: Path, pixels: np.ndarray, *, compressed: bool = False) -> None:
    """A file a slice."""
    for k, picture in enumerate(pixels):
        dataset = make_slice(k, pixels=picture, PixelSpacing=[0.7, 0.7])
        if compressed:
            dataset.compress(JPEG2000Lossless, generate_instance_uid=False)
        dataset.save_as(folder / f"IM{k:04d}", enforce_file_format=True)


def enhanced(folder: Path, pixels: np.ndarray) -> None:
    """One file of JPEG 2000 frames, each with its own functional groups."""
    dataset = make_slice(pixels=pixels[0], SOPClassUID=EnhancedCTImageStorage, PixelSpacing=[0.7, 0.7])
    dataset.NumberOfFrames, dataset.PixelData = len(pixels), pixels.tobytes()
    dataset.PerFrameFunctionalGroupsSequence = Items([_groups(k) for k in range(len(pixels))])
    del dataset.ImagePositionPatient
    dataset.compress(JPEG2000Lossless, generate_instance_uid=False)
    dataset.save_as(folder / "enhanced", enforce_file_format=True)


def _groups(k: int) -> Dataset:
    groups, content, place = Dataset(), Dataset(), Dataset()
    place.ImagePositionPatient = [-8, -8, 5 * k]
    content.FrameAcquisitionNumber, content.DimensionIndexValues = 1, [1, k + 1]
    groups.FrameContentSequence, groups.PlanePositionSequence = Items([content]), Items([place])
    return groups


def nifti(folder: Path, pixels: np.ndarray) -> None:
    """One packed volume."""
    values = pixels.transpose(2, 1, 0).astype(np.int16) - np.int16(1024)
    nibabel.save(nibabel.Nifti1Image(values, np.diag([-0.7, -0.7, 5.0, 1.0])), folder / "volume.nii.gz")


KINDS: dict[str, Callable[[Path, np.ndarray], None]] = {
    "classic, raw": classic,
    "classic, JPEG 2000": lambda folder, pixels: classic(folder, pixels, compressed=True),
    "enhanced, JPEG 2000": enhanced,
    "NIfTI": nifti,
}


def look_only(task):
    """Stands for `blanking.read_texts`: every slice is fetched, none is read."""
    source, slices, *_ = task
    return {known.file: [] for known, _ in blanking._again(source, slices)}


def cpu_seconds() -> float:
    """Of this process and its children that have ended."""
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(one.ru_utime + one.ru_stime for one in used)


def ingest_seconds(export: Path, policy: str) -> float:
    """CPU seconds of one run of the stage."""
    from tests.bench.one_look import look_only as importable  # by a name that children know, however this was started

    with tempfile.TemporaryDirectory() as out, patch.object(blanking, "read_texts", importable):
        began = cpu_seconds()
        options = {"key": b"k" * 32, "burnt_in_text": policy}
        counts = ingest.run(export, [report_row(Modality="CT")], Path(out) / "ingest", **options)
        assert counts["kept"] and not any(name.startswith("dropped") for name in counts), counts
        return cpu_seconds() - began


def measure(slices: int, side: int, policies: Sequence[str] = ("keep", "blank")) -> dict[str, dict[str, float]]:
    """Milliseconds a slice by kind of file and policy: "keep" seeks no text, "blank" does."""
    pixels = volume(slices, side)
    found: dict[str, dict[str, float]] = {}
    for kind, write in KINDS.items():
        with tempfile.TemporaryDirectory() as folder:
            for name, count in (("few", FEW), ("many", slices)):
                (Path(folder) / name).mkdir()
                write(Path(folder) / name, pixels[:count])
            found[kind] = {}
            for policy in policies:
                few, many = (ingest_seconds(Path(folder) / name, policy) for name in ("few", "many"))
                found[kind][policy] = 1000 * (many - few) / (slices - FEW)
    return found


def main() -> int:
    """Print one row a kind of file."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--slices", type=int, default=96)
    parser.add_argument("--side", type=int, default=512)
    given = parser.parse_args()
    rows, first = [], {}
    for kind, cost in measure(given.slices, given.side).items():
        base = first.setdefault("JPEG" in kind, cost)
        rows.append(
            [kind, *(cell for policy in cost for cell in (f"{cost[policy]:.1f}", f"{cost[policy] / base[policy]:.2f}"))]
        )
    against = "of classic in the same encoding"
    print(table([f"{given.slices} slices of {given.side}²", "ms a slice", against, "text sought, ms", against], rows))
    return 0


if __name__ == "__main__":
    sys.exit(main())
