"""How many of 256 bits copies and strangers differ in, on a folder of pictures.

python -m tests.trust.hash_bench PICTURES [--count 150]
"""

import argparse
import io
import sys
from pathlib import Path

import numpy as np
from PIL import Image

from refrad2d.dataset.leaks import BITS, ENDINGS, MAX_DISTANCE, perceptual_hash


def compressed(picture: Image.Image) -> Image.Image:
    """After JPEG at quality 40."""
    out = io.BytesIO()
    picture.save(out, "JPEG", quality=40)
    return Image.open(out)


def cropped(picture: Image.Image) -> Image.Image:
    """Without 3 % at each side."""
    width, height = picture.size
    return picture.crop((int(width * 0.03), int(height * 0.03), int(width * 0.97), int(height * 0.97)))


CHANGES = {
    "JPEG at quality 40": compressed,
    "resized to 224×224": lambda picture: picture.resize((224, 224)),
    "gamma 0.8": lambda picture: picture.point(lambda v: int(255 * (v / 255) ** 0.8)),
    "another window": lambda picture: picture.point(lambda v: max(0, min(255, int((v - 30) * 1.4)))),
    "3 % cropped at each side": cropped,
}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("pictures", type=Path)
    parser.add_argument("--count", type=int, default=150)
    args = parser.parse_args()
    paths = sorted(p for p in args.pictures.rglob("*") if p.suffix.lower() in ENDINGS)[: args.count]
    pictures = [Image.open(path).convert("L") for path in paths]
    hashes = np.array([perceptual_hash(np.asarray(picture)) for picture in pictures])
    print(f"| {len(pictures)} pictures | median | 95 % | most | within {MAX_DISTANCE} |\n|---|---:|---:|---:|---:|")
    for name, change in CHANGES.items():
        others = np.array([perceptual_hash(np.asarray(change(picture))) for picture in pictures])
        bits = (BITS - (hashes * others).sum(axis=1)) / 2
        print(f"| {name} | {np.median(bits):.0f} | {np.percentile(bits, 95):.0f} | {bits.max():.0f} | {(bits <= MAX_DISTANCE).sum()} |")  # fmt: skip
    strangers = ((BITS - hashes @ hashes.T) / 2)[np.triu_indices(len(hashes), 1)]
    print(f"\nTwo different ones: at least {strangers.min():.0f}, 1 % below {np.percentile(strangers, 1):.0f}, median {np.median(strangers):.0f}.")  # fmt: skip
    return 0


if __name__ == "__main__":
    sys.exit(main())
