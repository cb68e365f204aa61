"""Rows that teach masks as text: a slice with its answers, whose spans have the codes of their masks behind them.

    radgrounder mix masks build/masks/data build/masks/rows --codec build/masks/codec.safetensors
    >>> rows = mask_rows(load_dataset("build/masks/data", "grounded", split="train"), load_codec(path), Asked())

Beside what asks for masks stand the usual answers with boxes alone, so that a model keeps them. A slice is one row, as
`radgrounder mix cap --packed` makes them, for `sft/train_packed.py`.
"""

import io
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

from radgrounder.masks.codec import MaskCodec
from radgrounder.masks.targets import as_mask, has_mask, select
from refrad2d.boxes import visible
from refrad2d.conversations import Codes, conversations, mask_conversations, sft_row, spans_of
from refrad2d.grounding import snap
from refrad2d.mixture import Mixture, choose
from refrad2d.rows import Message
from refrad2d.windows import resize_mask

Row = Mapping[str, Any]
Key = tuple[str, ...]  # the labels of a mention, sorted: its mask is their union


@dataclass(frozen=True)
class Asked:
    """Of each slice at most: `structures` asked for with masks, `places` with boxes alone, `absent` ones in each form;
    and one report in each form."""

    structures: int = 8
    places: int = 3
    absent: int = 1


def mask_rows(rows: Iterable[Row], codec: MaskCodec, asked: Asked, *, draws: int = 1) -> Iterator[Row]:
    """One row of the sft config for each slice and draw, drawn by a hash of its id, those of a draw behind each other.

    `rows` are of the config `grounded`; a slice without anything to ask for has no row.
    """
    rows = list(rows) if draws > 1 else rows
    with_masks = Mixture(report=1, question=0, place=asked.structures, absent=asked.absent)
    with_boxes = Mixture(report=1, question=1, place=asked.places, absent=asked.absent)
    for draw in range(draws):
        for row in rows:
            masked, boxed = _conversations(row, codec)
            turns = [masked[number] for number in choose(masked, row["id"], with_masks, draw=draw)]
            turns += [boxed[number] for number in choose(boxed, row["id"], with_boxes, draw=draw)]
            if turns:
                yield sft_row(_as_png(row), [message for one in turns for message in one])


def _conversations(row: Row, codec: MaskCodec) -> tuple[list[list[Message]], list[list[Message]]]:
    """All conversations of a slice that ask for masks, and all others. Questions are in another config."""
    whole: Any = {**row, "vqa": []}
    return list(mask_conversations(whole, codes_of(row, codec))), list(conversations(whole))


def codes_of(row: Row, codec: MaskCodec) -> Codes:
    """What `conversations.mask_conversations` asks for the codes of a mention; () for what has no pixel."""
    known = encode(row, codec)
    return lambda labels, _: known.get(_key(labels), ())


def encode(row: Row, codec: MaskCodec) -> dict[Key, tuple[int, ...]]:
    """The codes of what a slice shows and of what its reports mention, by their labels; without what has no pixel."""
    small, boxes = resize_mask(as_mask(row["mask"])), dict[Key, Any]()
    for found in visible(row["objects"]):
        boxes[_key((found["label"],))] = found["box"]
    for report in row["report"].values():
        for span in spans_of(report["spans"]) if report else []:
            if has_mask(span.labels):
                boxes.setdefault(_key(span.labels), span.box)
    masks = {key: select(small, key) for key in boxes}
    seen = [key for key, mask in masks.items() if mask.any()]
    if not seen:
        return {}
    stacked = torch.from_numpy(np.stack([masks[key] for key in seen]))
    codes = codec.encode(stacked, torch.tensor([snap(boxes[key]) for key in seen], dtype=torch.float32))
    return {key: tuple(own) for key, own in zip(seen, codes.tolist(), strict=True)}


def _key(labels: Iterable[str]) -> Key:
    return tuple(sorted(set(labels)))


def _as_png(row: Row) -> dict[str, Any]:
    buffer = io.BytesIO()
    row["image"].save(buffer, "PNG")
    return {"bytes": buffer.getvalue(), "path": f"{row['id']}.png"}
