"""Masks as 16 codes: IoU after a round trip on new patients, and masks a second each way, one thread, batched; and how
much of a mask is left where a model does not write the right codes.

python -m tests.bench.mask_codec build/masks/data build/masks/codec.safetensors
"""

import sys
import time
from pathlib import Path

import torch
from datasets import load_dataset

from radgrounder.masks.codec_training import load_codec, round_trip_iou, structures_of

BATCH = 128


def rate(work, batches):
    """Masks a CPU second."""
    began = time.process_time()
    done = [work(*batch) for batch in batches]
    return sum(map(len, done)) / (time.process_time() - began), done


def iou_of(codec, codes, shown):
    """The mean IoU of masks with what these codes (N, 16) give in their boxes."""
    found = []
    for own, masks, boxes in zip(codes.split(BATCH), *(part.split(BATCH) for part in shown), strict=True):
        back = codec.decode(own, boxes, (224, 224))
        found.append((back & masks).sum((1, 2)) / (back | masks).sum((1, 2)).clamp_min(1))
    return float(torch.cat(found).mean())


def main(data, weights):
    torch.set_num_threads(1)
    codec, shown = load_codec(Path(weights)), structures_of(load_dataset(data, "grounded", split="test"))
    batches = list(zip(shown.masks.split(BATCH), shown.boxes.split(BATCH), strict=True))
    for _ in range(2):  # the first time warms up
        encoded, codes = rate(codec.encode, batches)
        decoded, _ = rate(
            lambda c, b: codec.decode(c, b, (224, 224)), list(zip(codes, shown.boxes.split(BATCH), strict=True))
        )
    found = round_trip_iou(codec, shown)
    used = len(torch.unique(torch.cat(codes)))
    print(f"{len(found)} masks of new patients: IoU {found.mean():.4f}, {used} codes used, "
          f"encoded {encoded:.0f}/s, decoded {decoded:.0f}/s; {Path(weights).stat().st_size / 1e3:.0f} kB")  # fmt: skip
    torch.manual_seed(0)
    right = torch.cat(codes)
    likeliest = right.mode(dim=0).values.expand_as(right)
    spoiled = torch.where(torch.rand(right.shape) < 0.3, right[torch.randperm(len(right))], right)
    print(f"the likeliest code of each place for every mask: IoU {iou_of(codec, likeliest, shown):.3f}; "
          f"three in ten codes another mask's: {iou_of(codec, spoiled, shown):.3f}")  # fmt: skip


if __name__ == "__main__":
    main(*sys.argv[1:])
