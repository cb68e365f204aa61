"""Look at the phantom and measure it: `python -m tests.bench.phantom sheet OUT.png --site A` or `prior`, `speed`."""

import argparse
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path
from time import process_time

import numpy as np
from PIL import Image, ImageDraw

from refrad2d.phantom.series import REGIONS, SITES, sample_slice
from refrad2d.windows import IMAGE_SIZE, apply_window, get_window, resize_mask, scale_to_range
from tests.fixtures.boxes import boxes_of, iou

LEAST_PIXELS = 20  # of a class in the 224 px mask, as in the evaluation


def main() -> None:
    """Run one of the commands sheet, prior, speed."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.phantom", description=__doc__)
    commands = parser.add_subparsers(required=True)
    for name, command in (("sheet", sheet), ("prior", prior), ("speed", speed)):
        sub = commands.add_parser(name, help=command.__doc__.split("\n")[0])
        sub.set_defaults(command=command)
        if name == "sheet":
            sub.add_argument("out", type=Path)
            sub.add_argument("--boxes", action="store_true")
            sub.add_argument("--columns", type=int, default=6)
        sub.add_argument("--slices", type=int, default={"sheet": 24, "prior": 400, "speed": 128}[name])
        sub.add_argument("--site", choices=SITES, default="A")
        sub.add_argument("--size", type=int, default={"sheet": 256, "prior": 128, "speed": 64}[name])
        sub.add_argument("--seed", type=int, default=0)
        sub.add_argument("--regions", nargs="+", choices=list(REGIONS), default=["abdomen_ct"])
    arguments = vars(parser.parse_args())
    arguments.pop("command")(**arguments)


def sheet(
    out: Path, *, slices: int, site: str, size: int, seed: int, regions: Sequence[str], boxes: bool, columns: int
) -> None:
    """A contact sheet of random slices, soft-tissue window for CT, with the boxes of all classes if wanted."""
    tiles = []
    for k in range(slices):
        taken = sample_slice(8 * (seed + k) + k % 8, site=site, size=size, regions=regions)
        window = "brain" if taken["body_part"] == "HEAD" and k % 2 else "soft_tissue"
        shade = (
            apply_window(taken["pixels"], *get_window(window))
            if taken["modality"] == "CT"
            else scale_to_range(taken["pixels"])
        )
        tile = Image.fromarray((shade * 255).astype(np.uint8)).convert("RGB")
        if boxes:
            pen = ImageDraw.Draw(tile)
            for name, (x0, y0, x1, y1) in boxes_of(taken["mask"]).items():
                color = tuple(int(c) for c in np.random.default_rng(len(name) * 7 + ord(name[0])).integers(90, 255, 3))
                pen.rectangle((x0 * size, y0 * size, x1 * size - 1, y1 * size - 1), outline=color)
        tiles.append(np.asarray(tile))
    rows = [np.concatenate(tiles[k : k + columns], axis=1) for k in range(0, len(tiles) // columns * columns, columns)]
    Image.fromarray(np.concatenate(rows)).save(out)


def prior(*, slices: int, site: str, size: int, seed: int, regions: Sequence[str]) -> None:
    """mIoU of answering each (class, modality, plane) with its mean box over other patients."""
    pairs = []  # (key, box)
    for k in range(2 * slices):  # the first half are the other patients
        taken = sample_slice(8 * (seed + k), site=site, size=size, regions=regions)
        mask = resize_mask(taken["mask"], IMAGE_SIZE)
        pairs += [
            (k >= slices, (name, taken["modality"], taken["plane"]), box)
            for name, box in boxes_of(mask, LEAST_PIXELS).items()
        ]
    seen = defaultdict(list)
    for tested, key, box in pairs:
        if not tested:
            seen[key].append(box)
    scores = defaultdict(list)
    for tested, key, box in pairs:
        if tested:
            scores[key].append(iou(np.mean(seen[key], axis=0), box) if key in seen else 0.0)
    for key in sorted(scores, key=lambda key: -len(scores[key])):
        print(f"{' '.join(key):48} {np.mean(scores[key]):.3f}  n={len(scores[key])}")
    pooled = [score for group in scores.values() for score in group]
    names = {key[0] for key in scores}
    print(f"{'pooled':48} {np.mean(pooled):.3f}  n={len(pooled)}  classes={len(names)}")


def speed(*, slices: int, site: str, size: int, seed: int, regions: Sequence[str]) -> None:
    """How many slices a core draws in a second of its own time, patients included."""
    sample_slice(8 * seed + 8 * slices, site=site, size=size, regions=regions)  # reads the tables
    start = process_time()
    for k in range(slices):
        sample_slice(8 * seed + k, site=site, size=size, regions=regions)
    print(f"{slices / (process_time() - start):.0f} slices a second and core at {size} px")


if __name__ == "__main__":
    main()
