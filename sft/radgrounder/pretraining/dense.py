"""Dense supervision of what the decoder gets to see: which structures each patch shows, and the box of each.

The head is thrown away after pretraining. It reads the image tokens behind the projector, and it writes coordinates as
the decoder does, as a distribution over the codes of the location tokens: what the tower learns here, the decoder can
copy. A patch may show several structures, small ones too: it is asked for the box of each by its class. Findings are
classes of their own behind the structures: a report learns to tell them only where the tower tells them apart.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import torch
from torch.nn import functional

from refrad2d.boxes import union_box
from refrad2d.grounding import BINS
from refrad2d.labels import labels
from refrad2d.phantom.findings import finding_names

STRUCTURES = len(labels()) + 1  # background is 0
CLASSES = STRUCTURES + len(finding_names())
LEAST_SHARE = 0.02  # of a patch that a structure covers for its box to be asked there
ASKED = 2  # patches in which the box of each structure is asked in one step
HIDDEN = 2  # width of the box head, times that of a token


@dataclass(frozen=True)
class Cover:
    """What the patches of one slice show: `classes` (n,) ids, `shares` (P, n) of each patch, row by row, in [0, 1],
    `boxes` (n, 4) xyxy in [0, 1], or (0, 4) where no box is asked for."""

    classes: np.ndarray
    shares: np.ndarray
    boxes: np.ndarray


class DenseTargets(NamedTuple):
    """`shown` (B, P, CLASSES) distributions over classes; questions (N,) each: slice, patch, class, `boxes` (N, 4)."""

    shown: torch.Tensor
    slices: torch.Tensor
    patches: torch.Tensor
    classes: torch.Tensor
    boxes: torch.Tensor


class DenseLosses(NamedTuple):
    """`total` to descend; cross-entropy of what patches show; mean error of a coordinate in [0, 1]."""

    total: torch.Tensor
    shown: float
    error: float


class DenseHead(torch.nn.Module):
    """Reads image tokens (B, P, W)."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.classes = torch.nn.Linear(width, CLASSES)
        self.token = torch.nn.Linear(width, HIDDEN * width)
        self.asked = torch.nn.Embedding(CLASSES, HIDDEN * width)
        self.corners = torch.nn.Linear(HIDDEN * width, 4 * width)

    def coordinates(self, tokens: torch.Tensor, classes: torch.Tensor, codes: torch.Tensor) -> torch.Tensor:
        """Tokens (N, W), classes (N,), codes (bins, W) → log-probabilities (N, 4, bins) of xyxy."""
        hidden = functional.gelu(self.token(tokens) + self.asked(classes))
        queries = self.corners(hidden).unflatten(-1, (4, -1))
        return torch.log_softmax(queries @ codes.T / codes.std(), dim=-1)

    def losses(
        self, tokens: torch.Tensor, targets: DenseTargets, codes: torch.Tensor, soft: torch.Tensor
    ) -> DenseLosses:
        """`codes` (bins, W) are the embeddings of the location tokens, `soft` (bins, bins) the targets of each bin."""
        shown = functional.cross_entropy(self.classes(tokens).transpose(1, 2), targets.shown.transpose(1, 2))
        if not len(targets.classes):
            return DenseLosses(shown, float(shown.detach()), 0.0)
        places = self.coordinates(tokens[targets.slices, targets.patches], targets.classes, codes)
        place = -(soft[(targets.boxes * BINS).round().long()] * places).sum(-1).mean()
        error = (places.exp() @ torch.linspace(0, 1, BINS + 1) - targets.boxes).abs().mean()
        return DenseLosses(shown + 0.3 * place + 4 * error, float(shown.detach()), float(error.detach()))


def cover(
    mask: np.ndarray,
    boxes: dict[int, tuple[float, float, float, float]],
    patch: int,
    findings: np.ndarray | None = None,
) -> Cover:
    """What each patch of a mask (S, S) of class ids shows, and of `findings` (S, S), numbers from 1 on."""
    side = mask.shape[0] // patch
    ids = [] if findings is None else [int(number) for number in np.unique(findings) if number]
    layers = [mask == c for c in sorted(boxes)] + [findings == number for number in ids]
    places = [boxes[c] for c in sorted(boxes)] + [union_box(layer) for layer in layers[len(boxes) :]]
    stacked = np.array(layers, bool).reshape(len(layers), side, patch, side, patch)
    shares = stacked.mean(axis=(2, 4), dtype=np.float32).reshape(len(layers), side * side).T
    classes = np.array([*sorted(boxes), *(STRUCTURES + number - 1 for number in ids)], np.int64)
    return Cover(classes, shares, np.array(places, np.float32).reshape(-1, 4))


def without_places(covered: Cover) -> Cover:
    """The same classes, evenly on every patch and without boxes: what a slice shows, not where."""
    even = np.full_like(covered.shares, 1 / max(1, len(covered.classes)))
    return Cover(covered.classes, even, np.zeros((0, 4), np.float32))


def draw_targets(covers: Sequence[Cover], rng: np.random.Generator) -> DenseTargets:
    """The targets of a batch: small shares are raised by a square root; `ASKED` patches for each box."""
    shown = np.zeros((len(covers), len(covers[0].shares), CLASSES), np.float32)
    questions: list[tuple[int, int, int, np.ndarray]] = []
    for n, covered in enumerate(covers):
        shown[n, :, 0] = np.sqrt(np.maximum(0, 1 - covered.shares.sum(axis=1)))
        shown[n][:, covered.classes] = np.sqrt(covered.shares)
        for column, (class_id, box) in enumerate(zip(covered.classes, covered.boxes, strict=False)):
            seen = np.flatnonzero(covered.shares[:, column] >= LEAST_SHARE)
            if len(seen):
                weights = covered.shares[seen, column]
                picked = rng.choice(seen, size=ASKED, p=weights / weights.sum())
                questions += [(n, int(p), int(class_id), box) for p in picked]
    shown /= shown.sum(axis=-1, keepdims=True)
    slices, patches, classes, boxes = zip(*questions, strict=True) if questions else ((), (), (), ())
    return DenseTargets(
        torch.from_numpy(shown),
        torch.tensor(slices, dtype=torch.long),
        torch.tensor(patches, dtype=torch.long),
        torch.tensor(classes, dtype=torch.long),
        torch.from_numpy(np.array(boxes, np.float32).reshape(-1, 4)),
    )
