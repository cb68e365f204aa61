"""How sure a model is of its answers and boxes, and the scale that makes such a confidence one to believe.

    >>> Calibration.load("build/demo/model").box(0.3)

A model folder may hold calibration.json, fitted by `radgrounder.evaluation.calibrate`.
"""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from huggingface_hub import hf_hub_download
from huggingface_hub.errors import EntryNotFoundError, HFValidationError, RepositoryNotFoundError

from refrad2d.grounding import Box, parse

FILE = "calibration.json"
KINDS = ("box", "answer")
EDGE = 1e-4  # log-odds of a confidence are taken no closer to 0 and 1 than this


@dataclass(frozen=True)
class Generated:
    """An answer as markup, its token ids up to the end token, and the model's probability of each of them.

    A consensus has no tokens of its own: `spans` are the confidences of its boxes, `share` is that of the samples which
    say its sentences, on average. `looped` is True where the answer runs in circles (`bound.ends_in_loop`).
    """

    markup: str
    ids: tuple[int, ...] = ()
    probabilities: tuple[float, ...] = ()
    spans: tuple[float, ...] = ()
    share: float = 0.0
    looped: bool = False


@dataclass(frozen=True)
class Scale:
    """calibrated log-odds = slope · log-odds + offset (temperature 1 / slope; Platt 1999); the order stays."""

    slope: float = 1.0
    offset: float = 0.0

    def __call__(self, confidence: float) -> float:
        """The calibrated confidence, in [0, 1]."""
        return float(_sigmoid(self.slope * log_odds(np.asarray(confidence, np.float64)) + self.offset))


@dataclass(frozen=True)
class Calibration:
    """One scale for boxes, one for answers; `absent` is added to the log-odds of the answer that a structure is not
    visible, when one is asked where it is."""

    box: Scale = Scale()
    answer: Scale = Scale()
    absent: float = 0.0

    @classmethod
    def load(cls, model: str | Path) -> "Calibration":
        """That of a model folder or Hub name; without one, or without its calibration.json, confidences stay as they
        are."""
        path = Path(model) / FILE
        if not Path(model).is_dir():
            try:
                path = Path(hf_hub_download(str(model), FILE))
            except (EntryNotFoundError, RepositoryNotFoundError, HFValidationError):
                return cls()
        if not path.is_file():
            return cls()
        stored = json.loads(path.read_text(encoding="utf-8"))
        scales = {kind: Scale(stored[kind]["slope"], stored[kind]["offset"]) for kind in KINDS}
        return cls(**scales, absent=stored.get("absent", {}).get("offset", 0.0))


def chance_of_box(answer: Generated) -> float:
    """The probability that a model gave to a box where it was asked for a place, by the first token: of that, or of
    anything but that."""
    first = answer.probabilities[0] if answer.probabilities else 0.0
    return first if parse(answer.markup).spans else 1 - first


def log_odds(confidence: np.ndarray) -> np.ndarray:
    """log(p / (1 - p)) of probabilities of any shape, finite also at 0 and 1."""
    p = np.clip(confidence, EDGE, 1 - EDGE)
    return np.log(p / (1 - p))


def _sigmoid(x: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp(-x))


def answer_confidence(probabilities: Sequence[float]) -> float:
    """The probability of an answer: the product over its tokens, the end token among them. 0 for no token."""
    return float(np.prod(probabilities)) if len(probabilities) else 0.0


def box_confidences(
    bins: Sequence[int | None],
    probabilities: Sequence[float],
    boxes: Sequence[Box],
    decode: Callable[[Sequence[int]], Box],
) -> list[float]:
    """One confidence a box: the mean probability of its four coordinate tokens.

    `bins` has the coordinate of every token, None for others; runs of four that are no box of the text (unreadable
    markup) are passed over. `decode` makes a box of four bins.
    """
    runs = []
    for start in range(len(bins) - 3):
        four = [number for number in bins[start : start + 4] if number is not None]
        if len(four) == 4 and (start == 0 or bins[start - 1] is None):
            runs.append((decode(four), float(np.mean(probabilities[start : start + 4]))))
    confidences, at = [], 0
    for box in boxes:
        while at < len(runs) and runs[at][0] != box:
            at += 1
        confidences.append(runs[at][1] if at < len(runs) else 0.0)
        at += 1
    return confidences
