"""Figures with their uncertainty: bootstrap intervals and paired permutation tests, clustered by patient or image.

    >>> figure([1.0, 0.0, 1.0, 1.0], ["p1", "p1", "p2", "p3"]).mean
    0.75

Items of one patient (or one image) rise and fall together, so whole clusters are drawn, never single items.
"""

from collections.abc import Hashable, Sequence
from dataclasses import dataclass

import numpy as np

SAMPLES = 10_000
LEVEL = 0.95
EXACT_CLUSTERS = 12  # so few clusters have at most 4,096 sign patterns: count them all instead of drawing
_CHUNK = 500  # resamples at a time: bounds the memory at chunk x clusters counts


@dataclass(frozen=True)
class Figure:
    """A mean over `n` scored items and its interval.

    All but `n` are None where nothing was scored; `low` and `high` are None where one cluster alone gives no interval.
    """

    mean: float | None
    low: float | None
    high: float | None
    n: int

    def as_dict(self) -> dict[str, float | int | None]:
        """{mean, low, high, n}, as results.json holds it."""
        return {"mean": self.mean, "low": self.low, "high": self.high, "n": self.n}


@dataclass(frozen=True)
class Comparison:
    """A difference of two means (first minus second), its interval, and the p-value of a paired permutation test."""

    difference: Figure
    p: float


def figure(values: Sequence[float], clusters: Sequence[Hashable], *, samples: int = SAMPLES, seed: int = 0) -> Figure:
    """The mean of the values that are not NaN, with its 95 % percentile interval over resampled clusters."""
    return figures(np.asarray(values, dtype=np.float64).reshape(-1, 1), clusters, samples=samples, seed=seed)[0]


def figures(values: np.ndarray, clusters: Sequence[Hashable], *, samples: int = SAMPLES, seed: int = 0) -> list[Figure]:
    """One `Figure` a column of `values` (items, columns); NaN marks what a column does not score.

    A column has the interval of its own clusters: those without a scored item in it are not drawn for it.
    """
    values, codes = _check(values, clusters)
    scored = ~np.isnan(values)
    groups: dict[bytes, list[int]] = {}
    for column in range(values.shape[1]):  # columns that the same clusters score share one draw
        present = np.unique(codes[scored[:, column]])
        groups.setdefault(present.tobytes(), []).append(column)
    out: list[Figure] = [Figure(None, None, None, 0)] * values.shape[1]
    for columns in groups.values():
        rows = scored[:, columns].any(axis=1)
        if not rows.any():
            continue
        means = resample_means(values[np.ix_(rows, columns)], codes[rows].tolist(), samples=samples, seed=seed)
        for column, drawn in zip(columns, means.T, strict=True):
            items = values[scored[:, column], column]
            alone = len(np.unique(codes[scored[:, column]])) == 1
            low, high = (None, None) if alone else _limits(drawn)
            out[column] = Figure(float(items.mean()), low, high, len(items))
    return out


def gap(
    values: Sequence[float],
    groups: Sequence[Hashable],
    clusters: Sequence[Hashable],
    first: Hashable,
    second: Hashable | None = None,
    *,
    samples: int = SAMPLES,
    seed: int = 0,
) -> Figure:
    """The mean of group `first` minus that of group `second` (None: of all others), clusters drawn once for both.

    `n` counts the scored items of both. Mean None if either group is empty; no interval if a group has one cluster.
    """
    column, codes = _check(np.asarray(values, dtype=np.float64).reshape(-1, 1), clusters)
    members = np.array([[g == first, g != first if second is None else g == second] for g in groups], dtype=bool)
    pair = np.where(members.reshape(-1, 2), column, np.nan)
    scored = ~np.isnan(pair)
    if not scored.any(axis=0).all():
        return Figure(None, None, None, int(scored.sum()))
    mean = float(np.nanmean(pair[:, 0]) - np.nanmean(pair[:, 1]))
    if min(len(np.unique(codes[scored[:, side]])) for side in (0, 1)) == 1:
        return Figure(mean, None, None, int(scored.sum()))
    rows = scored.any(axis=1)
    drawn = resample_means(pair[rows], codes[rows].tolist(), samples=samples, seed=seed)
    low, high = _limits(drawn[:, 0] - drawn[:, 1])
    return Figure(mean, low, high, int(scored.sum()))


