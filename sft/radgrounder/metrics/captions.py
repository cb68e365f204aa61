"""CIDEr-D and ROUGE-L of generated reports, one value a text.

    >>> rouge_l("liver is smooth", "the liver is smooth")
    0.8356164383561643

Both split at white space and change nothing else: tokenise and lower-case first where that is wanted.
"""

from collections import Counter, defaultdict
from collections.abc import Sequence

import numpy as np

MAX_N = 4  # n-grams of 1..4 words
SIGMA = 6.0  # width of the length penalty, in bigrams
BETA = 1.2  # ROUGE-L weighs recall by beta squared, as in MS COCO's evaluation


def cider(candidates: Sequence[str], references: Sequence[str]) -> list[float]:
    """CIDEr-D of every candidate against its one reference, each in [0, 10].

    n-grams are weighed by their inverse frequency among the references given, so a value depends on the whole list, and
    a single pair scores 0. Source: Vedantam et al. 2015, the D variant with clipping and a Gaussian length penalty.
    ValueError if the lists differ in length.
    """
    if len(candidates) != len(references):
        raise ValueError(
            f"{len(candidates)} candidates do not fit {len(references)} references. Give one reference for each."
        )
    counted = [_count_ngrams(text) for text in references]
    frequency = Counter(ngram for grams in counted for ngram in grams)
    total = np.log(len(references)) if references else 0.0
    weights = defaultdict(lambda: float(total), {g: float(total - np.log(n)) for g, n in frequency.items()})
    return [
        _similarity(_count_ngrams(candidate), reference, weights)
        for candidate, reference in zip(candidates, counted, strict=True)
    ]


def _count_ngrams(text: str) -> Counter[tuple[str, ...]]:
    words = text.split()
    return Counter(tuple(words[i : i + n]) for n in range(1, MAX_N + 1) for i in range(len(words) - n + 1))


def _similarity(candidate: Counter, reference: Counter, weights: defaultdict) -> float:
    """Ten times the mean over n of the clipped cosine of the weighted n-gram counts."""
    dot, norms, lengths = np.zeros(MAX_N), np.zeros((2, MAX_N)), [0, 0]
    for side, counts in enumerate((candidate, reference)):
        for ngram, count in counts.items():
            norms[side, len(ngram) - 1] += (count * weights[ngram]) ** 2
            lengths[side] += count if len(ngram) == 2 else 0
    for ngram in candidate.keys() & reference.keys():
        weight = weights[ngram]
        dot[len(ngram) - 1] += min(candidate[ngram], reference[ngram]) * reference[ngram] * weight**2
    scale = np.sqrt(norms[0] * norms[1])
    cosine = np.divide(dot, scale, out=np.zeros(MAX_N), where=scale > 0)
    penalty = np.exp(-((lengths[0] - lengths[1]) ** 2) / (2 * SIGMA**2))
    return float(10 * cosine.mean() * penalty)


def rouge_l(candidate: str, reference: str) -> float:
    """ROUGE-L of a candidate: F with beta 1.2 of the longest common subsequence of words, in [0, 1].

    Two empty texts score 1, an empty one and a full one 0. Source: Lin 2004.
    """
    first, second = candidate.split(), reference.split()
    if not first or not second:
        return float(first == second)
    shared = _common_subsequence(first, second)
    precision, recall = shared / len(first), shared / len(second)
    return (1 + BETA**2) * precision * recall / (recall + BETA**2 * precision) if shared else 0.0


def _common_subsequence(first: Sequence[str], second: Sequence[str]) -> int:
    """The length of the longest common subsequence, one row of the table at a time."""
    row = [0] * (len(second) + 1)
    for word in first:
        diagonal = 0
        for j, other in enumerate(second, start=1):
            above = row[j]
            row[j] = diagonal + 1 if word == other else max(above, row[j - 1])
            diagonal = above
    return row[-1]
