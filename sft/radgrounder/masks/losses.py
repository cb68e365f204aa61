"""The loss of masks: focal + Dice, on targets between 0 and 1.

    >>> mask_loss(logits, targets)      # both (N, rows, columns)

SAM weighs foreground by 0.25 in its focal loss. Here that stayed at empty masks: of 96 × 96 pixels a structure has one
in thirty on average, many a hundred. With 0.75, and a bias of -3 at the start, masks are learned from the first steps.
"""

import torch
from torch.nn import functional

ALPHA = 0.75  # weight of foreground against background; 0.25 stayed at 0
GAMMA = 2.0  # how much less is said about pixels that are right already, as in SAM
FOCAL_WEIGHT = 20.0  # of the focal loss beside Dice, as in SAM
SMOOTH = 1.0  # pixels added to both sides of Dice's fraction, so that small structures do not jump


def mask_loss(logits: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
    """FOCAL_WEIGHT x focal + Dice, the mean over masks; logits and targets in [0, 1] (N, rows, columns); 0 for none."""
    if not len(logits):
        return logits.sum()
    return FOCAL_WEIGHT * focal_loss(logits, targets) + dice_loss(logits, targets)


def focal_loss(logits: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
    """Focal loss (Lin et al. 2017), the mean over pixels."""
    chances = logits.sigmoid()
    entropy = functional.binary_cross_entropy_with_logits(logits, targets, reduction="none")
    right = chances * targets + (1 - chances) * (1 - targets)
    weight = ALPHA * targets + (1 - ALPHA) * (1 - targets)
    return (weight * (1 - right) ** GAMMA * entropy).mean()


def dice_loss(logits: torch.Tensor, targets: torch.Tensor) -> torch.Tensor:
    """1 - Dice of the probabilities, the mean over masks."""
    chances = logits.sigmoid()
    both = (chances * targets).sum((1, 2))
    return (1 - (2 * both + SMOOTH) / (chances.sum((1, 2)) + targets.sum((1, 2)) + SMOOTH)).mean()
