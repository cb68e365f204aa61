"""Loss of pretraining: the answers' tokens, coordinates with a soft target."""

from typing import Any, NamedTuple

import torch
from torch.nn import functional
from transformers import PaliGemmaForConditionalGeneration, PaliGemmaProcessor

from radgrounder.models.nano import location_ids
from radgrounder.pretraining.precision import computing

EXPECTED_WEIGHT = 4.0  # of the error of the expected coordinate, in [0, 1]


class CoordinateTargets(NamedTuple):
    """Ids of the coordinate tokens, and for each bin a distribution over all bins."""

    ids: torch.Tensor
    soft: torch.Tensor


def soft_coordinates(processor: PaliGemmaProcessor, sigma: float) -> CoordinateTargets:
    """Targets with a Gaussian of `sigma` bins around each coordinate."""
    ids = location_ids(processor)
    bins = torch.arange(len(ids), dtype=torch.float32)
    soft = torch.softmax(-0.5 * ((bins[None] - bins[:, None]) / sigma) ** 2, dim=-1)
    return CoordinateTargets(ids, soft)


def conversation_loss(
    model: PaliGemmaForConditionalGeneration,
    batch: dict[str, torch.Tensor],
    targets: CoordinateTargets,
    precision: str = "float32",
) -> tuple[torch.Tensor, Any]:
    """(loss, outputs of the model without its head): mean cross-entropy of the answer tokens.

    A coordinate that is nearly right costs less than one far off, by its soft target and by the distance of the
    expected coordinate from the true one.
    """
    ids, soft = targets
    batch = dict(batch)
    expected = batch.pop("labels")[:, 1:]
    chosen = expected != -100
    with computing(precision):
        out = model.model(**batch, use_cache=False)
        hidden = out.last_hidden_state[:, :-1][chosen]
        logits = model.lm_head(hidden).float()  # of answers only: most tokens are image
    expected = expected[chosen]
    first, last = int(ids[0]), int(ids[-1])  # PaliGemma's location tokens stand in a row
    is_place = (expected >= first) & (expected <= last)
    words = functional.cross_entropy(logits[~is_place], expected[~is_place], reduction="sum")
    wanted = expected[is_place] - first
    places = torch.log_softmax(logits[is_place], dim=-1)[:, first : last + 1]
    at = torch.linspace(0, 1, len(ids))
    distance = (torch.softmax(places, dim=-1) @ at - at[wanted]).abs().sum()
    return (words - (soft[wanted] * places).sum() + EXPECTED_WEIGHT * distance) / len(expected), out
