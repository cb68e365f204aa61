"""What the image tower makes of pictures, kept for the last ones: a picture is looked at once, however often asked.

>>> PictureFeatures(model, kept=128).look([key], pixel_values).shape     # (1, image tokens, width)
"""

from collections import OrderedDict
from collections.abc import Sequence
from hashlib import sha256
from typing import Any

import torch
from PIL import Image


class PictureFeatures:
    """The tower of a model and the features of the last `kept` pictures; with 0 nothing of a picture stays."""

    def __init__(self, model: Any, *, kept: int) -> None:
        if kept < 0:
            raise ValueError(f"{kept} pictures cannot be kept. Give 0, which keeps none, or more.")
        self.model, self.kept = model, kept
        self._features: OrderedDict[bytes, torch.Tensor] = OrderedDict()

    def __len__(self) -> int:
        """How many pictures are kept now."""
        return len(self._features)

    def clear(self) -> None:
        """Forget all pictures."""
        self._features.clear()

    def look(self, keys: Sequence[bytes], pixel_values: torch.Tensor) -> torch.Tensor:
        """The features of the pictures, (batch, image tokens, width); only new ones go through the tower.

        `keys` tell pictures apart (`picture_key`), `pixel_values` are (batch, channels, rows, columns).
        """
        new = {key: row for row, key in enumerate(keys) if key not in self._features}
        if new:
            pixels = pixel_values[list(new.values())].to(self.model.device, self.model.dtype)
            with torch.inference_mode():
                features = self.model.get_image_features(pixels).pooler_output
            self._features.update(zip(new, features, strict=True))
        for key in keys:
            self._features.move_to_end(key)
        stacked = torch.stack([self._features[key] for key in keys])
        while len(self._features) > self.kept:
            self._features.popitem(last=False)
        return stacked


def picture_key(image: Image.Image) -> bytes:
    """What tells a picture from others: the hash of mode, size and pixels."""
    return sha256(f"{image.mode} {image.size}".encode() + image.tobytes()).digest()