def resample_means(
    values: np.ndarray, clusters: Sequence[Hashable], *, samples: int = SAMPLES, seed: int = 0
) -> np.ndarray:
    """Column means of `samples` draws of as many clusters as there are, with replacement: (samples, columns).

    A mean is the sum of all drawn items over their number, so large clusters weigh more, as they do in the mean itself.
    NaN where a draw holds no scored item.
    """
    values, codes = _check(values, clusters)
    count = int(codes.max()) + 1
    scored = ~np.isnan(values)
    sums = np.zeros((count, 2 * values.shape[1]))
    np.add.at(sums, codes, np.hstack([np.where(scored, values, 0.0), scored]))
    generator, out = np.random.default_rng(seed), np.empty((samples, sums.shape[1]))
    for start in range(0, samples, _CHUNK):
        size = min(_CHUNK, samples - start)
        drawn = generator.integers(count, size=(size, count)) + np.arange(size)[:, None] * count
        times = np.bincount(drawn.ravel(), minlength=size * count).reshape(size, count)
        out[start : start + size] = times @ sums
    total, number = np.hsplit(out, 2)
    return np.divide(total, number, out=np.full_like(total, np.nan), where=number > 0)


def compare(
    first: Sequence[float],
    second: Sequence[float],
    clusters: Sequence[Hashable],
    *,
    samples: int = SAMPLES,
    seed: int = 0,
) -> Comparison:
    """Two systems on the same rows: is the difference of their means larger than chance?

    Under the null hypothesis a cluster's two sets of scores can be swapped, so the difference of each cluster changes
    its sign with probability 1/2. Two-sided; exact for up to 12 clusters, else p = (1 + hits) / (1 + samples). Rows
    that either system does not score (NaN) are left out of both. ValueError if the lengths differ or nothing is left.
    """
    if not len(first) == len(second) == len(clusters):
        raise ValueError(
            f"{len(first)}, {len(second)} and {len(clusters)} rows cannot be paired. Give scores of the same rows."
        )
    column, codes = _check(np.subtract(first, second, dtype=np.float64).reshape(-1, 1), clusters)
    scored = ~np.isnan(column[:, 0])
    if not scored.any():
        raise ValueError("No row is scored in both systems. Compare the outputs of the same benchmark.")
    totals = np.bincount(np.unique(codes[scored], return_inverse=True)[1], weights=column[scored, 0])
    difference = figure(column[scored, 0].tolist(), codes[scored].tolist(), samples=samples, seed=seed)
    return Comparison(difference, _sign_flip_p(totals, samples, seed))


def _sign_flip_p(totals: np.ndarray, samples: int, seed: int) -> float:
    observed, count = abs(totals.sum()) * (1 - 1e-12) - 1e-12, len(totals)
    if count <= EXACT_CLUSTERS:
        signs = 1 - 2 * ((np.arange(2**count)[:, None] >> np.arange(count)) & 1)
        return float(np.mean(np.abs(signs @ totals) >= observed))
    generator, hits = np.random.default_rng(seed), 0
    for start in range(0, samples, _CHUNK):
        signs = 1 - 2 * generator.integers(2, size=(min(_CHUNK, samples - start), count), dtype=np.int8)
        hits += int((np.abs(signs @ totals) >= observed).sum())
    return (1 + hits) / (1 + samples)


def constant_limits(value: float, clusters: int, bounds: tuple[float, float] = (0.0, 1.0)) -> tuple[float, float]:
    """The 95 % interval of a mean of which all clusters have the same value: resampling them gives it no width.

    By Clopper and Pearson at most the share 1 - 0.025 ** (1 / clusters) of further clusters has less, and at most that
    share more, as far as the `bounds` of a single value allow.
    """
    share = 1 - ((1 - LEVEL) / 2) ** (1 / clusters)
    low, high = bounds
    return value - share * (value - low), value + share * (high - value)


def _limits(drawn: np.ndarray) -> tuple[float, float]:
    tail = 100 * (1 - LEVEL) / 2
    low, high = np.nanpercentile(drawn, [tail, 100 - tail])
    return float(low), float(high)


def _check(values: np.ndarray, clusters: Sequence[Hashable]) -> tuple[np.ndarray, np.ndarray]:
    """Values as (items, columns) float64, and clusters as numbers from 0 on, in order of first appearance."""
    values = np.asarray(values, dtype=np.float64)
    if values.ndim != 2 or len(values) != len(clusters):
        raise ValueError(
            f"Values of shape {values.shape} do not fit {len(clusters)} clusters. Give one row and one cluster an item."
        )
    numbers: dict[Hashable, int] = {}
    codes = [numbers.setdefault(_plain(cluster), len(numbers)) for cluster in clusters]
    return values, np.asarray(codes, dtype=np.intp)


def _plain(cluster: Hashable) -> Hashable:
    return cluster.item() if isinstance(cluster, np.generic) else cluster
