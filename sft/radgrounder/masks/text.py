"""Masks that a model writes as text: sixteen codes behind a span, read by the codec inside the span's box.

    >>> reader = CodeReader(load_model_codec("build/masks/text-model"))
    >>> [masks] = reader.read([image], [[(prompt, markup)]], [(512, 512)])      # one for each span, in their order

The same call as `masks.reader.MaskReader`, without a pass of the model: what it wrote says it all.
"""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from PIL import Image

from radgrounder.masks.answers import Turn
from radgrounder.masks.codec import MaskCodec
from radgrounder.masks.codec_training import load_codec
from radgrounder.masks.storage import find_file
from radgrounder.models.release import MASK_CODEC
from refrad2d.grounding import parse


def load_model_codec(model: str | Path) -> MaskCodec | None:
    """The codec of a model folder or Hub name, None if it has none: then it does not write masks."""
    path = find_file(model, MASK_CODEC)
    return load_codec(path) if path else None


class CodeReader:
    """Reads the codes behind the spans of answers."""

    def __init__(self, codec: MaskCodec) -> None:
        self.codec = codec

    def read(
        self,
        images: Sequence[Image.Image],
        turns: Sequence[Sequence[Turn]],
        sizes: Sequence[tuple[int, int]],
    ) -> list[list[np.ndarray]]:
        """For each picture the masks of all spans of its turns, in the order of turns and text, each (rows, columns)
        bool of the size given; without a pixel where a span has no codes."""
        return [self._read(own, size) for own, size in zip(turns, sizes, strict=True)]

    def _read(self, turns: Sequence[Turn], size: tuple[int, int]) -> list[np.ndarray]:
        spans = [span for _, markup in turns for span in parse(markup).spans]
        masks = [np.zeros(size, dtype=bool) for _ in spans]
        written = [n for n, span in enumerate(spans) if span.codes]
        if written:
            codes = torch.tensor([spans[n].codes for n in written])
            boxes = torch.tensor([spans[n].box for n in written], dtype=torch.float32)
            for n, mask in zip(written, self.codec.decode(codes, boxes, size).numpy(), strict=True):
                masks[n] = mask
        return masks
