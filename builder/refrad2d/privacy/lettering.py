"""Whether a frame may hold text: a look of two or three milliseconds at its strokes, before the reader is asked.

    if may_hold_text(pixels): ...           # rather once too often than once too seldom

Letters are thin strokes that end, bend and cross within a few pixels. In cells of 8 × 8 pixels of the frame, and of the
frame at a half, a quarter and an eighth of its size, such strokes are counted; a small convolutional network over the
counts says where they are like those of letters. Its weights come of tests/bench/fit_lettering.py; what it misses,
tests/bench/lettering.py says.
"""

from collections.abc import Iterator, Mapping, Sequence
from functools import cache, lru_cache
from importlib.resources import files
from typing import NamedTuple

import numpy as np

CONTRASTS = (8, 16, 32, 64)  # of 255: by how much a stroke is brighter or darker than what it lies on
KINDS = 4  # counts in a cell for each contrast: pixels, ends across, ends down, corners
MAPS = 2 * len(CONTRASTS) * KINDS
CELL = 8  # pixels, in which strokes are counted
BORDER = 8  # pixels that are added around a frame, so that letters at its edge are seen
LEVELS, SMALLEST = 4, 20  # sizes of the frame that are looked at, and pixels of the smallest
GAP = 2  # cells without strokes around each size of the frame
SMALLEST_LOOK = 64  # pixels of the shorter side of a frame that may be left unread

Weights = Mapping[str, np.ndarray]


class Level(NamedTuple):
    """The frame at one size with its border, and where its cells stand among those of all sizes: top, left."""

    picture: np.ndarray
    top: int
    left: int


def may_hold_text(pixels: np.ndarray, *, weights: Weights | None = None) -> bool:
    """Whether a frame (rows, columns) of any integer or float type should be read; a very small one always."""
    if min(pixels.shape) < SMALLEST_LOOK:
        return True
    weights = weights or load_weights()
    return bool(highest_score(pixels, weights) > weights["threshold"][0])


