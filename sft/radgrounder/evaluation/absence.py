"""Does a model know what is not there? The area under the ROC curve of its own confidence that there is a box.

>>> roc_auc(np.array([0.9, 0.8, 0.3]), np.array([0.4, 0.1]))
0.8333333333333334
"""

from collections.abc import Mapping, Sequence

import numpy as np
from scipy.stats import rankdata

from radgrounder.benchmarks.base import ABSENT_ASKED, Item
from radgrounder.metrics.intervals import LEVEL, Figure

SHARES = (0.9, 0.95, 0.98, 0.99)  # of present structures with a box: the points of the curve that are told


def roc_auc(present: np.ndarray, absent: np.ndarray) -> float:
    """How often a present structure has the higher confidence, ties half; both (n,), NaN if one of them is empty."""
    if not len(present) or not len(absent):
        return np.nan
    ranks = rankdata(np.concatenate([present, absent]))[: len(present)].sum()
    return float((ranks - len(present) * (len(present) + 1) / 2) / (len(present) * len(absent)))


def absent_at(present: np.ndarray, absent: np.ndarray, shares: Sequence[float] = SHARES) -> list[dict[str, float]]:
    """Points of the ROC curve: the share of absent structures with a box where the threshold gives so many present ones
    theirs; both (n,), confidences that there is a box. Empty if one of them is.

    >>> absent_at(np.array([0.9, 0.8, 0.3]), np.array([0.4, 0.1]), [0.5, 1.0])
    [{'present_boxed': 0.5, 'absent_boxed': 0.0}, {'present_boxed': 1.0, 'absent_boxed': 0.5}]
    """
    if not len(present) or not len(absent):
        return []
    bounds = np.quantile(present, [1 - share for share in shares])
    found = [(absent >= bound).mean() for bound in bounds]
    return [{"present_boxed": p, "absent_boxed": round(float(a), 4)} for p, a in zip(shares, found, strict=True)]


def asked_places(items: Sequence[Item], confidences: Mapping[str, float]) -> tuple[list[Item], np.ndarray, np.ndarray]:
    """The locate prompts with a confidence that ask the model for what is there or not, their confidences (n,) and
    which of them ask for what is there (n,) bool."""
    asked = [i for i in items if i.task == "locate" and i.control in ("", ABSENT_ASKED) and i.id in confidences]
    there = np.array([not item.control for item in asked], bool)
    return asked, np.array([confidences[item.id] for item in asked]), there


def absence_curve(items: Sequence[Item], confidences: Mapping[str, float]) -> list[dict[str, float]]:
    """`absent_at` of these answers."""
    _, sure, there = asked_places(items, confidences)
    return absent_at(sure[there], sure[~there])


def absence_auc(items: Sequence[Item], confidences: Mapping[str, float], *, samples: int, seed: int) -> Figure:
    """ROC AUC of the locate prompts with a confidence, asked for present against absent; its interval over clusters."""
    asked, sure, there = asked_places(items, confidences)
    mean = roc_auc(sure[there], sure[~there]) if len(asked) else np.nan
    if np.isnan(mean):
        return Figure(None, None, None, 0)
    _, codes = np.unique([item.cluster for item in asked], return_inverse=True)
    members = [np.flatnonzero(codes == code) for code in range(codes.max() + 1)]
    rng, drawn = np.random.default_rng(seed), []
    for _ in range(min(samples, 1000) if len(members) > 1 else 0):
        chosen = np.concatenate([members[n] for n in rng.integers(len(members), size=len(members))])
        drawn.append(roc_auc(sure[chosen][there[chosen]], sure[chosen][~there[chosen]]))
    tail = (1 - LEVEL) / 2
    kept = [value for value in drawn if not np.isnan(value)]
    low, high = np.quantile(kept, (tail, 1 - tail)).tolist() if kept else (None, None)
    return Figure(mean, low, high, len(asked))


def choose_offset(present: np.ndarray, *, lost: float) -> float:
    """What to add to the log-odds of "not visible" so that the share `lost` of present structures gets no box.

    `present` are those log-odds of structures that are shown, (n,); 0 for none.

    >>> choose_offset(np.linspace(-9, -1, 101), lost=0.05)
    1.4
    """
    return 0.0 if not len(present) else round(-float(np.quantile(present, 1 - lost)), 4)
