"""Many answers behind one image, as one sequence: the image prefix once, then branches that see it and themselves.

    >>> sequence = join([([9, 2, 5, 6], [0, 0, 0, 1]), ([9, 2, 7], [0, 0, 1])], prefix=2)
    >>> batch = to_batch([sequence], image_attention(image_token=9), pad_token=0)

Every branch has the positions that it would have alone. Its attention is that of a single conversation, either the
image's own (`image_attention`), which gives the loss of separate samples, or that of stock PaliGemma, where a prompt is
bidirectional (`prompt_attention`); there only the image does not see the questions.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch

IGNORED = -100  # label of what is not trained


@dataclass(frozen=True)
class BranchedSequence:
    """Four long tensors (L,): token ids, labels, 1-based positions, and the branch of each token (0 is the prefix)."""

    input_ids: torch.Tensor
    labels: torch.Tensor
    positions: torch.Tensor
    branches: torch.Tensor


Attention = Callable[[BranchedSequence], torch.Tensor]  # (L, L) bool: which token (row) sees which (column)


def join(branches: Sequence[tuple[Sequence[int], Sequence[int]]], prefix: int) -> BranchedSequence:
    """One sequence of (token ids, is it supervised) pairs whose first `prefix` tokens are the same.

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
    return BranchedSequence(*(torch.tensor(values, dtype=torch.long) for values in (ids, labels, positions, numbers)))


def image_attention(image_token: int) -> Attention:
    """Image tokens see each other, all text is causal."""

    def sees(sequence: BranchedSequence) -> torch.Tensor:
        is_image = sequence.input_ids == image_token
        return _causal(sequence) | (is_image[:, None] & is_image[None])

    return sees


def prompt_attention(sequence: BranchedSequence) -> torch.Tensor:
    """The prefix sees itself, within a branch the prompt is bidirectional and the answer causal; for single turns."""
    branch, prompt = sequence.branches, sequence.labels == IGNORED
    within = (branch[:, None] == branch[None]) & prompt[:, None] & prompt[None]
    return _causal(sequence) | within


def whole_attention(sequence: BranchedSequence) -> torch.Tensor:
    """That of stock PaliGemma for a sequence of one branch: the image sees the question, too."""
    prompt = sequence.labels == IGNORED
    return _causal(sequence) | (prompt[:, None] & prompt[None])


def _causal(sequence: BranchedSequence) -> torch.Tensor:
    """Every token sees what came before it in the prefix and in its own branch."""
    branch, at = sequence.branches, torch.arange(len(sequence.branches))
    return (at[:, None] >= at[None]) & ((branch[None] == 0) | (branch[:, None] == branch[None]))


def to_batch(
    sequences: Sequence[BranchedSequence], attention: Attention, *, pad_token: int, dtype: torch.dtype = torch.float32
) -> dict[str, torch.Tensor]:
    """input_ids, labels and position_ids (B, L), padded on the right, and an additive attention_mask (B, 1, L, L): 0
    where seen, the smallest number of `dtype` elsewhere."""
    length = max(len(sequence.input_ids) for sequence in sequences)
    masks = [_additive(attention(sequence), length, dtype) for sequence in sequences]
    return {
        "input_ids": _pad([s.input_ids for s in sequences], length, pad_token),
        "labels": _pad([s.labels for s in sequences], length, IGNORED),
        "position_ids": _pad([s.positions for s in sequences], length, 1),
        "attention_mask": torch.stack(masks)[:, None],
    }


def _additive(seen: torch.Tensor, length: int, dtype: torch.dtype) -> torch.Tensor:
    """(length, length); padding sees itself only: a row that sees nothing would turn into NaN."""
    whole = torch.eye(length, dtype=torch.bool)
    whole[: len(seen), : len(seen)] = seen
    return torch.zeros(length, length, dtype=dtype).masked_fill(~whole, torch.finfo(dtype).min)


def _pad(rows: Sequence[torch.Tensor], length: int, value: int) -> torch.Tensor:
    return torch.stack([torch.nn.functional.pad(row, (0, length - len(row)), value=value) for row in rows])
