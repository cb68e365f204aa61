"""One 512 × 512 slice → float tensor of 224 × 224 × 3: a DICOM file as the usual pipeline reads it, and ours.

    python -m tests.bench.reading [--rounds 15]

The usual way: zstd, parsing, decoding, three windows in float64, bilinear resize. Ours: the picture of a row as it is
published, and the lossless pixels of the archive, windowed and resized. Turn by turn in one run, CPU seconds of one
thread, medians.
"""

import argparse
import io
import itertools
import statistics
import time
from collections.abc import Callable, Mapping

import numpy as np
import pydicom
import zstandard
from PIL import Image
from pydicom.uid import JPEG2000Lossless

from refrad2d.phantom import sample_slice
from refrad2d.samples import make_image, png, read_png
from refrad2d.system.markdown import table
from tests.fixtures.dicom_files import make_slice

SIZE = 224
WAYS = ("usual, uncompressed in zstd", "usual, JPEG 2000 in zstd", "image of a row", "lossless pixels of the archive")
WINDOWS = ((-600, 1500), (40, 400), (300, 1500))  # centre and width


def to_tensor(picture: np.ndarray) -> np.ndarray:
    """(3, 224, 224) float32 in [0, 1] of a picture (224, 224, 3) of uint8."""
    return np.ascontiguousarray(picture.transpose(2, 0, 1), np.float32) / 255


def usual(packed: bytes) -> np.ndarray:
    """A DICOM file in zstd, window by window in float64."""
    dataset = pydicom.dcmread(io.BytesIO(zstandard.ZstdDecompressor().decompress(packed)))
    hu = dataset.pixel_array.astype(np.float64) * float(dataset.RescaleSlope) + float(dataset.RescaleIntercept)
    shown = [255 * np.clip((hu - (centre - width / 2)) / width, 0, 1) for centre, width in WINDOWS]
    picture = Image.fromarray(np.stack(shown, axis=-1).astype(np.uint8))
    return to_tensor(np.asarray(picture.resize((SIZE, SIZE), Image.Resampling.BILINEAR)))


def make_ways() -> Mapping[str, Callable[[], np.ndarray]]:
    """What is measured, each on the same slice."""
    hu = sample_slice(3, size=512)["pixels"]
    stored = (hu - hu.min()).astype(np.uint16)
    row = {"modality": "CT", "slope": 1.0, "intercept": float(hu.min())}
    packed = []
    for syntax in ("", JPEG2000Lossless):
        dataset, out = make_slice(pixels=stored, RescaleIntercept=int(hu.min())), io.BytesIO()
        if syntax:
            dataset.compress(syntax, generate_instance_uid=False)
        dataset.save_as(out, enforce_file_format=True)
        packed.append(zstandard.ZstdCompressor(3).compress(out.getvalue()))
    image, pixels = png(make_image(stored, row)), png(stored)
    ways: tuple[Callable[[], np.ndarray], ...] = (
        lambda: usual(packed[0]),
        lambda: usual(packed[1]),
        lambda: to_tensor(read_png(image)),
        lambda: to_tensor(make_image(read_png(pixels), row)),
    )
    return dict(zip(WAYS, ways, strict=True))


def measure(rounds: int = 15) -> dict[str, float]:
    """Milliseconds of CPU by name: the best of three calls a round, the median of all rounds."""
    ways = make_ways()
    took: dict[str, list[float]] = {name: [] for name in ways}
    for _, (name, way) in itertools.product(range(rounds), ways.items()):
        took[name].append(min(_seconds(way) for _ in range(3)))
    return {name: 1000 * statistics.median(seconds) for name, seconds in took.items()}


def _seconds(way: Callable[[], np.ndarray]) -> float:
    begun = time.process_time()
    way()
    return time.process_time() - begun


def main() -> None:
    """Print milliseconds, and how many times as fast ours are."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=15)
    found = measure(parser.parse_args().rounds)
    plain, jpeg, *_ = found.values()
    rows = [[name, f"{ms:.2f}", f"{plain / ms:.2f}", f"{jpeg / ms:.2f}"] for name, ms in found.items()]
    print(table(["slice → tensor", "ms", "of usual, zstd", "of usual, JPEG 2000"], rows))


if __name__ == "__main__":
    main()
