"""A mask inside its box as 16 codes of 128: what a model that only writes text could write behind a span.

    >>> codec = MaskCodec()
    >>> codes = codec.encode(masks, boxes)                # (N, rows, columns), (N, 4) → (N, 16) integers below 128
    >>> codec.decode(codes, boxes, (224, 224)).shape      # (N, 224, 224) bool

A VQ-VAE (van den Oord et al. 2017) of our own on 64 x 64 crops: a convolution stack down to 4 x 4 places, each rounded
to the nearest of 128 vectors, and back. A code tells of its own place and little around it: a wrong one spoils a piece
of the mask. Crops are exact shares of the pixels, and masks are laid back bilinearly, both as products of matrices, a
thousand at a time. `masks.codec_training` teaches it.
"""

import torch
from torch import nn
from torch.nn import functional

from radgrounder.masks.losses import dice_loss

CROP = 64  # pixels a side that a box is cropped to
PLACES = 4  # a side, so 16 codes
CODES = 128  # PaliGemma has tokens for as many
WIDTH = 48
DEPTH = 24  # of a code's vector


class Neighbours(nn.Module):
    """Every place sees those beside it."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.seen = nn.Sequential(
            nn.Conv2d(width, width, 3, padding=1), nn.GELU(), nn.Conv2d(width, width, 3, padding=1)
        )

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """(N, width, 4, 4) to the same."""
        return x + self.seen(x)


class MaskCodec(nn.Module):
    """Crops to codes and back; see the module."""

    book: torch.Tensor

    def __init__(self) -> None:
        super().__init__()
        self.down = nn.Sequential(_down(1, 16), _down(16, 32), _halve(32, WIDTH), _halve(WIDTH, WIDTH))
        widths = (12, 24, 32, WIDTH)
        up = [_up(a, b) for a, b in zip(widths[::-1], (*widths[-2::-1], 1), strict=False)]
        self.up = nn.Sequential(*up[:-1], up[-1][0])
        self.writing = Neighbours(WIDTH)
        self.narrow, self.widen = nn.Linear(WIDTH, DEPTH), nn.Linear(DEPTH, WIDTH)
        self.register_buffer("book", torch.randn(CODES, DEPTH))

    def vectors(self, crops: torch.Tensor) -> torch.Tensor:
        """(N, 64, 64) shares in [0, 1] as (N, 16, depth), not rounded yet."""
        found: torch.Tensor = self.narrow(self.down(crops[:, None]).flatten(2).transpose(1, 2))
        return found

    def nearest(self, vectors: torch.Tensor) -> torch.Tensor:
        """(N, 16) the nearest code of each vector."""
        return (self.book.square().sum(1) - 2 * vectors @ self.book.T).argmin(-1)

    def draw(self, vectors: torch.Tensor) -> torch.Tensor:
        """(N, 16, depth) as logits of crops (N, 64, 64)."""
        places = self.widen(vectors).transpose(1, 2).unflatten(2, (PLACES, PLACES))
        drawn: torch.Tensor = self.up(self.writing(places))[:, 0]
        return drawn

    @torch.inference_mode()
    def encode(self, masks: torch.Tensor, boxes: torch.Tensor) -> torch.Tensor:
        """Codes (N, 16) of masks (N, rows, columns) bool inside their boxes (N, 4), xyxy in [0, 1]."""
        return self.nearest(self.vectors(crop(masks, boxes)))

    @torch.inference_mode()
    def decode(self, codes: torch.Tensor, boxes: torch.Tensor, size: tuple[int, int]) -> torch.Tensor:
        """Masks (N, rows, columns) bool of codes (N, 16) in their boxes; nothing outside these.

        ValueError for a code that is none.
        """
        if len(codes) and not 0 <= int(codes.min()) <= int(codes.max()) < CODES:
            raise ValueError(f"Codes from {int(codes.min())} to {int(codes.max())} are none. Give 0 to {CODES - 1}.")
        return paste(self.draw(self.book[codes]), boxes, size)


def _down(a: int, b: int) -> nn.Sequential:
    return nn.Sequential(nn.Conv2d(a, b, 4, stride=2, padding=1), nn.GELU())


def _halve(a: int, b: int) -> nn.Sequential:
    """To half the size without a look beside."""
    return nn.Sequential(nn.Conv2d(a, b, 2, stride=2), nn.GELU())


def _up(a: int, b: int) -> nn.Sequential:
    return nn.Sequential(nn.ConvTranspose2d(a, b, 4, stride=2, padding=1), nn.GELU())


def crop(masks: torch.Tensor, boxes: torch.Tensor) -> torch.Tensor:
    """(N, 64, 64): of each cell of the box the share of its area that the mask covers."""
    rows, columns = masks.shape[1:]
    down, across = _shares(boxes[:, 1], boxes[:, 3], rows), _shares(boxes[:, 0], boxes[:, 2], columns)
    return down @ masks.float() @ across.transpose(1, 2)


def paste(crops: torch.Tensor, boxes: torch.Tensor, size: tuple[int, int]) -> torch.Tensor:
    """(N, rows, columns) bool: pixels whose centre lies in the box, and where the crop's logits (N, 64, 64), taken
    bilinearly, are above 0."""
    rows, columns = size
    down, inside_y = _taps(boxes[:, 1], boxes[:, 3], rows)
    across, inside_x = _taps(boxes[:, 0], boxes[:, 2], columns)
    return ((down @ crops @ across.transpose(1, 2)) > 0) & inside_y[:, :, None] & inside_x[:, None]


def _shares(low: torch.Tensor, high: torch.Tensor, pixels: int) -> torch.Tensor:
    """(N, 64, pixels): how much of each cell of an edge from `low` to `high` lies in each pixel; rows sum to 1."""
    cell = ((high - low) / CROP).clamp_min(1e-6)
    begin = (low[:, None] + torch.arange(CROP) * cell[:, None]) * pixels
    first, last = begin[:, :, None], (begin + cell[:, None] * pixels)[:, :, None]
    at = torch.arange(pixels, dtype=low.dtype)
    shared = (torch.minimum(last, at + 1) - torch.maximum(first, at)).clamp_min(0)
    return shared / (cell * pixels)[:, None, None]


def _taps(low: torch.Tensor, high: torch.Tensor, pixels: int) -> tuple[torch.Tensor, torch.Tensor]:
    """Weights (N, pixels, 64) that take a crop at the centres of pixels, and which of these lie inside (N, pixels)."""
    centres = (torch.arange(pixels, dtype=low.dtype) + 0.5) / pixels
    place = (centres - low[:, None]) / (high - low).clamp_min(1e-6)[:, None]
    at = (place * CROP - 0.5).clamp(0, CROP - 1)
    weights = (1 - (at[:, :, None] - torch.arange(CROP)).abs()).clamp_min(0)
    return weights, (place >= 0) & (place < 1)


def reconstruction_loss(logits: torch.Tensor, crops: torch.Tensor) -> torch.Tensor:
    """Cross-entropy + Dice of crops (N, 64, 64), the mean over masks."""
    return functional.binary_cross_entropy_with_logits(logits, crops) + dice_loss(logits, crops)
