"""One image, many answers: a picture with all its conversations as one training sample.

    >>> train = pack(load_dataset("build/demo/dataset/refrad2d", "sft", split="train"), most=16)
    >>> trainer = PackedTrainer(model, args, data_collator=PackedCollator(processor), train_dataset=train)

Every conversation is a branch behind the image (`branches`). With image-only attention this gives the loss of separate
samples; with the stock prompt attention it cannot, since there image tokens see the question. `sft/train_packed.py` is
the script.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from hashlib import sha256
from itertools import groupby
from typing import Any

import torch
from datasets import Dataset, Image, List, load_dataset
from trl import ModelConfig, ScriptArguments, SFTConfig, SFTTrainer, get_peft_config

from radgrounder.models.branches import BranchedSequence, image_attention, join, to_batch
from radgrounder.models.processing import IMAGE_ATTENTION
from radgrounder.training.loading import load_trained
from refrad2d.rows import Message
from refrad2d.schema import describe, feature


def pack(rows: Dataset, *, most: int) -> Dataset:
    """Rows of the sft config with neighbouring conversations about one picture joined, at most `most` a sample.

    `messages` becomes the conversations one after the other; each begins with the user turn that holds the image.
    `length` is their sum. 0 is for rows that `radgrounder mix cap --packed` packed: they stay on disk as they are,
    where joining others holds all their texts in memory. ValueError if `most` is negative.
    """
    if most < 0:
        raise ValueError(f"At most {most} conversations a sample leaves none. Give 1 or more, or 0 for packed rows.")
    if most == 0:
        return rows
    pictures = (row["image"] for row in rows.select_columns("image").cast_column("image", Image(decode=False)))
    groups = list(_group([_digest(picture) for picture in pictures], most))
    messages, lengths = rows["messages"][:], rows["length"][:]
    joined = [[message for n in group for message in messages[n]] for group in groups]
    first = rows.select([group[0] for group in groups]).select_columns("image")
    packed = first.add_column("messages", joined, feature=List(feature(describe(Message))))
    return packed.add_column("length", [sum(lengths[n] for n in group) for group in groups])


def _digest(picture: dict[str, Any]) -> bytes:
    return sha256(picture["bytes"] or str(picture["path"]).encode()).digest()


def _group(keys: Sequence[bytes], most: int) -> Iterator[list[int]]:
    """The numbers of equal neighbours, cut to `most`."""
    for _, numbers in groupby(range(len(keys)), key=keys.__getitem__):
        run = list(numbers)
        yield from (run[start : start + most] for start in range(0, len(run), most))


def split_branches(messages: Sequence[dict[str, Any]]) -> list[list[dict[str, Any]]]:
    """The conversations of a sample: a new one begins at every user turn that holds an image."""
    branches: list[list[dict[str, Any]]] = []
    for message in messages:
        if not branches or _shows_image(message):
            branches.append([])
        branches[-1].append(message)
    return branches


def _shows_image(message: dict[str, Any]) -> bool:
    return not isinstance(message["content"], str) and any(part["type"] == "image" for part in message["content"])


class PackedCollator:
    """Rows of `pack` as a batch for the stock model: input_ids, labels, position_ids (batch, length), a float
    attention_mask (batch, 1, length, length) and pixel_values. ValueError if the processor's attention is not "image".
    """

    def __init__(self, processor: Any, *, dtype: torch.dtype = torch.float32) -> None:
        if getattr(processor, "attention", None) != IMAGE_ATTENTION:
            raise ValueError(
                "The base was not prepared for packing: its image tokens see the prompt. "
                "Run `radgrounder prepare BASE OUT --attention image`."
            )
        self.processor, self.dtype = processor, dtype

    def __call__(self, rows: Sequence[dict[str, Any]]) -> dict[str, torch.Tensor]:
        """One sequence a row, padded on the right."""
        sequences = [self._join(row["messages"]) for row in rows]
        pad_token = self.processor.tokenizer.pad_token_id
        batch = to_batch(
            sequences, image_attention(self.processor.image_token_id), pad_token=pad_token, dtype=self.dtype
        )
        images = [row["image"] if "image" in row else row["images"][0] for row in rows]
        return {**batch, "pixel_values": self.processor.image_processor(images, return_tensors="pt")["pixel_values"]}

    def _join(self, messages: Sequence[dict[str, Any]]) -> BranchedSequence:
        batch = self.processor.apply_chat_template(
            split_branches(messages), tokenize=True, return_dict=True, return_assistant_tokens_mask=True,
            processor_kwargs={"padding_side": "right"},
        )  # fmt: skip
        lengths = [sum(mask) for mask in batch["attention_mask"]]
        pairs = zip(batch["input_ids"], batch["assistant_masks"], lengths, strict=True)
        return join([(ids[:n], supervised[:n]) for ids, supervised, n in pairs], self.processor.image_seq_length + 1)


class PackedTrainer(SFTTrainer):
    """TRL's trainer without its token count, which would add up the numbers of a float mask."""

    def log(self, logs: dict[str, float], *args: Any, **kwargs: Any) -> None:
        """As TRL's, `num_tokens` left out."""
        for metrics in self._metrics.values():
            metrics.pop("num_tokens", None)
        super().log(logs, *args, **kwargs)


@dataclass
class PackingArguments:
    """Beside TRL's own.

    `answers_per_sample`: at most so many conversations about a picture in one sample; 0 for rows that `radgrounder mix
    cap --packed` made. `frozen_tower`: the vision tower is not trained, as in the paper.
    """

    answers_per_sample: int = 16
    frozen_tower: bool = False


def train(script: ScriptArguments, training: SFTConfig, model_config: ModelConfig, packing: PackingArguments) -> None:
    """Load, pack, train, save: a run of a packed recipe."""
    model: Any
    model, processor = load_trained(model_config, trust_remote_code=training.trust_remote_code)
    if packing.frozen_tower:
        model.model.vision_tower.requires_grad_(False)
    rows = load_dataset(script.dataset_name, script.dataset_config)
    judged = training.eval_strategy != "no"
    trainer = PackedTrainer(
        model,
        training,
        data_collator=PackedCollator(processor, dtype=model.dtype),
        train_dataset=pack(rows[script.dataset_train_split], most=packing.answers_per_sample),
        eval_dataset=pack(rows[script.dataset_test_split], most=packing.answers_per_sample) if judged else None,
        processing_class=processor,
        peft_config=get_peft_config(model_config),
    )
    trainer.train(resume_from_checkpoint=training.resume_from_checkpoint)
    trainer.save_model(training.output_dir)
