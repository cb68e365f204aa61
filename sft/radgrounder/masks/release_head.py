"""The mask decoder of the authors' release, so that their segmentation checkpoint can be read beside stock classes.

    >>> head = ReleaseHead(ReleaseShape(width=2304, tower=1152, side=16))
    >>> head(states, tower_tokens, pixels, rows, boxes).shape        # (N, 16, 16) logits

Written from the shapes of its tensors (`masks.convert` renames them): two blocks of two-way attention in the width of
the language model, whose only query is the state of the tag that closes a mention; keys are the tower's tokens before
the projector; one logit a patch. No place is told to either side, the query is its own code of position.
"""

from dataclasses import asdict, dataclass
from typing import Any

import torch
from torch import nn

from radgrounder.masks.shape import PROMPTS

HEADS, LAYERS = 8, 2  # of the release; no tensor tells the number of heads
KIND = "release"  # in mask_head.json


@dataclass(frozen=True)
class ReleaseShape:
    """`width` of the language model's states, `tower` of the tower's tokens, `side` in image tokens."""

    width: int
    tower: int
    side: int
    heads: int = HEADS
    layers: int = LAYERS
    prompt: str = PROMPTS[1]

    def to_json(self) -> dict[str, Any]:
        """The fields, as they stand beside the weights."""
        return {"kind": KIND, **asdict(self)}


class TwoWayBlock(nn.Module):
    """The query sees itself and the image, then the image sees the query; a norm after each step."""

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.own, self.look, self.tell = (nn.MultiheadAttention(width, heads, batch_first=True) for _ in range(3))
        self.mlp = nn.Sequential(nn.Linear(width, 4 * width), nn.GELU(), nn.Linear(4 * width, width))
        self.norms = nn.ModuleList(nn.LayerNorm(width) for _ in range(4))

    def forward(
        self, queries: torch.Tensor, keys: torch.Tensor, asked: torch.Tensor, *, first: bool
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """(N, 1, width) and (N, tokens, width) to the same; `asked` is the query as it came in."""
        placed = queries if first else queries + asked
        queries = self.norms[0](queries + _attend(self.own, placed, placed, queries))
        queries = self.norms[1](queries + _attend(self.look, queries + asked, keys, keys))
        queries = self.norms[2](queries + self.mlp(queries))
        return queries, self.norms[3](keys + _attend(self.tell, keys, queries + asked, queries))


class ReleaseHead(nn.Module):
    """From states of closing tags to masks of a logit a patch; see `forward`."""

    def __init__(self, shape: ReleaseShape) -> None:
        super().__init__()
        self.shape = shape
        self.tokens = nn.Linear(shape.tower, shape.width)
        self.layers = nn.ModuleList(TwoWayBlock(shape.width, shape.heads) for _ in range(shape.layers))
        self.last, self.last_norm = (
            nn.MultiheadAttention(shape.width, shape.heads, batch_first=True),
            nn.LayerNorm(shape.width),
        )
        self.mask = nn.Linear(shape.width, 1)

    def forward(
        self,
        states: torch.Tensor,
        tokens: torch.Tensor,
        pixels: torch.Tensor,
        rows: torch.Tensor,
        boxes: torch.Tensor,
    ) -> torch.Tensor:
        """Logits of masks (N, side, side), to be enlarged bilinearly; a pixel above 0 is of the mask.

        `states` (N, width); `tokens` (B, side², tower), the tower's last, before the projector; `rows` (N,), which
        picture of the B each state is of. `pixels` and `boxes` are not looked at.
        """
        keys, asked = self.tokens(tokens)[rows], states[:, None]
        queries = asked
        for number, layer in enumerate(self.layers):
            queries, keys = layer(queries, keys, asked, first=number == 0)
        queries = self.last_norm(queries + _attend(self.last, queries, keys, keys))
        logits: torch.Tensor = self.mask(keys + queries)[..., 0]
        return logits.unflatten(1, (self.shape.side, self.shape.side))


def _attend(attention: nn.Module, queries: torch.Tensor, keys: torch.Tensor, values: torch.Tensor) -> torch.Tensor:
    found: torch.Tensor = attention(queries, keys, values, need_weights=False)[0]
    return found
