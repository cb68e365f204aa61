"""Answers about a picture as tokens, and which of these tokens close a mention: the k-th asks for mask k.

    >>> encoded = encode_answers(processor, [[(prompt, "<a span>liver</a span>")]], attention)
    >>> outputs.last_hidden_state[encoded.rows, encoded.at].shape      # (N, width), in the order of the text

All answers about a picture stand behind it as branches (`models.branches`), each as if it were alone, so that one pass
gives the states of them all. The image does not see the questions here, in training as in use.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple

import torch

from radgrounder.models.branches import Attention, image_attention, join, prompt_attention, to_batch
from radgrounder.models.processing import IMAGE_ATTENTION
from refrad2d.grounding import Box, closings, parse

WHOLE: Box = (0.0, 0.0, 1.0, 1.0)

Turn = tuple[str, str]  # prompt, answer as markup


class EncodedAnswers(NamedTuple):
    """Inputs of a model without its pictures, with `labels`; for each mention (N,) its row and its token, and (N, 4)
    its box, which is the whole picture for a mention without one."""

    inputs: dict[str, torch.Tensor]
    rows: torch.Tensor
    at: torch.Tensor
    boxes: torch.Tensor


def attention_of(model: Any, processor: Any) -> Attention:
    """How a model was taught to look at prompts (`models.processing`)."""
    only_image = getattr(model.config, "radgrounder_attention", None) == IMAGE_ATTENTION
    return image_attention(processor.image_token_id) if only_image else prompt_attention


def encode_answers(
    processor: Any, turns: Sequence[Sequence[Turn]], attention: Attention, *, dtype: torch.dtype = torch.float32
) -> EncodedAnswers:
    """One row a picture, its turns as branches. The mentions of a row are in the order of its turns and of their text.

    ValueError for a picture without turns.
    """
    tokenizer = processor.tokenizer
    prefix = [processor.image_token_id] * processor.image_seq_length + [tokenizer.bos_token_id]
    sequences, rows, places, boxes = [], list[int](), list[int](), list[Box]()
    for row, turns_of_picture in enumerate(turns):
        if not turns_of_picture:
            raise ValueError(f"Picture {row} has no turn. Give each picture a prompt with its answer.")
        branches, begins = [], len(prefix)
        for prompt, answer in turns_of_picture:
            asked = tokenizer(f"{prompt}\n", add_special_tokens=False)["input_ids"]
            said, closing = closing_tokens(tokenizer, answer)
            ids = [*prefix, *asked, *said, tokenizer.eos_token_id]
            branches.append((ids, [0] * (len(ids) - len(said) - 1) + [1] * (len(said) + 1)))
            rows += [row] * len(closing)
            boxes += [span.box for span in parse(answer).spans] or [WHOLE] * len(closing)
            places += [begins + len(asked) + token for token in closing]
            begins += len(asked) + len(said) + 1
        sequences.append(join(branches, len(prefix)))
    inputs = to_batch(sequences, attention, pad_token=tokenizer.pad_token_id, dtype=dtype)
    numbers = torch.tensor([rows, places], dtype=torch.long)
    return EncodedAnswers(inputs, numbers[0], numbers[1], torch.tensor(boxes, dtype=torch.float32).reshape(-1, 4))


def closing_tokens(tokenizer: Any, markup: str) -> tuple[list[int], list[int]]:
    """The token ids of an answer, and of each mention in the order of the text the number of the token that ends its
    closing tag, which may hold signs behind it."""
    encoded = tokenizer(markup, add_special_tokens=False, return_offsets_mapping=True)
    ends = [end for _, end in encoded["offset_mapping"]]
    found, token = [], 0
    for closing in closings(markup):
        while ends[token] < closing:
            token += 1
        found.append(token)
    return encoded["input_ids"], found
