"""Losses of pretraining: answers with soft coordinates, and a lesson in where coordinates should look."""

from collections.abc import Sequence
from typing import NamedTuple

import torch
from torch.nn import functional
from transformers import PaliGemmaProcessor

from radgrounder.nano import location_ids
from refrad2d.grounding import class_tokens


class Targets(NamedTuple):
    """Ids of the coordinate tokens, for each bin a distribution over all bins, and the ids of the class tokens."""

    locations: torch.Tensor
    soft: torch.Tensor
    classes: range


def soft_coordinates(processor: PaliGemmaProcessor, sigma: float) -> Targets:
    """Targets with a Gaussian of `sigma` bins around each coordinate."""
    ids = location_ids(processor)
    bins = torch.arange(len(ids), dtype=torch.float32)
    soft = torch.softmax(-0.5 * ((bins[None] - bins[:, None]) / sigma) ** 2, dim=-1)
    first, *_, last = processor.tokenizer.convert_tokens_to_ids(class_tokens())
    return Targets(ids, soft, range(first, last + 1))


def conversation_loss(
    model: torch.nn.Module, batch: dict[str, torch.Tensor], targets: Targets, attention_weight: float = 0.0
) -> torch.Tensor:
    """Mean cross-entropy of the answer tokens; a coordinate that is nearly right costs less than one far off.

    With a weight, and a batch that brings the class of its `patches`, what the coordinates look at is taught as well:
    all layers but the first, which only reads the words.
    """
    ids, soft, classes = targets
    batch = dict(batch)
    labels_, patches = batch.pop("labels"), batch.pop("patches", None)
    expected = labels_[:, 1:]
    chosen = expected != -100
    out = model.model(**batch, use_cache=False, output_attentions=patches is not None and attention_weight > 0)
    hidden = out.last_hidden_state[:, :-1][chosen]
    logits, expected = model.lm_head(hidden).float(), expected[chosen]  # of answers only: most tokens are image
    first, last = int(ids[0]), int(ids[-1])  # PaliGemma's location tokens stand in a row, and so do its classes
    is_place = (expected >= first) & (expected <= last)
    words = functional.cross_entropy(logits[~is_place], expected[~is_place], reduction="sum")
    places = torch.log_softmax(logits[is_place], dim=-1)[:, first : last + 1]
    loss = (words - (soft[expected[is_place] - first] * places).sum()) / len(expected)
    if out.attentions is None:
        return loss
    wanted = looked_for(labels_, range(first, last + 1), classes)
    return loss + attention_weight * attention_loss(out.attentions[1:], wanted, patches)


def looked_for(labels: torch.Tensor, locations: range, classes: range) -> torch.Tensor:
    """For each position that predicts a coordinate the class whose box it belongs to, 0 elsewhere; (B, L-1).

    `labels` are the expected tokens (B, L); a coordinate belongs to the next class token of its answer. `locations` and
    `classes` are the token ids of the bins and of the classes 0, 1, 2 ….
    """
    found = torch.zeros_like(labels)
    following = torch.zeros(labels.shape[0], dtype=labels.dtype)
    for at in range(labels.shape[1] - 1, -1, -1):
        token = labels[:, at]
        is_class = (token >= classes.start) & (token < classes.stop)
        following = torch.where(is_class, token - classes.start, following)
        is_place = (token >= locations.start) & (token < locations.stop)
        found[:, at] = torch.where(is_place, following, 0)
    return found[:, 1:]


def attention_loss(attentions: Sequence[torch.Tensor], wanted: torch.Tensor, patches: torch.Tensor) -> torch.Tensor:
    """How little a coordinate looks at the patches of its structure: mean of -log of the attention on them.

    `attentions` are (B, H, L, L) weights; in each the first half of the heads is taught, the rest is free. `wanted`
    (B, L-1) is the class of each position or 0, `patches` (B, P) the class of each image token.
    """
    rows, positions = torch.nonzero(wanted, as_tuple=True)
    on_structure = patches[rows] == wanted[rows, positions][:, None]
    seen = on_structure.any(dim=1)
    rows, positions, on_structure = rows[seen], positions[seen], on_structure[seen]
    losses = []
    for weights in attentions:
        taught = weights[rows, : max(1, weights.shape[1] // 2), positions, : patches.shape[1]]
        losses.append(-torch.log((taught * on_structure[:, None]).sum(-1).clamp_min(1e-4)).mean())
    return torch.stack(losses).mean()
