"""A decoder of masks beside a model: what closes a mention asks, image tokens and picture answer.

    >>> head = MaskHead(MaskShape.of(model.config))
    >>> head(states, outputs.image_hidden_states, pixel_values, rows, boxes).shape     # (N, size, size) logits

The two-way transformer is that of SAM (Kirillov et al. 2023) as transformers has it, tested there and known by its
names. What makes pixels of it is our own: SAM's ends at four times the tokens and sees no picture, which leaves 48
pixels here; a stem on the picture brings back the edges that patches blur. Where the mention has a box, each pixel is
told where it lies in it, as SAM is told of boxes that a user draws: a state alone would have to say it again.
"""

import torch
from torch import nn
from torch.nn import functional
from transformers.models.sam.configuration_sam import SamMaskDecoderConfig
from transformers.models.sam.modeling_sam import SamTwoWayTransformer

from radgrounder.masks.shape import PROMPTS, MaskShape

LAYERS = 2  # two-way blocks, as in SAM
FINE = 16  # channels of the pixels that a mask is a weighted sum of
SIDES = 4  # of a box
RARE = -3.0  # bias of a mask's logits at the start: most pixels are not of it


class MaskHead(nn.Module):
    """From states of closing tags to masks; see `forward`."""

    def __init__(self, shape: MaskShape) -> None:
        super().__init__()
        self.shape = shape
        d, middle = shape.channels, 3 * shape.channels // 4
        self.prompt = nn.Sequential(nn.LayerNorm(shape.width), nn.Linear(shape.width, d))
        self.tokens = nn.Sequential(nn.LayerNorm(shape.width), nn.Linear(shape.width, d))
        self.query = nn.Parameter(torch.randn(d) * 0.02)
        self.places = nn.Parameter(torch.randn(d, shape.side, shape.side) * 0.2)
        config = SamMaskDecoderConfig(
            hidden_size=d, num_hidden_layers=LAYERS, num_attention_heads=shape.heads, mlp_dim=2 * d, hidden_act="gelu"
        )
        config._attn_implementation = "sdpa"
        self.decoder = SamTwoWayTransformer(config)
        self.enlarge = nn.Sequential(nn.Conv2d(d, 16 * middle, 1), nn.PixelShuffle(4))
        self.stem = nn.Sequential(
            nn.Conv2d(3, 12, 3, padding=1),
            nn.GELU(),
            nn.Conv2d(12, 24, 3, stride=2, padding=1),
            nn.GELU(),
            nn.Conv2d(24, middle, 3, padding=1),
        )
        self.inside = None
        if shape.prompt == PROMPTS[0]:
            self.inside = nn.Sequential(nn.Conv2d(SIDES, 16, 1), nn.GELU(), nn.Conv2d(16, middle, 1))
        self.mix = nn.Sequential(nn.GroupNorm(4, middle), nn.GELU(), nn.Conv2d(middle, 4 * FINE, 1), nn.PixelShuffle(2))
        self.fine = nn.Conv2d(3, FINE, 5, padding=2)
        weights = nn.Linear(d, FINE + 1)
        nn.init.constant_(weights.bias[FINE:], RARE)
        self.weights = nn.Sequential(nn.Linear(d, d), nn.GELU(), weights)

    def forward(
        self,
        states: torch.Tensor,
        tokens: torch.Tensor,
        pixels: torch.Tensor,
        rows: torch.Tensor,
        boxes: torch.Tensor,
    ) -> torch.Tensor:
        """Logits of masks (N, size, size).

        `states` (N, width) of the closing tags; `tokens` (B, side², width), the projected image tokens; `pixels`
        (B, 3, H, W) in [-1, 1]; `rows` (N,), which picture of the B each state is of; `boxes` (N, 4), xyxy in [0, 1],
        of no meaning where mentions prompt.
        """
        side, size = self.shape.side, self.shape.size
        if not len(states):  # nothing is asked for; attention does not take batches of none
            return self.query.sum() * states.new_zeros(0, size, size)
        image = self.tokens(tokens).transpose(1, 2).unflatten(-1, (side, side))[rows]
        prompts = torch.stack([self.query.expand(len(states), -1), self.prompt(states)], dim=1)
        asked, seen = self.decoder(
            point_embeddings=prompts[:, None],
            image_embeddings=image,
            image_positional_embeddings=self.places[None].expand(len(states), -1, -1, -1),
            attention_similarity=None,
        )
        picture = functional.interpolate(pixels, size=(size, size), mode="bilinear", antialias=True)
        coarse = self.enlarge(seen[:, 0].transpose(1, 2).unflatten(-1, (side, side))) + self.stem(picture)[rows]
        if self.inside is not None:
            coarse = coarse + self.inside(box_maps(boxes, coarse.shape[-1]))
        features = self.mix(coarse) + self.fine(picture)[rows]
        weights = self.weights(asked[:, 0, 0])
        return torch.einsum("nc,nchw->nhw", weights[:, :FINE], features) / 4 + weights[:, FINE, None, None]


def box_maps(boxes: torch.Tensor, size: int) -> torch.Tensor:
    """How far each of size x size pixels lies inside each side of a box (N, 4): (N, 4, size, size), left, upper, right,
    lower; in [-1, 1], 1 from the middle of the box on, negative outside."""
    at = (torch.arange(size, dtype=boxes.dtype, device=boxes.device) + 0.5) / size
    low, high = boxes[:, :2, None], boxes[:, 2:, None]
    half = ((high - low) / 2).clamp_min(0.5 / size)
    first, last = (at - low) / half, (high - at) / half  # (N, 2, size): along x, along y
    across = [side[:, :1].unsqueeze(2).expand(-1, -1, size, -1) for side in (first, last)]
    down = [side[:, 1:].unsqueeze(3).expand(-1, -1, -1, size) for side in (first, last)]
    return torch.cat([across[0], down[0], across[1], down[1]], dim=1).clamp(-1, 1)
