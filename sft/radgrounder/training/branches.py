"""Many questions behind one image, for pretraining: a prefix of image tokens and branches that see it and themselves.

Within a branch the prompt is bidirectional and the answer causal, as in a single turn; only the image does not see the
questions. About three times as many answers a CPU second as one question an image; pretraining ends with single turns,
so that the released weights know the stock attention.
"""

from collections.abc import Sequence

import torch
from transformers import PreTrainedTokenizerBase

from radgrounder.pretraining.turns import Turn


def encode_branches(
    tokenizer: PreTrainedTokenizerBase, prefix: Sequence[int], turns: Sequence[Sequence[Turn]], budget: int
) -> dict[str, torch.Tensor]:
    """input_ids, labels, position_ids (B, L) and a 4-D float attention_mask (B, 1, L, L).

    `prefix` are the image tokens and <bos>; of the turns of each image as many are taken, in order, as fit into
    `budget` tokens, at least one.
    """
    rows = [_fill(tokenizer, some, budget) for some in turns]
    length = len(prefix) + max(sum(len(p) + len(a) for p, a in row) for row in rows)
    ids = torch.full((len(rows), length), tokenizer.pad_token_id)
    labels, positions = torch.full_like(ids, -100), torch.ones_like(ids)
    branch, answer = torch.full_like(ids, -1), torch.zeros_like(ids, dtype=torch.bool)
    start = len(prefix)
    for n, row in enumerate(rows):
        ids[n, :start], branch[n, :start] = torch.tensor(prefix), 0
        positions[n, :start] = torch.arange(1, start + 1)
        at = start
        for number, (p, a) in enumerate(row, start=1):
            middle, end = at + len(p), at + len(p) + len(a)
            ids[n, at:end] = torch.tensor(p + a)
            labels[n, middle:end] = torch.tensor(a)
            positions[n, at:end] = torch.arange(start + 1, start + 1 + end - at)
            branch[n, at:end], answer[n, middle:end] = number, True
            at = end
    allowed = branch_attention(branch, answer)
    mask = torch.where(allowed, 0.0, torch.finfo(torch.float32).min)[:, None]
    return {"input_ids": ids, "labels": labels, "position_ids": positions, "attention_mask": mask}


def _fill(tokenizer: PreTrainedTokenizerBase, turns: Sequence[Turn], budget: int) -> list[tuple[list[int], list[int]]]:
    prompts = tokenizer([f"{prompt}\n" for prompt, _ in turns], add_special_tokens=False)["input_ids"]
    answers = tokenizer([answer for _, answer in turns], add_special_tokens=False)["input_ids"]
    taken: list[tuple[list[int], list[int]]] = []
    for p, a in zip(prompts, answers, strict=True):
        budget -= len(p) + len(a) + 1
        if budget < 0 and taken:
            break
        taken.append((p, a + [tokenizer.eos_token_id]))
    return taken


def branch_attention(branch: torch.Tensor, answer: torch.Tensor) -> torch.Tensor:
    """Which token sees which, (B, L, L) bool. `branch` (B, L) is 0 on the prefix, 1.. on branches, -1 on padding;
    `answer` (B, L) is true on answer tokens. Padding sees itself, so that no row of the softmax is empty."""
    order = torch.arange(branch.shape[1])
    past = order[:, None] >= order[None]
    same = branch[:, :, None] == branch[:, None]
    both_prompt = ~answer[:, :, None] & ~answer[:, None]
    to_prefix = (branch[:, None] == 0) & (branch[:, :, None] >= 0)
    return to_prefix | (same & (past | both_prompt))
