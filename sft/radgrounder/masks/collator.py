"""Rows of the `grounded` config as batches with masks, for `training.masks.MaskTrainer`.

>>> MaskCollator(processor, model, MaskShape.of(model.config))(rows)["mask_targets"].shape      # (N, size, size)
"""

from collections.abc import Mapping, Sequence
from hashlib import sha256
from typing import Any

import numpy as np
import torch

from radgrounder.masks.answers import attention_of, encode_answers
from radgrounder.masks.shape import MaskShape
from radgrounder.masks.targets import Labels, as_mask, draw_lesson, has_mask, soft_target

STRUCTURES = 6  # asked for one by one, of each slice and step


class MaskCollator:
    """Draws a lesson of each row (`targets.draw_lesson`) by a hash of the ids in the batch: a batch is always taught
    the same, also by a run that goes on from a checkpoint, and a slice something else beside other slices.

    A batch has what the stock model takes (input_ids, labels, position_ids, attention_mask, pixel_values), and of each
    mention with a mask `mask_rows` and `mask_at` (N,), its row and its closing token, `mask_boxes` (N, 4) and
    `mask_targets` (N, size, size) in [0, 1]. The k-th mention of a text has the k-th target.
    """

    def __init__(self, processor: Any, model: Any, shape: MaskShape, *, structures: int = STRUCTURES) -> None:
        if structures < 1:
            raise ValueError(f"{structures} structures a slice teach nothing. Give 1 or more.")
        self.processor, self.shape, self.structures = processor, shape, structures
        self.dtype: torch.dtype = model.dtype
        self._attention = attention_of(model, processor)

    def __call__(self, rows: Sequence[Mapping[str, Any]]) -> dict[str, torch.Tensor]:
        """One sequence a row, padded on the right. ValueError if no row shows anything that can be asked for."""
        key = sha256("\n".join(str(row["id"]) for row in rows).encode()).digest()
        rng = np.random.default_rng(int.from_bytes(key[:8], "big"))
        drawn = [(row, draw_lesson(row, self.shape, rng, most=self.structures)) for row in rows]
        drawn = [(row, lesson) for row, lesson in drawn if lesson.turns]
        if not drawn:
            raise ValueError("No slice of the batch shows a structure. Give rows of the `grounded` config.")
        encoded = encode_answers(
            self.processor, [lesson.turns for _, lesson in drawn], self._attention, dtype=self.dtype
        )
        mentions: list[tuple[np.ndarray, Labels]] = []
        for row, lesson in drawn:
            mask = as_mask(row["mask"])
            mentions += [(mask, labels) for labels in lesson.labels]
        known = [n for n, (_, labels) in enumerate(mentions) if has_mask(labels)]
        targets = [soft_target(*mentions[n], self.shape.size) for n in known]
        images = [_as_rgb(row["image"]) for row, _ in drawn]
        return {
            **encoded.inputs,
            "pixel_values": self.processor.image_processor(images, return_tensors="pt")["pixel_values"],
            "mask_rows": encoded.rows[known],
            "mask_at": encoded.at[known],
            "mask_boxes": encoded.boxes[known],
            "mask_targets": torch.from_numpy(np.stack(targets)) if targets else torch.zeros(0, *2 * [self.shape.size]),
        }


def _as_rgb(picture: Any) -> Any:
    return picture.convert("RGB") if hasattr(picture, "convert") else picture
