"""Teaching the codec of masks: crops of a dataset's structures, a book of codes that follows the vectors.

>>> round_trip_iou(fit(structures_of(rows)), structures_of(others)).mean()

`sft/train_codec.py` is the script.
"""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import torch
from safetensors.torch import load_file, save_file

from radgrounder.masks.codec import CODES, MaskCodec, crop, reconstruction_loss
from radgrounder.masks.targets import as_mask, select
from refrad2d.boxes import visible
from refrad2d.grounding import snap
from refrad2d.windows import resize_mask

STEPS, BATCH, RATE = 1500, 64, 2e-3
KEEP = 0.98  # of what a code has been, each step
DEAD = 0.3  # a code with less than this many vectors a step, on average, starts anew at one of them
COMMITMENT = 0.25  # how much vectors are drawn to their codes, beside what the crops cost (van den Oord et al. 2017)


class Structures(NamedTuple):
    """Masks (N, 224, 224) bool and their boxes (N, 4), xyxy in [0, 1], as the markup has them."""

    masks: torch.Tensor
    boxes: torch.Tensor


def structures_of(rows: Iterable[Mapping[str, Any]]) -> Structures:
    """The visible structures of rows of the `grounded` config. ValueError if there are none."""
    masks, boxes = [], []
    for row in rows:
        small = resize_mask(as_mask(row["mask"]))
        for found in visible(row["objects"]):
            masks.append(select(small, (found["label"],)))
            boxes.append(snap(found["box"]))
    if not masks:
        raise ValueError("No row shows a structure. Give rows of the `grounded` config.")
    return Structures(torch.from_numpy(np.stack(masks)), torch.tensor(boxes, dtype=torch.float32))


def fit(shown: Structures, *, steps: int = STEPS, seed: int = 0) -> MaskCodec:
    """A codec taught on these structures, mirrored at random in both axes; the same arguments give the same weights."""
    torch.manual_seed(seed)
    codec = MaskCodec()
    crops = torch.cat([crop(*part) for part in zip(shown.masks.split(256), shown.boxes.split(256), strict=True)])
    counts, sums = torch.ones(CODES), codec.book.clone()
    optimizer = torch.optim.AdamW(codec.parameters(), lr=RATE, weight_decay=1e-4)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, RATE, total_steps=steps + 1, pct_start=0.05)
    for _ in range(steps):
        batch = crops[torch.randint(len(crops), (BATCH,))]
        batch = batch.flip([axis for axis in (1, 2) if torch.rand(()) < 0.5])
        vectors = codec.vectors(batch)
        codes = codec.nearest(vectors.detach())
        rounded = codec.book[codes]
        drawn = codec.draw(vectors + (rounded - vectors).detach())
        loss = reconstruction_loss(drawn, batch) + COMMITMENT * (vectors - rounded.detach()).square().mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        schedule.step()
        follow(codec.book, counts, sums, vectors.detach().flatten(0, 1), codes.flatten())
    return codec.eval()


def follow(
    book: torch.Tensor, counts: torch.Tensor, sums: torch.Tensor, vectors: torch.Tensor, codes: torch.Tensor
) -> None:
    """Move each code of the book (128, depth) to the running mean of its vectors (M, depth), in place; codes that
    hardly have any start anew at a vector drawn at random."""
    mine = torch.nn.functional.one_hot(codes, CODES).float()
    counts.mul_(KEEP).add_(mine.sum(0), alpha=1 - KEEP)
    sums.mul_(KEEP).add_(mine.T @ vectors, alpha=1 - KEEP)
    dead = counts < DEAD
    if dead.any():
        sums[dead] = vectors[torch.randint(len(vectors), (int(dead.sum()),))]
        counts[dead] = 1.0
    book.copy_(sums / counts[:, None])


def round_trip_iou(codec: MaskCodec, shown: Structures) -> np.ndarray:
    """(N,) mask IoU of each structure with what its codes give back in its box, at the size of its mask."""
    found = []
    for masks, boxes in zip(shown.masks.split(256), shown.boxes.split(256), strict=True):
        back = codec.decode(codec.encode(masks, boxes), boxes, (masks.shape[1], masks.shape[2]))
        both, either = (back & masks).sum((1, 2)), (back | masks).sum((1, 2))
        found.append(both / either.clamp_min(1))
    return torch.cat(found).numpy()


def save_codec(codec: MaskCodec, path: Path) -> None:
    """Write the weights in half precision."""
    save_file({name: tensor.half().contiguous() for name, tensor in codec.state_dict().items()}, path)


def load_codec(path: Path) -> MaskCodec:
    """The codec of a file that `save_codec` wrote."""
    codec = MaskCodec()
    codec.load_state_dict({name: tensor.float() for name, tensor in load_file(path).items()})
    return codec.eval()
