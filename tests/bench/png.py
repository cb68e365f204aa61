"""Ways to write a lossless PNG, of native slices and of the picture that a model sees: size, writing, reading.

    python -m tests.bench.png [--slices 12] [--json FILE]

Each is read back with plain Pillow and compared bit by bit. The build uses `samples.png`, marked with an arrow.
"""

import argparse
import io
import itertools
import statistics
import struct
import time
import zlib
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import numpy as np
from PIL import Image

from refrad2d.samples import png, read_png
from refrad2d.system.files import write_json
from refrad2d.system.markdown import table
from refrad2d.windows import rescale, windows
from tests.bench.clean_slices import phantom_slices, real_series, real_volumes

FILTERS = {"sub": 1, "up": 2}
STRATEGIES = {"filtered": zlib.Z_FILTERED, "RLE": zlib.Z_RLE}


def pillow(picture: np.ndarray, level: int) -> bytes:
    """Pillow's own writer, which chooses a filter for each row."""
    out = io.BytesIO()
    Image.fromarray(picture).save(out, "PNG", compress_level=level)
    return out.getvalue()


def plain(picture: np.ndarray, filtered: str, strategy: str) -> bytes:
    """One filter for all rows, and zlib with a strategy."""
    deep = picture.dtype == np.uint16
    rows = np.ascontiguousarray(picture, ">u2" if deep else np.uint8).view(np.uint8).reshape(len(picture), -1)
    left = 2 if deep else rows.shape[1] // picture.shape[1]
    lines = np.full((len(rows), rows.shape[1] + 1), FILTERS[filtered], np.uint8)
    lines[:, 1:] = rows
    if filtered == "sub":
        lines[:, 1 + left :] -= rows[:, :-left]
    if filtered == "up":
        lines[1:, 1:] -= rows[:-1]
    packer = zlib.compressobj(1, zlib.DEFLATED, 15, 9, STRATEGIES[strategy])
    head = struct.pack(">IIBB3x", picture.shape[1], len(picture), 16 if deep else 8, 0 if picture.ndim == 2 else 2)
    chunks = ((b"IHDR", head), (b"IDAT", packer.compress(lines) + packer.flush()), (b"IEND", b""))
    parts = (struct.pack(">I", len(d)) + k + d + struct.pack(">I", zlib.crc32(k + d)) for k, d in chunks)
    return b"\x89PNG\r\n\x1a\n" + b"".join(parts)


WAYS: dict[str, Callable[[np.ndarray], bytes]] = {
    "Pillow, level 6": lambda picture: pillow(picture, 6),
    "Pillow, level 1": lambda picture: pillow(picture, 1),
    **{
        f"filter {name}, zlib {strategy}": lambda picture, name=name, strategy=strategy: plain(picture, name, strategy)
        for name, strategy in itertools.product(("sub", "up"), ("filtered", "RLE"))
    },
    "→ samples.png": png,
}


def measure(way: Callable[[np.ndarray], bytes], pictures: Sequence[np.ndarray]) -> dict[str, float]:
    """Kilobytes, pictures written and read a CPU second of one thread: medians. ValueError if a pixel is lost."""
    written, read, sizes = [], [], []
    for picture in pictures:
        begun = time.process_time()
        encoded = way(picture)
        between = time.process_time()
        pixels = read_png(encoded)
        ended = time.process_time()
        if not np.array_equal(pixels, picture):
            raise ValueError("A picture does not read back as it was. Leave this way out.")
        written.append(between - begun)
        read.append(ended - between)
        sizes.append(len(encoded))
    return {
        "kilobytes": round(statistics.mean(sizes) / 1000, 1),
        "written": round(1 / statistics.median(written)),
        "read": round(1 / statistics.median(read)),
    }


def pictures(slices: int) -> Mapping[str, list[np.ndarray]]:
    """What is measured, by name: native slices of 512 × 512 and the pictures made of them."""
    made = [
        pixels for _, pixels in itertools.islice(phantom_slices(500_000), 40 * slices) if pixels.shape == (512, 512)
    ]
    real = [pixels for pixels in (*real_series(), *real_volumes()) if pixels.shape == (512, 512)]
    some = made[:slices], real[:slices]
    shown = [[windows(rescale(pixels, 1.0, -1024.0), "CT") for pixels in native] for native in some]
    names = ("native, phantom", "native, real CT", "image, phantom", "image, real CT")
    return {name: found for name, found in zip(names, (*some, *shown), strict=True) if found}


def main() -> None:
    """Print a table for each kind of picture."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--slices", type=int, default=12)
    parser.add_argument("--json", type=Path)
    given = parser.parse_args()
    found = {}
    for kind, some in pictures(given.slices).items():
        found[kind] = {name: measure(way, some) for name, way in WAYS.items()}
        rows = [[name, *(f"{value:,}" for value in figures.values())] for name, figures in found[kind].items()]
        print(table([f"{kind} ({len(some)})", "KB", "written/s", "read/s"], rows), end="\n\n")
    if given.json:
        write_json(given.json, found)


if __name__ == "__main__":
    main()
