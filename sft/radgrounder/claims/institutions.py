"""The two synthetic institutions of the ablations, and what of them each arm is trained on.

>>> folders = make_institutions(options)
>>> examples = arm_examples(arm, folders, options.vqa_rad, codec, size=96)

The internal one has reports, boxes, masks and the questions of a build. The external one is another hospital with other
scanners, which has questions only, few pictures, and asks in words of its own (`manners`), as public sets do; VQA-RAD
may stand beside it. Everything is in English.
"""

import io
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from radgrounder.benchmarks.refrad2d import read_split
from radgrounder.claims.arms import EXTERNAL_EVERY, MASKS, PLAIN, Ablations, Arm
from radgrounder.claims.fit import Example
from radgrounder.claims.manners import ask_otherwise
from radgrounder.masks.codec import MaskCodec
from radgrounder.pretraining.heldout import write_heldout
from radgrounder.pretraining.turns import Turn, is_in, task_of
from radgrounder.training.mask_rows import codes_of
from radgrounder.training.mixtures import group_pictures, read_vqa_rad
from radgrounder.training.plain import plain_turn
from refrad2d.conversations import conversations, mask_conversations
from refrad2d.rows import Message

INTERNAL, EXTERNAL = "internal", "external"
TRAINING_SLICES = {INTERNAL: 4, EXTERNAL: 1}  # of a patient
LANGUAGE = "en"


def make_institutions(options: Ablations) -> dict[str, Path]:
    """Both folders, drawn unless they stand: datasets with test and train patients."""
    folders = {name: options.out / name for name in TRAINING_SLICES}
    sites = {INTERNAL: options.site, EXTERNAL: options.external_site}
    for name, folder in folders.items():
        if not folder.exists():
            folder.parent.mkdir(parents=True, exist_ok=True)
            asked = partial(ask_otherwise, manner=options.manner) if name == EXTERNAL else list
            write_heldout(
                folder, sites=(sites[name],), regions=(options.region,), patients=options.patients,
                slices={"test": options.test_slices, "train": TRAINING_SLICES[name]}, asked=asked,
            )  # fmt: skip
    return folders


def arm_examples(
    arm: Arm, folders: Mapping[str, Path], vqa_rad: Path | None, codec: MaskCodec | None, *, size: int
) -> list[Example]:
    """The pictures of an arm, `size` pixels wide, with their turns. ValueError for masks without a codec."""
    internal, external = list[Example](), list[Example]()
    if arm.internal:
        internal = list(internal_examples(read_grounded(folders[INTERNAL], "train"), arm.form, codec, size))
    if arm.external:
        external = list(external_examples(read_grounded(folders[EXTERNAL], "train"), size))
        if vqa_rad:
            external = interleave(external, list(vqa_rad_examples(vqa_rad, size)), every=2)
    mixed = arm.internal and arm.external
    return interleave(internal, external, every=EXTERNAL_EVERY) if mixed else internal + external


def interleave(first: Sequence[Example], second: Sequence[Example], *, every: int) -> list[Example]:
    """All of `first` with one of `second` after each `every` - 1 of it; `second` comes again when it is used up, and
    what is left of it is left out. ValueError if there is no second."""
    if not second:
        raise ValueError("There is no external picture to mix in. Take more patients.")
    mixed: list[Example] = []
    for number, one in enumerate(first):
        mixed.append(one)
        if (number + 1) % (every - 1) == 0:
            mixed.append(second[(number // (every - 1)) % len(second)])
    return mixed


def read_grounded(folder: Path, split: str) -> list[dict[str, Any]]:
    """Slices with objects, masks, reports and questions. ValueError if the dataset has none."""
    grounded, vqa = (read_split(str(folder), config, split) for config in ("grounded", "vqa"))
    if not grounded or not vqa:
        raise ValueError(f"{folder.name} has no {split} slices with reports. Delete it and take more patients.")
    asked = dict(zip(vqa["id"], vqa["vqa"], strict=True))
    return [{**row, "vqa": asked.get(row["id"], [])} for row in grounded]


def internal_examples(
    slices: Iterable[Mapping[str, Any]], form: str, codec: MaskCodec | None, size: int
) -> Iterator[Example]:
    """A slice with all its turns in this form."""
    if form == MASKS and codec is None:
        raise ValueError("Masks as text need a codec. Give one of `sft/train_codec.py`.")
    for row in slices:
        if turns := list(turns_of(row, form, codec)):
            yield Example(shrink(row["image"], size), turns)


def turns_of(row: Any, form: str, codec: MaskCodec | None = None) -> Iterator[Turn]:
    """The English turns of a slice in the form of an arm: boxes, masks in their place, or plain text."""
    asked = list(conversations(row))
    if form == MASKS and codec:
        questions = [one for one in asked if task_of(*_texts(one)) == "question"]
        whole: Any = {**row, "vqa": []}
        asked = [*mask_conversations(whole, codes_of(row, codec)), *questions]
    for messages in asked:
        turn = _texts(messages)
        kept = plain_turn(*turn) if form == PLAIN else turn
        if kept and is_in(LANGUAGE, kept[0]):
            yield kept


def external_examples(slices: Iterable[Mapping[str, Any]], size: int) -> Iterator[Example]:
    """A slice with the external institution's questions alone."""
    for row in slices:
        turns = [t for t in turns_of({**row, "objects": [], "absent": []}, PLAIN) if task_of(*t) == "question"]
        if turns:
            yield Example(shrink(row["image"], size), turns)


def vqa_rad_examples(root: Path, size: int) -> Iterator[Example]:
    """A training picture of VQA-RAD with all its questions."""
    for group in group_pictures(read_vqa_rad(root)["train"]):
        picture = Image.open(io.BytesIO(group[0]["image"]["bytes"]))
        yield Example(shrink(picture, size), [_texts(row["messages"]) for row in group])


def shrink(picture: Image.Image, size: int) -> np.ndarray:
    """(size, size, 3) uint8."""
    return np.asarray(picture.convert("RGB").resize((size, size), Image.Resampling.BICUBIC))


def _texts(messages: Sequence[Message]) -> Turn:
    asked, answered = ("".join(part["text"] or "" for part in message["content"]) for message in messages)
    return asked, answered
