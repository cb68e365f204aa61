"""Masks of answers that are written already: one more pass over picture, prompt and answer, the text stays as it is.

>>> reader = MaskReader(model, processor, head)
>>> [masks] = reader.read([image], [[(prompt, markup)]], [(512, 512)])      # one for each mention, in their order
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from PIL import Image
from torch.nn import functional

from radgrounder.masks.answers import EncodedAnswers, Turn, attention_of, encode_answers
from radgrounder.masks.release_head import ReleaseHead
from radgrounder.masks.storage import AnyHead, require_fit
from radgrounder.models.branches import whole_attention


class MaskReader:
    """A model with its processor and a head. ValueError if the head is for another shape of model.

    A converted head of the release was taught by stock PaliGemma, whose image sees the question: it gets every turn
    alone, and the tower's own tokens.
    """

    def __init__(self, model: Any, processor: Any, head: AnyHead) -> None:
        require_fit(head, model.config)
        self.model, self.processor = model.eval(), processor
        self.head = head.eval().to(model.device)
        self._released = isinstance(head, ReleaseHead)
        self._attention = whole_attention if self._released else attention_of(model, processor)

    def read(
        self,
        images: Sequence[Image.Image],
        turns: Sequence[Sequence[Turn]],
        sizes: Sequence[tuple[int, int]],
    ) -> list[list[np.ndarray]]:
        """For each picture the masks of all mentions of its turns (prompt, answer as markup), in the order of turns and
        text, each (rows, columns) bool of the size given. A mask may have no pixel."""
        if self._released and any(len(own) > 1 for own in turns):
            alone = [(n, turn) for n, own in enumerate(turns) for turn in own]
            numbers = [n for n, _ in alone]
            drawn = self.read([images[n] for n in numbers], [[turn] for _, turn in alone], [sizes[n] for n in numbers])
            return [
                [mask for m, own in zip(numbers, drawn, strict=True) if m == n for mask in own]
                for n in range(len(images))
            ]
        asked = [n for n, own in enumerate(turns) if own]
        found: list[list[np.ndarray]] = [[] for _ in images]
        if not asked:
            return found
        encoded = encode_answers(self.processor, [turns[n] for n in asked], self._attention, dtype=self.model.dtype)
        if not len(encoded.rows):
            return found
        logits = self._logits([images[n] for n in asked], encoded)
        for row, own in zip(encoded.rows.tolist(), logits, strict=True):
            picture = asked[row]
            found[picture].append(enlarge(own, sizes[picture]))
        return found

    def _logits(self, images: Sequence[Image.Image], encoded: EncodedAnswers) -> torch.Tensor:
        device = self.model.device
        batch = {name: tensor.to(device) for name, tensor in encoded.inputs.items() if name != "labels"}
        pixels = self.processor.image_processor(list(images), return_tensors="pt")["pixel_values"].to(device)
        with torch.inference_mode():
            outputs = self.model.model(**batch, pixel_values=pixels.to(self.model.dtype), use_cache=False)
            rows, at = encoded.rows.to(device), encoded.at.to(device)
            states, tokens = outputs.last_hidden_state[rows, at].float(), outputs.image_hidden_states
            if self._released:
                tokens = self.model.model.vision_tower(pixels.to(self.model.dtype)).last_hidden_state
            masks: torch.Tensor = self.head(states, tokens.float(), pixels.float(), rows, encoded.boxes.to(device))
        return masks.cpu()


def enlarge(logits: torch.Tensor, size: tuple[int, int]) -> np.ndarray:
    """A mask (rows, columns) bool of logits of any size: bilinear, then above 0 (a probability of one half)."""
    whole = functional.interpolate(logits[None, None].float(), size=size, mode="bilinear", align_corners=False)
    return (whole[0, 0] > 0).numpy()
