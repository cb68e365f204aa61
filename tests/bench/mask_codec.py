"""Masks as 16 codes: IoU after a round trip on new patients, and masks a second each way, one thread, batched.

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


if __name__ == "__main__":
    main(*sys.argv[1:])
