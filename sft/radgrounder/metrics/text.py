"""Measures of plain text, each for one pair of texts, in [0, 1], higher is better.

    >>> round(token_f1("Die Leber ist glatt.", "Leber glatt", language="de"), 2)
    0.8

Definitions, sources and worked examples: docs/evaluation.md.
"""

import unicodedata
from collections import Counter

ARTICLES = {
    "en": frozenset({"a", "an", "the"}),
    "de": frozenset("der die das den dem des ein eine einen einem einer eines".split()),
}


def normalise(text: str, language: str | None = None) -> str:
    """The text as SQuAD compares it: case, punctuation and articles gone, one space between words.

    `language` ("en", "de") says whose articles go, None means both. Umlauts count as letters, however they were
    composed; ß equals ss; Chinese characters are words of their own. A text of articles alone keeps them, so that the
    choice "A" does not become nothing. Source: Rajpurkar et al. 2016, evaluation script, extended to German.
    """
    folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())
    letters = "".join(c for c in folded if unicodedata.category(c)[0] not in "PS" and unicodedata.category(c) != "Cf")
    kept = unicodedata.normalize("NFKC", letters)  # a mark may now follow another letter
    words = "".join(f" {c} " if _is_chinese(c) else c for c in kept).split()
    articles = ARTICLES[language] if language in ARTICLES else ARTICLES["en"] | ARTICLES["de"]
    return " ".join([word for word in words if word not in articles] or words)


def _is_chinese(character: str) -> bool:
    return "\u3400" <= character <= "\u9fff"


def exact_match(prediction: str, truth: str, *, language: str | None = None) -> float:
    """1.0 if both are the same after `normalise`, else 0.0."""
    return float(normalise(prediction, language) == normalise(truth, language))


def token_overlap(prediction: str, truth: str, *, language: str | None = None) -> tuple[float, float, float]:
    """(precision, recall, F1) of the words as bags. Two empty texts score 1, an empty one and a full one 0."""
    predicted, true = (normalise(text, language).split() for text in (prediction, truth))
    if not predicted or not true:
        return (1.0,) * 3 if predicted == true else (0.0,) * 3
    shared = sum((Counter(predicted) & Counter(true)).values())
    return shared / len(predicted), shared / len(true), 2 * shared / (len(predicted) + len(true))


def token_f1(prediction: str, truth: str, *, language: str | None = None) -> float:
    """Token F1 of SQuAD."""
    return token_overlap(prediction, truth, language=language)[2]


def token_recall(prediction: str, truth: str, *, language: str | None = None) -> float:
    """The share of the true words that the prediction has."""
    return token_overlap(prediction, truth, language=language)[1]
