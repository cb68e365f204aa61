"""The weights of `refrad2d.privacy.lettering`, fitted on planted text and clean slices of the fonts and regions not held out.

    python -m tests.bench.fit_lettering [--planted 3500] [--clean 1900] [--seconds 400] [--out build/lettering.npz]

The shipped weights came of such fits in several sittings. A text counts by its best block at any size, a clean slice by the
blocks that look most written on, which are sought anew five times. The threshold is set by hand from what
`tests.bench.lettering` prints; copy OUT to builder/refrad2d/privacy/data.
"""

import argparse
import itertools
import time
from pathlib import Path
from typing import NamedTuple

import numpy as np
import torch
from torch import nn
from torch.nn import functional

from refrad2d.privacy.lettering import BORDER, CELL, KINDS, MAPS, Level, count_all, frame, place, sizes
from tests.bench.planted_text import HELD_REGIONS, Box, fonts, phantom_slices, plant, real_slices

SIDE = 16  # cells of a piece of a clean slice
MARGIN = 2  # cells around a text that are seen with it
WITHIN = (4.0, 28.0)  # pixels of a text's height at a size of the frame where it counts
TEXTS, PIECES = 24, (16, 88)  # texts a step, and pieces of clean slices: any, and such as look written on
SEEDS = 100_000, 200_000  # of patients with text and without
SWAPPED = np.arange(MAPS).reshape(-1, KINDS)[:, [0, 2, 1, 3]].ravel()  # ends across are ends down of a turned slice


class Net(nn.Module):
    """What `lettering.score` computes."""

    def __init__(self) -> None:
        super().__init__()
        self.cell, self.around = nn.Conv2d(MAPS, 16, 1), nn.Conv2d(32, 24, 3, padding=1)
        self.block, self.last = nn.Conv2d(24, 16, 1), nn.Conv2d(16, 1, 1)

    def forward(self, counts: torch.Tensor) -> torch.Tensor:
        """Counts (n, MAPS, rows, columns) → scores (n, rows / 2, columns / 2)."""
        cells = torch.relu(self.cell(torch.sqrt(counts.float() / CELL**2)))
        blocks = torch.cat([functional.max_pool2d(cells, 2), functional.avg_pool2d(cells, 2)], 1)
        return self.last(torch.relu(self.block(torch.relu(self.around(blocks)))))[:, 0]


class Text(NamedTuple):
    """Pieces of one planted slice, (MAPS, rows, columns) uint8, and the blocks of the text in each."""

    pieces: list[np.ndarray]
    blocks: list[np.ndarray]


