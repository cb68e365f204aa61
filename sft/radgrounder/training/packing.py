"""One image, many answers: a picture with all its conversations as one training sample.

    >>> train = pack(load_dataset("build/demo/dataset/refrad2d", "sft", split="train"), most=16)
    >>> trainer = PackedTrainer(model, args, data_collator=PackedCollator(processor), train_dataset=train)

The image prefix stands once; every conversation is a branch that sees the prefix and itself, at the positions it would
have alone. With image-only attention this gives the loss of separate samples; with the stock prompt attention it
cannot, since image tokens would see every question. `sft/train_packed.py` is the script.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

import torch
from datasets import Dataset, Image, List
from trl import SFTTrainer

from radgrounder.models.processing import IMAGE_ATTENTION
from refrad2d.schema import MESSAGE

IGNORED = -100  # label of what is not trained


def pack(rows: Dataset, *, most: int) -> Dataset:
    """Rows of the sft config with neighbouring conversations about one picture joined, at most `most` a sample.

    `messages` becomes the conversations one after the other; each begins with the user turn that holds the image.
    `length` is their sum.
    """
    if most < 1:
        raise ValueError(f"At most {most} conversations a sample leaves none. Give 1 or more.")
    pictures = (row["image"] for row in rows.select_columns("image").cast_column("image", Image(decode=False)))
    groups = list(_group([_digest(picture) for picture in pictures], most))
    messages, lengths = rows["messages"][:], rows["length"][:]
    joined = [[message for n in group for message in messages[n]] for group in groups]
    first = rows.select([group[0] for group in groups]).select_columns("image")
    packed = first.add_column("messages", joined, feature=List(MESSAGE))
    return packed.add_column("length", [sum(lengths[n] for n in group) for group in groups])


def _digest(picture: dict[str, Any]) -> bytes:
    return sha256(picture["bytes"] or str(picture["path"]).encode()).digest()


def _group(keys: Sequence[bytes], most: int) -> Iterator[list[int]]:
    """Runs of equal neighbours, cut to `most`."""
    group: list[int] = []
    for n, key in enumerate(keys):
        if group and (keys[group[0]] != key or len(group) == most):
            yield group
            group = []
        group.append(n)
    if group:
        yield group


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


@dataclass(frozen=True)
class Sample:
    """One packed sequence: token ids, labels, 1-based positions, and the branch of each token (0 is the prefix)."""

    input_ids: torch.Tensor
    labels: torch.Tensor
    positions: torch.Tensor
    branches: torch.Tensor


def join(branches: Sequence[tuple[Sequence[int], Sequence[int]]], prefix: int) -> Sample:
    """A sample of (token ids, is it supervised) pairs whose first `prefix` tokens are the same.

    ValueError if they differ, or if there is no branch.
    """
    if len({tuple(ids[:prefix]) for ids, _ in branches}) != 1:
        raise ValueError(f"The first {prefix} tokens of the conversations differ. Pack conversations about one image.")
    ids, labels = list(branches[0][0][:prefix]), [IGNORED] * prefix
    positions, numbers = list(range(1, prefix + 1)), [0] * prefix
    for number, (own, supervised) in enumerate(branches, 1):
        ids += own[prefix:]
        labels += [token if s else IGNORED for token, s in zip(own[prefix:], supervised[prefix:], strict=True)]
        positions += range(prefix + 1, len(own) + 1)
        numbers += [number] * (len(own) - prefix)
    return Sample(*(torch.tensor(values, dtype=torch.long) for values in (ids, labels, positions, numbers)))


def attention(sample: Sample, image_token: int, length: int, dtype: torch.dtype) -> torch.Tensor:
    """(length, length) additive mask, rows see columns: 0 where seen, the smallest number of `dtype` elsewhere.

    Padding sees itself only: a row that sees nothing would turn into NaN.
    """
    branch, at = sample.branches, torch.arange(len(sample.branches))
    seen = (at[:, None] >= at[None]) & ((branch[None] == 0) | (branch[:, None] == branch[None]))
    is_image = sample.input_ids == image_token
    seen |= is_image[:, None] & is_image[None]
    whole = torch.eye(length, dtype=torch.bool)
    whole[: len(branch), : len(branch)] = seen
    return torch.zeros(length, length, dtype=dtype).masked_fill(~whole, torch.finfo(dtype).min)


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
        samples = [self._sample(row["messages"]) for row in rows]
        length = max(len(sample.input_ids) for sample in samples)
        token = self.processor.image_token_id
        masks = [attention(sample, token, length, self.dtype) for sample in samples]
        images = [row["image"] if "image" in row else row["images"][0] for row in rows]
        return {
            "input_ids": _pad([s.input_ids for s in samples], length, self.processor.tokenizer.pad_token_id),
            "labels": _pad([s.labels for s in samples], length, IGNORED),
            "position_ids": _pad([s.positions for s in samples], length, 1),
            "attention_mask": torch.stack(masks)[:, None],
            "pixel_values": self.processor.image_processor(images, return_tensors="pt")["pixel_values"],
        }

    def _sample(self, messages: Sequence[dict[str, Any]]) -> Sample:
        batch = self.processor.apply_chat_template(
            split_branches(messages), tokenize=True, return_dict=True, return_assistant_tokens_mask=True,
            processor_kwargs={"padding_side": "right"},
        )  # fmt: skip
        lengths = [sum(mask) for mask in batch["attention_mask"]]
        pairs = zip(batch["input_ids"], batch["assistant_masks"], lengths, strict=True)
        return join([(ids[:n], supervised[:n]) for ids, supervised, n in pairs], self.processor.image_seq_length + 1)


def _pad(rows: Sequence[torch.Tensor], length: int, value: int) -> torch.Tensor:
    return torch.stack([torch.nn.functional.pad(row, (0, length - len(row)), value=value) for row in rows])


class PackedTrainer(SFTTrainer):
    """TRL's trainer without its token count, which would add up the numbers of a float mask."""

    def log(self, logs: dict[str, float], *args: Any, **kwargs: Any) -> None:
        """As TRL's, `num_tokens` left out."""
        for metrics in self._metrics.values():
            metrics.pop("num_tokens", None)
        super().log(logs, *args, **kwargs)
