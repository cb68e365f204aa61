"""What a design can see: the smallest difference that it finds in 80 of 100 repetitions.

>>> detectable(Parts(seeds=(1e-4, 1e-4), patients=1e-2, rest=(1e-2, 1e-2)), seeds=5, patients=80)
"""

from collections.abc import Sequence

import numpy as np
from scipy.stats import t as student

from radgrounder.claims.crossed import LEVEL, Parts, satterthwaite

POWER = 0.8


def detectable(parts: Parts, *, seeds: int, patients: int, power: float = POWER) -> float:
    """The difference that a two-sided 5 % test of `seeds` runs an arm on `patients` patients finds with this power.

    (t at 97.5 % + t at the power) · standard error, with the degrees of freedom of the design (Cohen 1988, ch. 2, with
    t for the normal distribution). ValueError for less than two seeds or patients.
    """
    if seeds < 2 or patients < 2:
        raise ValueError(f"{seeds} seeds and {patients} patients give no interval. Take two or more of each.")
    rows = [(own + rest / patients) / seeds for own, rest in zip(parts.seeds, parts.rest, strict=True)]
    rest = sum(parts.rest) / (seeds * patients)
    column = parts.patients / patients + rest
    variance = max(sum(rows) + column - rest, 0.0)
    freedom = satterthwaite(variance, (*rows, column), [seeds - 1] * len(rows), patients - 1)
    return float((student.ppf((1 + LEVEL) / 2, freedom) + student.ppf(power, freedom)) * np.sqrt(variance))


def pooled(found: Sequence[Parts]) -> Parts:
    """The mean of several differences' parts, the arms of each taken alike: two seeds tell little of their spread, the
    pairs of several arms together tell more. ValueError for none."""
    if not found:
        raise ValueError("There are no differences to take the parts of. Train two seeds of two arms first.")
    seeds = float(np.mean([own for parts in found for own in parts.seeds]))
    rest = float(np.mean([own for parts in found for own in parts.rest]))
    return Parts((seeds, seeds), float(np.mean([parts.patients for parts in found])), (rest, rest))