def cut_text(counts: np.ndarray, levels: list[Level], box: Box) -> Text:
    """Around the text at each size of the frame where it is neither too small nor too large."""
    text = Text([], [])
    for n, level in enumerate(levels):
        x_min, y_min, x_max, y_max = (c / 2**n + BORDER for c in box)
        if not WITHIN[0] <= min(x_max - x_min, y_max - y_min) - 4 / 2**n <= WITHIN[1]:
            continue
        ends = [length // CELL for length in level.picture.shape]
        (top, bottom), (left, right) = (
            (max(0, int(low // CELL) // 2 * 2 - MARGIN), min(end, -int(-high // (2 * CELL)) * 2 + MARGIN))
            for low, high, end in ((y_min, y_max, ends[0]), (x_min, x_max, ends[1]))
        )
        here = np.zeros((ends[0] // 2, ends[1] // 2), bool)
        here[int(y_min // 16) : -int(-y_max // 16), int(x_min // 16) : -int(-x_max // 16)] = True
        text.pieces.append(counts[:, level.top + top : level.top + bottom, level.left + left : level.left + right])
        text.blocks.append(here[top // 2 : bottom // 2, left // 2 : right // 2])
    return text


def can_be_read(new: np.ndarray, old: np.ndarray, reach: float) -> bool:
    """False for a text so faint on what it lies on that no reader would find it."""
    contrast = np.percentile(np.abs(new.astype(float) - old), 90) * 255 / reach
    return contrast >= 20 and contrast > 1.2 * (old.std() * 255 / reach + 0.5)


def look_at(pixels: np.ndarray) -> tuple[np.ndarray, list[Level]]:
    """The counts of a slice and where its sizes stand among them."""
    levels = place([frame(picture) for picture in sizes(pixels)])
    return count_all(levels), levels


def draw_texts(number: int) -> list[Text]:
    """Planted slices of the fonts and regions that are not held out."""
    rng, texts = np.random.default_rng(SEEDS[0]), list[Text]()
    for region, pixels in phantom_slices(SEEDS[0]):
        if len(texts) == number:
            break
        if region in HELD_REGIONS or not (planted := plant(pixels, fonts("seen"), rng)):
            continue
        x_min, y_min, x_max, y_max = planted.box
        here = np.s_[y_min:y_max, x_min:x_max]
        if can_be_read(planted.frame[here], pixels[here], max(float(np.ptp(planted.frame)), 1.0)):
            text = cut_text(*look_at(planted.frame), planted.box)
            texts += [text] if text.pieces else []
    return texts


def draw_clean(number: int) -> list[np.ndarray]:
    """Counts of clean slices: the real volumes, and phantom slices of the regions that are not held out."""
    made = (pixels for region, pixels in phantom_slices(SEEDS[1]) if region not in HELD_REGIONS)
    real = [pixels for pixels in real_slices() if pixels.shape != (512, 512)]
    return [look_at(pixels)[0] for pixels in itertools.islice(itertools.chain(real, made), number)]


def piece(counts: np.ndarray, row: int, column: int) -> np.ndarray:
    """SIDE × SIDE cells around a cell, whole blocks, with nothing beyond the end."""
    top, left = (
        max(0, min(at - SIDE // 2, end - SIDE)) // 2 * 2
        for at, end in zip((row, column), counts.shape[1:], strict=True)
    )
    cut = counts[:, top : top + SIDE, left : left + SIDE]
    return np.pad(cut, [(0, 0), *((0, SIDE - length) for length in cut.shape[1:])])


@torch.no_grad()
def most_written(net: Net, counts: np.ndarray, most: int = 8) -> list[np.ndarray]:
    """The pieces of a clean slice that look most written on."""
    scores, found = net(torch.from_numpy(counts[None]))[0].numpy(), list[np.ndarray]()
    scores[[0, -1]] = scores[:, [0, -1]] = -np.inf
    while len(found) < most and np.isfinite(scores.max()):
        row, column = np.unravel_index(scores.argmax(), scores.shape)
        found.append(piece(counts, 2 * int(row), 2 * int(column)))
        scores[max(0, row - 2) : row + 3, max(0, column - 2) : column + 3] = -np.inf
    return found


def turn(
    counts: torch.Tensor, blocks: torch.Tensor | None, rng: np.random.Generator
) -> tuple[torch.Tensor, torch.Tensor | None]:
    """On its side or mirrored, at random."""
    if rng.random() < 0.5:
        counts = counts[:, SWAPPED].transpose(2, 3)
        blocks = blocks.transpose(1, 2) if blocks is not None else None
    for axis in (1, 2):
        if rng.random() < 0.5:
            counts, blocks = counts.flip(axis + 1), blocks.flip(axis) if blocks is not None else None
    return counts, blocks


def best_of_texts(net: Net, texts: list[Text], rng: np.random.Generator) -> torch.Tensor:
    """The highest score of a block of each text."""
    best = []
    for text in texts:
        scores = []
        for counts, blocks in zip(text.pieces, text.blocks, strict=True):
            seen, here = turn(torch.from_numpy(counts[None]), torch.from_numpy(blocks[None]), rng)
            scores.append(net(seen)[here])
        best.append(torch.cat(scores).max())
    return torch.stack(best)


def fit(net: Net, texts: list[Text], clean: list[np.ndarray], seconds: float) -> None:
    """Fit for so many CPU seconds."""
    rng, begun, mined, written = np.random.default_rng(0), time.process_time(), 0, list[np.ndarray]()
    optimizer = torch.optim.Adam(net.parameters())
    easy = [piece(one, *(int(rng.integers(end)) for end in one.shape[1:])) for one in clean for _ in range(6)]
    while (gone := (time.process_time() - begun) / seconds) < 1:
        if gone * 5 >= mined:
            written, mined = (
                [*itertools.chain(*(most_written(net, one) for one in clean)), *written][:20_000],
                mined + 1,
            )
        for group in optimizer.param_groups:
            group["lr"] = 2e-3 * (0.5 + 0.5 * np.cos(np.pi * gone)) + 3e-5
        some = [texts[n] for n in rng.integers(len(texts), size=TEXTS)]
        pieces = [
            pool[n]
            for pool, number in zip((easy, written), PIECES, strict=True)
            for n in rng.integers(len(pool), size=number)
        ]
        seen, _ = turn(torch.from_numpy(np.stack(pieces)), None, rng)
        highest = net(seen)[:, 1:-1, 1:-1].flatten(1).topk(4, 1).values
        loss = (
            functional.softplus(3 - best_of_texts(net, some, rng)).mean()
            + 1.2 * functional.softplus(highest + 3).mean()
        )
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()


def export(net: Net) -> dict[str, np.ndarray]:
    """As `lettering.load_weights` reads them; totals stand there for means of four cells."""
    state = {name: value.numpy() for name, value in net.state_dict().items()}
    weights = {name: state[f"{name}.weight"][:, :, 0, 0] for name in ("cell", "block", "last")}
    weights |= {f"{name}.bias": state[f"{name}.bias"][:, None] for name in ("cell", "around", "block", "last")}
    around = state["around.weight"].transpose(2, 3, 0, 1).reshape(9, 24, 32).copy()
    around[:, :, 16:] /= 4
    return {**weights, "around": around, "threshold": np.zeros(1, np.float32)}


def main() -> None:
    """Draw, fit, write."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--planted", type=int, default=3500)
    parser.add_argument("--clean", type=int, default=1900)
    parser.add_argument("--seconds", type=float, default=400)
    parser.add_argument("--out", type=Path, default=Path("build/lettering.npz"))
    given = parser.parse_args()
    torch.manual_seed(0)
    net = Net()
    fit(net, draw_texts(given.planted), draw_clean(given.clean), given.seconds)
    np.savez(given.out, **export(net))


if __name__ == "__main__":
    main()
