"""The batches of a pretraining run: slices with their turns as inputs of the model, by lesson and step.

    >>> batches = Batches(processor, NanoSize(), slices, Plan())
    >>> batches.single(0)["pixel_values"].shape
    torch.Size([16, 3, 96, 96])

A step always gets the same batch, whether the run was cut off before it or not. Packed turns (`models.branches`) are
about three times as many answers a CPU second as one question an image.
"""

from collections import Counter
from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from transformers import PaliGemmaProcessor, PreTrainedTokenizerBase

from radgrounder.models.branches import IGNORED, join, prompt_attention, to_batch
from radgrounder.models.nano import NanoSize
from radgrounder.pretraining.dense import Cover, cover, draw_targets, without_places
from radgrounder.pretraining.moves import move
from radgrounder.pretraining.plan import Plan
from radgrounder.pretraining.pool import PhantomSlice
from radgrounder.pretraining.turns import Turn, draw_turn, order_turns

SORTED = 4  # batches of single turns that are drawn together and sorted by length
TOWER, SINGLE, PACKED = 1, 2, 3  # which lesson a random generator is for


class Batches:
    """The batch of each step of each lesson of a plan, from a pool of slices."""

    def __init__(
        self, processor: PaliGemmaProcessor, size: NanoSize, slices: Sequence[PhantomSlice], plan: Plan
    ) -> None:
        self.tokenizer, self.slices, self.plan = processor.tokenizer, slices, plan
        self.prefix = image_prefix(processor, size)
        self._upto = np.cumsum(slice_weights(slices, plan.rarity))
        self._patch = size.patch
        self._covers = [self._cover(shown) for shown in slices]

    def tower(self, step: int) -> dict[str, Any]:
        """pixel_values (B, 3, S, S) and the `dense` targets of these slices."""
        rng = self._rng(TOWER, step)
        numbers = self._draw(self.plan.batch, rng)
        if not self.plan.moves:
            return self._images(numbers, rng)
        moved = [move(self.slices[n], rng, self.plan.moves) for n in numbers]
        return self._inputs([shown.image for shown in moved], [self._cover(shown) for shown in moved], rng)

    def packed(self, step: int) -> dict[str, Any]:
        """Each slice with as many of its turns as fit the budget, in random order; with what `tower` gives."""
        rng = self._rng(PACKED, step)
        numbers = self._draw(self.plan.packed_images, rng)
        turns = [order_turns(self.slices[n].turns, rng, self.plan.shares) for n in numbers]
        words = encode_branches(self.tokenizer, self.prefix, turns, self.plan.packed_budget)
        return words | self._images(numbers, rng)

    def single(self, step: int) -> dict[str, Any]:
        """One turn of each slice; with what `tower` gives."""
        rng, count = self._rng(SINGLE, step // SORTED), self.plan.single_batch
        numbers = self._draw(SORTED * count, rng)
        drawn = [(n, draw_turn(self.slices[n].turns, rng, self.plan.single_shares)) for n in numbers]
        drawn.sort(key=lambda pair: len(pair[1][0]) + len(pair[1][1]))  # batches of like length waste less padding
        drawn = drawn[step % SORTED * count :][:count]
        words = encode_single(self.tokenizer, self.prefix, [turn for _, turn in drawn])
        return words | self._images([n for n, _ in drawn], rng)

    def _cover(self, shown: PhantomSlice) -> Cover:
        covered = cover(shown.mask, shown.boxes, self._patch, shown.findings)
        return without_places(covered) if self.plan.boxless else covered

    def _rng(self, lesson: int, number: int) -> np.random.Generator:
        return np.random.default_rng([self.plan.seed, lesson, number])

    def _draw(self, count: int, rng: np.random.Generator) -> np.ndarray:
        """Numbers of slices (count,), by their weights."""
        at = np.searchsorted(self._upto, rng.random(count) * self._upto[-1], side="right")
        return np.minimum(at, len(self.slices) - 1)

    def _images(self, numbers: Sequence[int] | np.ndarray, rng: np.random.Generator) -> dict[str, Any]:
        return self._inputs([self.slices[n].image for n in numbers], [self._covers[n] for n in numbers], rng)

    def _inputs(self, images: list[np.ndarray], covers: Sequence[Cover], rng: np.random.Generator) -> dict[str, Any]:
        dense = draw_targets(covers, rng)
        if self.plan.curves:
            images = [grey_curve(rng, self.plan.curves)[image] for image in images]
        return {"pixel_values": to_pixel_values(images), "dense": dense}


def slice_weights(slices: Sequence[PhantomSlice], rarity: float) -> np.ndarray:
    """How often each slice is drawn, (n,) with sum 1: regions evenly, inside a region by the mean of the frequencies of
    its classes and findings to the power of -`rarity`. Pictures that show no region are as frequent as in the pool."""
    shows = [[*shown.boxes, *(-int(f) for f in np.unique(shown.findings) if f)] for shown in slices]
    counts = Counter(name for names in shows for name in names)
    weights = np.array([np.mean([counts[name] ** -rarity for name in names] or [1.0]) for names in shows])
    regions = np.array([shown.region for shown in slices])
    foreign = float((regions == "").mean())
    names = set(regions.tolist()) - {""}
    for name in regions[np.sort(np.unique(regions, return_index=True)[1])]:
        mine = regions == name
        weights[mine] *= ((1 - foreign) / len(names) if name else foreign) / weights[mine].sum()
    return weights


def grey_curve(rng: np.random.Generator, spread: float) -> np.ndarray:
    """A random increasing curve of grey levels, (256,) uint8: black stays black, white stays white."""
    slopes = np.exp(spread * np.interp(np.linspace(0, 5, 255), np.arange(6), rng.standard_normal(6)))
    return np.round(np.concatenate([[0.0], np.cumsum(slopes) / slopes.sum()]) * 255).astype(np.uint8)


def image_prefix(processor: PaliGemmaProcessor, size: NanoSize) -> list[int]:
    """The token ids that stand before every prompt: the image's and <bos>."""
    return [processor.image_token_id] * size.image_tokens + [processor.tokenizer.bos_token_id]


def to_pixel_values(images: Sequence[np.ndarray]) -> torch.Tensor:
    """(B, 3, S, S) in [-1, 1], as the image processor does."""
    return torch.from_numpy(np.stack(images)).permute(0, 3, 1, 2).float() / 127.5 - 1


def encode_single(
    tokenizer: PreTrainedTokenizerBase, prefix: Sequence[int], turns: Sequence[Turn]
) -> dict[str, torch.Tensor]:
    """input_ids, attention_mask, token_type_ids and labels (B, L) of one turn each, laid out as the processor does,
    padded on the right to a multiple of eight."""
    rows = [([*prefix, *prompt], answer) for prompt, answer in _tokenise(tokenizer, turns)]
    length = -(-max(len(prompt) + len(answer) for prompt, answer in rows) // 8) * 8
    ids = torch.full((len(rows), length), tokenizer.pad_token_id)
    mask, types, labels = torch.zeros_like(ids), torch.zeros_like(ids), torch.full_like(ids, IGNORED)
    for n, (prompt, answer) in enumerate(rows):
        middle, end = len(prompt), len(prompt) + len(answer)
        ids[n, :end] = torch.tensor(prompt + answer)
        mask[n, :end] = 1
        types[n, middle:end] = 1
        labels[n, middle:end] = torch.tensor(answer)
    return {"input_ids": ids, "attention_mask": mask, "token_type_ids": types, "labels": labels}


def encode_branches(
    tokenizer: PreTrainedTokenizerBase, prefix: Sequence[int], turns: Sequence[Sequence[Turn]], budget: int
) -> dict[str, torch.Tensor]:
    """input_ids, labels, position_ids (B, L) and a 4-D float attention_mask (B, 1, L, L), one row an image.

    Of the turns of each image as many are taken, in order, as fit into `budget` tokens, at least one.
    """
    sequences = []
    for turns_of_image in turns:
        taken = _fill(_tokenise(tokenizer, turns_of_image), budget)
        unsupervised = [[0] * (len(prefix) + len(prompt)) for prompt, _ in taken]
        branches = [
            ([*prefix, *prompt, *answer], [*zeros, *[1] * len(answer)])
            for (prompt, answer), zeros in zip(taken, unsupervised, strict=True)
        ]
        sequences.append(join(branches, len(prefix)))
    return to_batch(sequences, prompt_attention, pad_token=tokenizer.pad_token_id)


def _tokenise(tokenizer: PreTrainedTokenizerBase, turns: Sequence[Turn]) -> list[tuple[list[int], list[int]]]:
    """Token ids of each prompt with its newline, and of each answer with its <eos>."""
    prompts = tokenizer([f"{prompt}\n" for prompt, _ in turns], add_special_tokens=False)["input_ids"]
    answers = tokenizer([answer for _, answer in turns], add_special_tokens=False)["input_ids"]
    return [(prompt, [*answer, tokenizer.eos_token_id]) for prompt, answer in zip(prompts, answers, strict=True)]


def _fill(turns: Sequence[tuple[list[int], list[int]]], budget: int) -> list[tuple[list[int], list[int]]]:
    taken: list[tuple[list[int], list[int]]] = []
    for prompt, answer in turns:
        budget -= len(prompt) + len(answer)
        if budget < 0 and taken:
            break
        taken.append((prompt, answer))
    return taken
