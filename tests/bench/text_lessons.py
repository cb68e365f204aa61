"""Frames that the text detector learns from: several texts in each, and which of them the reader finds.

    nice python -m tests.bench.text_lessons --lessons 4000     # build/text_detector/lessons.pickle; again to make more

Text is planted in slices of the phantom, of the real volumes beside this repository and in pictures of VQA-RAD in which the
reader sees nothing at all. A text that the reader does not find is neither sought nor denied; half of the frames have none.
"""

import argparse
import pickle
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np
from PIL import Image

from refrad2d.privacy.burnt_in import PixelBox, find_text, load_reader, read_text, render
from tests.bench.clean_slices import phantom_slices, real_volumes
from tests.bench.planted_text import pictures, plant
from tests.bench.text_detector import touches
from tests.bench.text_fonts import families

FIRST = 100_000  # seed of the first patient
AREA = 30_000  # pixels of a frame for each text that is tried
PICTURES = 24
APART = 12  # pixels between texts
SIDES = (160, 640)  # of a frame
CHANGED, WRITTEN_ON = 0.7, 0.5  # shares of frames


class Lesson(NamedTuple):
    """A frame as the detector sees it, (rows, columns) uint8, and boxes (x_min, y_min, x_max, y_max): texts that the
    reader finds, and what is neither text nor none: texts that it does not find, and what else it takes for text."""

    frame: np.ndarray
    found: list[PixelBox]
    unsure: list[PixelBox]


def lessons(fonts: Path, first: int, seed: int) -> Iterator[Lesson]:
    """Lessons without end, of phantoms from patient `first` on."""
    rng, writers, phantoms = np.random.default_rng(seed), families(fonts, "train"), phantom_slices(first, each=2)
    real = [one for one in real_volumes((0, 1, 2)) if np.ptp(one)]
    others = [wipe(one) for one in pictures("train")[:PICTURES]]
    while True:
        kind = rng.choice(3, p=(0.75, 0.15, 0.1))
        some = real if kind == 1 else others
        frame = next(phantoms)[1] if kind == 0 or not some else some[int(rng.integers(len(some)))]
        frame = resize(frame, int(kind), rng)
        if rng.random() < CHANGED:
            frame = change(frame, rng)
        frame = np.round(frame - frame.min()).astype(np.uint16)
        yield write_on(frame, writers, rng) if rng.random() < WRITTEN_ON else Lesson(render(frame), [], [])


def wipe(picture: np.ndarray) -> np.ndarray:
    """A picture at 0.6 of its size without anything that the reader sees, filled from around it: uint16."""
    import cv2

    picture = cv2.resize(picture.astype(np.uint8), None, fx=0.6, fy=0.6, interpolation=cv2.INTER_AREA)
    seen = np.zeros(picture.shape, np.uint8)
    for box, _, _ in read_text(np.stack([render(picture)] * 3, axis=-1)):
        x_min, y_min, x_max, y_max = (round(c) for c in box)
        seen[max(y_min - 5, 0) : y_max + 5, max(x_min - 5, 0) : x_max + 5] = 1
    return cv2.inpaint(picture, seen, 3, cv2.INPAINT_TELEA).astype(np.uint16)


def resize(frame: np.ndarray, kind: int, rng: np.random.Generator) -> np.ndarray:
    """A frame at a size of slices: one of a phantom (kind 0) mostly at its own or at 512 pixels, of others a part."""
    frame = np.rot90(frame, int(rng.integers(4)))[:: int(rng.choice((1, -1)))]
    longest = max(frame.shape)
    if kind == 0:
        by = rng.choice((1.0, 512 / longest, rng.uniform(0.7, 1.8)), p=(0.5, 0.3, 0.2))
    else:
        by = np.exp(rng.uniform(np.log(200), np.log(600))) / min(longest, 800)
    if kind == 2:  # a window of a large picture
        reach = [min(n, int(rng.uniform(180, 540) / by)) for n in frame.shape]
        y, x = (int(rng.integers(n - k + 1)) for n, k in zip(frame.shape, reach, strict=True))
        frame = frame[y : y + reach[0], x : x + reach[1]]
    size = [int(np.clip(round(n * by), *SIDES)) for n in frame.shape[::-1]]
    way = Image.Resampling.BICUBIC if rng.random() < 0.8 else Image.Resampling.NEAREST
    return np.array(Image.fromarray(frame.astype(np.float32)).resize(size, way)).clip(0, 65535)


def change(frame: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """A frame as another window, scanner or patient would show it: uint16 from 0 to 4,000."""
    frame = frame - frame.min()
    if rng.random() < 0.25:
        low, high = np.percentile(frame, sorted(rng.uniform(0, 100, 2)))
        frame = np.clip(frame, low, max(high, low + 1)) - low
    if rng.random() < 0.2:
        noise = rng.normal(0, rng.uniform(0.002, 0.04) * max(float(frame.max()), 1.0), frame.shape)
        frame = (frame + noise).clip(0)
    frame = frame * ((rng.uniform(0.15, 1) if rng.random() < 0.2 else 1) * 4000 / max(float(frame.max()), 1.0))
    if frame.max() < 3999:  # something outshines the anatomy: metal, or the text itself
        frame[int(rng.integers(frame.shape[0])), int(rng.integers(frame.shape[1]))] = 4000
    return np.round(frame).astype(np.uint16)


def write_on(frame: np.ndarray, fonts: dict, rng: np.random.Generator) -> Lesson:
    """A frame with several texts, and what the reader finds of them."""
    boxes = list[PixelBox]()
    for _ in range(1 + int(rng.integers(1 + frame.size // AREA))):
        if planted := plant(frame, fonts, rng):
            x_min, y_min, x_max, y_max = planted.box
            if not touches(boxes, (x_min - APART, y_min - APART, x_max + APART, y_max + APART)):
                boxes.append(planted.box)
                frame = planted.frame
    seen = find_text(frame)
    found = [box for box in boxes if touches(seen, box)]
    others = [box for box in seen if not touches(boxes, box)]
    return Lesson(render(frame), found, [box for box in boxes if box not in found] + others)


def read_lessons(path: Path, *, after: int = 0) -> list[Lesson]:
    """The lessons of a file behind the first so many; one that is still being written is left out."""
    found = list[Lesson]()
    with path.open("rb") as file:
        while True:
            try:
                found.append(Lesson(*pickle.load(file)))
            except (EOFError, pickle.UnpicklingError):
                return found[after:]


def main() -> None:
    """Add lessons to the file."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--work", type=Path, default=Path("build/text_detector"))
    parser.add_argument("--fonts", type=Path, default=Path("build/fonts"))
    parser.add_argument("--lessons", type=int, default=4000)
    given = parser.parse_args()
    given.work.mkdir(parents=True, exist_ok=True)
    path = given.work / "lessons.pickle"
    have, begun = len(read_lessons(path)) if path.is_file() else 0, time.process_time()
    load_reader()
    source = lessons(given.fonts, FIRST + have, have)
    with path.open("ab") as file:
        for n in range(have + 1, given.lessons + 1):
            pickle.dump(tuple(next(source)), file)
            if n % 100 == 0:
                file.flush()
                print(f"{n} lessons, {(time.process_time() - begun) / 60:.1f} CPU minutes", flush=True)


if __name__ == "__main__":
    main()
