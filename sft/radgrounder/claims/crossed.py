"""Seeds and patients together: the scores of an arm as seeds × patients, the parts of their variance, one bootstrap.

    >>> gap = difference(panel(runs_of_one), panel(runs_of_other), samples=2000)
    >>> gap.mean, gap.low, gap.high

Every seed is a training run, every patient is judged by all of them: two crossed factors, both drawn from many more.
Averaging over seeds first, and resampling patients alone, takes five runs for all runs there could be.

- Bootstrap: seeds and patients are drawn independently and a cell weighs by the product of both (Owen, "The pigeonhole
  bootstrap", Ann. Appl. Stat. 1:386, 2007). Patients are drawn once for both arms, which are judged on the same ones,
  seeds for each arm. Of n units n - 1 are drawn: with five seeds the variance of n draws is a fifth too small
  (McCarthy & Snowden, "The bootstrap and finite population sampling", 1985).
- That bootstrap counts what is left of a cell beside its seed and its patient three times instead of once (Owen 2007,
  section 4). The two copies too many are taken off, by the mean square of the residual.
- Interval: mean ± t · standard error, with the degrees of freedom of the sum (Satterthwaite, Biometrics Bull. 2:110,
  1946): where seeds dominate they are few, and 1.96 would be too short.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from scipy.stats import t as student

LEVEL = 0.95

Scores = Mapping[str, tuple[float, str]]  # item → its score and its patient


@dataclass(frozen=True)
class Panel:
    """`sums` (seeds, patients) of scores, `counts` (patients,) of items. One seed is a control: it has no chance of
    training."""

    sums: np.ndarray
    counts: np.ndarray
    patients: tuple[str, ...]

    @property
    def mean(self) -> float:
        """Over all items, then over seeds."""
        return float(self.sums.sum() / (len(self.sums) * self.counts.sum()))

    def effects(self) -> np.ndarray:
        """(seeds, patients): what each cell adds to the mean, so that their mean is 0. A patient with more items weighs
        more, as in the mean."""
        return (self.sums - self.mean * self.counts) * (len(self.counts) / self.counts.sum())


@dataclass(frozen=True)
class Parts:
    """Variances of a cell of a difference: of the seeds of each arm, of patients, and the rest of each arm's cells."""

    seeds: tuple[float, ...]
    patients: float
    rest: tuple[float, ...]


@dataclass(frozen=True)
class Gap:
    """A difference with its standard error, degrees of freedom and 95 % interval; `n` patients and `seeds` of each."""

    mean: float
    error: float
    freedom: float
    low: float
    high: float
    n: int
    seeds: int


def panel(runs: Sequence[Scores]) -> Panel:
    """The scores of the runs of an arm. ValueError if they were judged on other items, or on none."""
    if not runs or not runs[0] or len({frozenset(run) for run in runs}) != 1:
        raise ValueError("The seeds were judged on different items, or none. Delete the runs and judge all alike.")
    patients = sorted({patient for _, patient in runs[0].values()})
    number = {patient: n for n, patient in enumerate(patients)}
    items = list(runs[0])
    codes = np.array([number[runs[0][item][1]] for item in items])
    sums = [np.bincount(codes, [run[item][0] for item in items], len(patients)) for run in runs]
    return Panel(np.array(sums), np.bincount(codes, minlength=len(patients)).astype(float), tuple(patients))


def difference(first: Panel, second: Panel, *, samples: int, seed: int = 0) -> Gap:
    """`first` minus `second`, on the same patients and items. ValueError if they are not."""
    _require_same(first, second)
    drawn = resample(first, second, samples=samples, seed=seed)
    sides, patients = [len(side.sums) for side in (first, second)], len(first.counts)
    squares, rests = mean_squares(first, second), estimate(first, second).rest
    rest = sum(own / (count * patients) for own, count in zip(rests, sides, strict=True))
    least = max(sum(squares[:2]), squares[2]) / 2  # what is taken off is an estimate, too
    error = float(np.sqrt(max(drawn.var() - 2 * rest, least)))
    freedom = satterthwaite(max(sum(squares) - rest, least), squares, [count - 1 for count in sides], patients - 1)
    mean, half = first.mean - second.mean, float(student.ppf((1 + LEVEL) / 2, freedom)) * error
    return Gap(mean, error, freedom, mean - half, mean + half, patients, max(sides))


def resample(first: Panel, second: Panel, *, samples: int, seed: int) -> np.ndarray:
    """(samples,) differences of resampled seeds and patients."""
    times = _draws(len(first.counts), samples, (seed, 0))
    items, means = times @ first.counts, []
    for number, side in enumerate((first, second), 1):
        runs = _draws(len(side.sums), samples, (seed, number))
        means.append(((runs @ side.sums) * times).sum(1) / (runs.sum(1) * items))
    return means[0] - means[1]


@lru_cache(maxsize=64)
def _draws(units: int, samples: int, seed: tuple[int, int]) -> np.ndarray:
    """(samples, units) how often each unit is drawn; all once where there is only one. The same for all differences."""
    if units == 1:
        return np.ones((samples, 1))
    drawn = np.random.default_rng(seed).integers(units, size=(samples, units - 1))
    numbers = drawn + np.arange(samples)[:, None] * units
    return np.bincount(numbers.ravel(), minlength=samples * units).reshape(samples, units).astype(float)


def mean_squares(first: Panel, second: Panel) -> tuple[float, float, float]:
    """What the seeds of each arm, and the patients, add to the variance of the difference, the rest included."""
    sides = [side.effects() for side in (first, second)]
    seeds = [float(z.mean(1).var(ddof=1) / len(z)) if len(z) > 1 else 0.0 for z in sides]
    shared = sides[0].mean(0) - sides[1].mean(0)
    return seeds[0], seeds[1], float(shared.var(ddof=1) / len(shared))


def estimate(first: Panel, second: Panel) -> Parts:
    """The parts of the variance by the method of moments; none is below 0."""
    sides = [side.effects() for side in (first, second)]
    patients = len(first.counts)
    rest = []
    for z in sides:
        left = z - z.mean(1, keepdims=True) - z.mean(0)
        rest.append(float((left**2).sum() / ((len(z) - 1) * (patients - 1))) if len(z) > 1 else 0.0)
    *seeds, shared = mean_squares(first, second)
    own = [
        max(0.0, square * len(z) - left / patients) if len(z) > 1 else 0.0
        for square, z, left in zip(seeds, sides, rest, strict=True)
    ]
    mixed = sum(left / len(z) for left, z in zip(rest, sides, strict=True))
    return Parts(tuple(own), max(0.0, shared * patients - mixed), tuple(rest))


def satterthwaite(total: float, squares: Sequence[float], seeds: Sequence[int], patients: int) -> float:
    """Degrees of freedom of a variance `total` that is made of mean squares: of both arms' seeds, and of patients;
    `seeds` and `patients` are their own degrees."""
    below = sum(square**2 / own for square, own in zip(squares, (*seeds, patients), strict=True) if own and square)
    return float(max(1.0, total**2 / below)) if below else float(patients)


def _require_same(first: Panel, second: Panel) -> None:
    if first.patients != second.patients or not np.array_equal(first.counts, second.counts):
        raise ValueError("The arms were judged on different patients or items. Judge all on one test set.")
    if len(first.counts) < 2:
        raise ValueError("One patient alone gives no interval. Judge on more.")
