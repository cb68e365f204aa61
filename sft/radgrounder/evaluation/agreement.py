"""Do graders agree? Krippendorff's alpha and Pearson's correlation from a CSV of ratings.

    radgrounder agreement RATINGS.csv --judge NAME

The CSV has the columns id, rater, score: one line a rating, missing ratings are left out. The rater named by --judge is
set against the mean of the others.
"""

import csv
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

LEVELS = ("nominal", "ordinal", "interval")


def read_ratings(path: Path) -> dict[str, dict[str, float]]:
    """Ratings by rater and id. ValueError if a column is missing, a score is no number, or a rating stands twice."""
    with path.open(encoding="utf-8-sig", newline="") as file:
        reader = csv.DictReader(file)
        missing = {"id", "rater", "score"} - set(reader.fieldnames or ())
        if missing:
            raise ValueError(f"{path.name} lacks the column {min(missing)!r}. It needs id, rater and score.")
        ratings: dict[str, dict[str, float]] = {}
        for row in reader:
            mine = ratings.setdefault(row["rater"], {})
            if row["id"] in mine:
                raise ValueError(
                    f"{path.name} rates an id twice in line {reader.line_num}. Keep one rating of each rater."
                )
            try:
                mine[row["id"]] = float(row["score"])
            except ValueError as error:
                raise ValueError(f"Line {reader.line_num} of {path.name} has no number as score.") from error
    return ratings


def krippendorff_alpha(table: np.ndarray, level: str = "ordinal") -> float:
    """Krippendorff's alpha of a table (raters, items), NaN where a rater has not rated.

    1 is perfect agreement, 0 what chance gives. Items with fewer than two ratings do not count; NaN if there are none
    left, 1 if all ratings are equal. ValueError for an unknown level. Source: Krippendorff 2011, computing by
    coincidence matrix.
    """
    if level not in LEVELS:
        raise ValueError(f"Unknown level {level!r}. Choose from {', '.join(LEVELS)}.")
    table = np.asarray(table, dtype=np.float64)
    values = np.unique(table[~np.isnan(table)])
    counts = np.stack([(table == value).sum(axis=0) for value in values], axis=1) if len(values) else np.zeros((0, 0))
    counts = counts[counts.sum(axis=1) >= 2].astype(np.float64)
    if not len(counts):
        return float("nan")
    rated = counts.sum(axis=1, keepdims=True)
    coincidences = (counts / (rated - 1)).T @ counts - np.diag((counts / (rated - 1)).sum(axis=0))
    totals = coincidences.sum(axis=0)
    distance = _distances(values, totals, level)
    observed = (coincidences * distance).sum()
    expected = (np.outer(totals, totals) * distance).sum() / (totals.sum() - 1)
    return float(1 - observed / expected) if expected else 1.0


def _distances(values: np.ndarray, totals: np.ndarray, level: str) -> np.ndarray:
    """The squared difference of every pair of values on a scale of this level."""
    if level == "nominal":
        return 1.0 - np.eye(len(values))
    if level == "interval":
        return (values[:, None] - values[None, :]) ** 2
    middle = np.cumsum(totals) - totals / 2  # ranks between two values: all in between, and half of both
    return (middle[:, None] - middle[None, :]) ** 2


def agreement(ratings: Mapping[str, Mapping[str, float]], *, judge: str | None = None) -> dict[str, Any]:
    """Alpha among the human raters, alpha with the judge as one more, and Pearson of the judge with their mean.

    ValueError if the judge is not among the raters, or if nobody else is.
    """
    humans = sorted(set(ratings) - {judge})
    if judge is not None and judge not in ratings:
        raise ValueError(f"No rater is called {judge!r}. Choose from {', '.join(sorted(ratings))}.")
    if not humans:
        raise ValueError("There is nobody to agree with. Give ratings of at least one other rater.")
    ids = sorted({i for mine in ratings.values() for i in mine})
    table = np.array([[ratings[rater].get(i, np.nan) for i in ids] for rater in humans])
    results = {"raters": len(humans), "items": len(ids), "alpha": _number(krippendorff_alpha(table))}
    if judge is None:
        return results
    mine = np.array([ratings[judge].get(i, np.nan) for i in ids])
    rated = ~np.isnan(table).all(axis=0) & ~np.isnan(mine)
    pearson = float("nan")
    if rated.sum() >= 3:
        means = np.nanmean(table[:, rated], axis=0)
        if np.ptp(means) > 0 and np.ptp(mine[rated]) > 0:
            pearson = float(np.corrcoef(means, mine[rated])[0, 1])
    alpha = krippendorff_alpha(np.vstack([table, mine]))
    return results | {"alpha_with_judge": _number(alpha), "pearson": _number(pearson), "pairs": int(rated.sum())}


def _number(value: float) -> float | None:
    return None if np.isnan(value) else value
