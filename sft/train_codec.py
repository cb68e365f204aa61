"""A codec of masks, 16 codes of 128, taught on the training patients of a dataset and judged on its test patients.

python sft/train_codec.py build/masks/data build/masks/codec.safetensors
"""

import sys
from pathlib import Path

from datasets import load_dataset

from radgrounder.masks.codec_training import STEPS, fit, load_codec, round_trip_iou, save_codec, structures_of


def main(data: str, out: str, steps: int = STEPS) -> None:
    """Teach a codec on the training patients of a dataset, and print what is left of the masks of its test patients."""
    rows = load_dataset(data, "grounded")
    codec = fit(structures_of(rows["train"]), steps=steps)
    save_codec(codec, Path(out))
    found = round_trip_iou(load_codec(Path(out)), structures_of(rows["test"]))
    print(f"IoU of {len(found)} masks of new patients after 16 codes: {found.mean():.4f}")


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], *map(int, sys.argv[3:]))