def highest_score(pixels: np.ndarray, weights: Weights) -> float:
    """How much the place of a frame that looks most written on is like letters."""
    levels = place([frame(picture) for picture in sizes(pixels)])
    scores = score(count_all(levels), weights)
    ends = ((one.top + one.picture.shape[0] // CELL, one.left + one.picture.shape[1] // CELL) for one in levels)
    return max(
        float(scores[one.top // 2 : bottom // 2, one.left // 2 : right // 2].max())
        for one, (bottom, right) in zip(levels, ends, strict=True)
    )


def sizes(pixels: np.ndarray) -> Iterator[np.ndarray]:
    """The frame in 8 bit from its lowest to its highest value, and at a half, a quarter and an eighth of its size."""
    low, high = float(pixels.min()), float(pixels.max())
    values = pixels.astype(np.float32)
    values -= np.float32(low)
    values *= np.float32(255 / max(high - low, 1e-6))
    values += np.float32(0.5)
    picture = values.astype(np.uint8)
    for _ in range(LEVELS):
        if min(picture.shape) < SMALLEST:
            return
        yield picture
        picture = _halve(picture)


def _halve(picture: np.ndarray) -> np.ndarray:
    rows, columns = (length // 2 * 2 for length in picture.shape)
    pairs = picture[0:rows:2, :columns].astype(np.uint16)
    pairs += picture[1:rows:2, :columns]
    fours = pairs[:, ::2] + pairs[:, 1::2]
    fours += 2
    fours >>= 2
    return fours.astype(np.uint8)


def frame(picture: np.ndarray) -> np.ndarray:
    """The picture with its edges repeated around it: BORDER pixels and up to a multiple of two cells."""
    rows, columns = picture.shape
    height, width = (-(-(length + 2 * BORDER) // (2 * CELL)) * 2 * CELL for length in picture.shape)
    framed = np.empty((height, width), np.uint8)
    framed[BORDER : BORDER + rows, BORDER : BORDER + columns] = picture
    framed[:BORDER, BORDER : BORDER + columns] = picture[0]
    framed[BORDER + rows :, BORDER : BORDER + columns] = picture[-1]
    framed[:, :BORDER] = framed[:, BORDER : BORDER + 1]
    framed[:, BORDER + columns :] = framed[:, BORDER + columns - 1 : BORDER + columns]
    return framed


def place(framed: Sequence[np.ndarray]) -> list[Level]:
    """The largest at the left, the others below each other at its right, GAP cells between all."""
    levels, top, left = list[Level](), GAP, GAP
    for n, picture in enumerate(framed):
        levels.append(Level(picture, top, left))
        left = left if n else GAP + picture.shape[1] // CELL + GAP
        top = top + picture.shape[0] // CELL + GAP if n else GAP
    return levels


def count_all(levels: Sequence[Level]) -> np.ndarray:
    """(MAPS, rows, columns) uint8: the counts of all sizes, each where it is placed, and 0 between them."""
    ends = [(one.top + one.picture.shape[0] // CELL, one.left + one.picture.shape[1] // CELL) for one in levels]
    counts = np.zeros((MAPS, *(max(end) + GAP for end in zip(*ends, strict=True))), np.uint8)
    for (bottom, right), one in zip(ends, levels, strict=True):
        count(strokes(one.picture), out=counts[:, one.top : bottom, one.left : right])
    return counts


def strokes(framed: np.ndarray) -> np.ndarray:
    """(2, rows, columns) uint8: how much brighter, and how much darker, a stroke of at most four pixels is than what it
    lies on: white and black top-hat. The next frame of the same size is written over it."""
    flat, width = framed.ravel(), framed.shape[1]
    one, other, bright, dark = _memory(flat.size)
    for extreme, opposite, found in ((np.minimum, np.maximum, bright), (np.maximum, np.minimum, dark)):
        opened = flat
        for step in (
            1,
            2,
            1,
            width,
            2 * width,
            width,
        ):  # the 5 × 5 pixels that begin at each; rows run on into the next
            extreme(opened[:-step], opened[step:], out=one[:-step])
            one[-step:] = opened[-step:]
            opened, one, other = one, other, one
        for step in (1, 2, 1, width, 2 * width, width):  # and those that end there
            opposite(opened[step:], opened[:-step], out=one[step:])
            one[:step] = opened[:step]
            opened, one, other = one, other, one
        np.subtract(*((flat, opened) if found is bright else (opened, flat)), out=found)
    return _memory(flat.size)[2:].reshape(2, *framed.shape)


@lru_cache(maxsize=32)
def _memory(size: int) -> np.ndarray:
    """What `strokes` works in, kept: to ask the system for it each time takes longer than the work."""
    return np.empty((4, size), np.uint8)


def count(found: np.ndarray, out: np.ndarray) -> None:
    """The counts of strokes in cells, (MAPS, rows / 8, columns / 8): bright and dark, contrast by contrast."""
    columns, number = found.shape[2], 2 * len(CONTRASTS)
    masks = _masks(number * found[0].size).reshape(number, -1)
    for n, mask in enumerate(masks):
        np.greater(found[n // len(CONTRASTS)].ravel(), CONTRASTS[n % len(CONTRASTS)], out=mask)
    inside = np.packbits(masks, bitorder="little")
    across = inside.view(np.uint64) << np.uint64(1)
    across[1:] |= inside.view(np.uint64)[:-1] >> np.uint64(63)
    ends = (inside, inside ^ across.view(np.uint8))
    for kind, bits in (
        (0, ends[0]),
        (1, ends[1]),
        (2, _down(ends[0], number, columns)),
        (3, _down(ends[1], number, columns)),
    ):
        ones = np.bitwise_count(bits).reshape(-1, columns)  # eight rows of bytes
        for half in (columns // 2, columns // 4, columns // 8):
            ones = ones[:, :half] + ones[:, half:]
        out[kind::KINDS] = ones.reshape(number, *out.shape[1:])


def _down(bits: np.ndarray, number: int, columns: int) -> np.ndarray:
    """Where a bit differs from that of the row above, in each of some masks; above the first row there is nothing."""
    rows = bits.reshape(number, -1)
    found = rows.copy()
    found[:, columns // 8 :] ^= rows[:, : -columns // 8]
    return found


@lru_cache(maxsize=32)
def _masks(size: int) -> np.ndarray:
    """As `_memory`."""
    return np.empty(size, bool)


def score(counts: np.ndarray, weights: Weights) -> np.ndarray:
    """(rows / 2, columns / 2) float32: how much the strokes around each block of 2 × 2 cells are like letters."""
    values = counts.reshape(MAPS, -1).astype(np.float32)
    values *= np.float32(1 / CELL**2)
    np.sqrt(values, out=values)
    cells = _layer(values, "cell", weights).reshape(-1, *counts.shape[1:])
    upper, lower = cells[:, ::2], cells[:, 1::2]
    highest, total = np.maximum(upper, lower), upper + lower
    blocks = np.zeros((2 * len(cells), counts.shape[1] // 2 + 2, counts.shape[2] // 2 + 2), np.float32)
    np.maximum(highest[:, :, ::2], highest[:, :, 1::2], out=blocks[: len(cells), 1:-1, 1:-1])
    np.add(total[:, :, ::2], total[:, :, 1::2], out=blocks[len(cells) :, 1:-1, 1:-1])
    rows, width = blocks.shape[1] - 2, blocks.shape[2]
    flat, length = blocks.reshape(len(blocks), -1), rows * width - 2
    seen = np.repeat(weights["around.bias"], length, axis=1)
    for n, kernel in enumerate(weights["around"]):
        start = n // 3 * width + n % 3
        seen += kernel @ flat[:, start : start + length]
    np.maximum(seen, 0, out=seen)
    scores = np.zeros(rows * width, np.float32)
    scores[:length] = (weights["last"] @ _layer(seen, "block", weights) + weights["last.bias"])[0]
    return scores.reshape(rows, width)[:, :-2]


def _layer(values: np.ndarray, name: str, weights: Weights) -> np.ndarray:
    """ReLU of a linear layer; values (channels, places)."""
    found = weights[name] @ values
    found += weights[f"{name}.bias"]
    return np.maximum(found, 0, out=found)


@cache
def load_weights() -> Weights:
    """The weights that came with this version."""
    with files(__package__).joinpath("data", "lettering.npz").open("rb") as file:
        return dict(np.load(file))
