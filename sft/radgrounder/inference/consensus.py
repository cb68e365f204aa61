"""One report from many: of the sentences that a model sampled for a picture, those that most of its samples bear out.

Greedy decoding ends a report early, since a full stop is likelier than any one of the sentences that might follow, and
one sample says what others deny. This is minimum Bayes risk decoding (Kumar and Byrne 2004) with token F1 as the gain,
a sentence at a time.
"""

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from radgrounder.metrics.text import normalise
from refrad2d.grounding import Parsed, Span
from refrad2d.text.sentences import split_sentences


@dataclass(frozen=True)
class Sample:
    """A sampled report, and the confidence of each of its spans."""

    parsed: Parsed
    confidences: Sequence[float]

    @property
    def readable(self) -> bool:
        """Whether its markup could be parsed and its bytes are characters."""
        return not self.parsed.invalid and "\N{REPLACEMENT CHARACTER}" not in self.parsed.text


@dataclass(frozen=True)
class Statement:
    """A sentence: its spans lie where the samples that say it put them in the median; `share` of all samples say it."""

    text: str
    spans: tuple[Span, ...]
    confidences: tuple[float, ...]
    share: float
    place: float  # in the reports that say it, 0 at the start, below 1

    @property
    def labels(self) -> set[str]:
        """The structures that it is about."""
        return {label for span in self.spans for label in span.labels}


def agree(samples: Sequence[Sample], language: str) -> list[Statement]:
    """The sentences of the consensus, in order.

    Each raises the mean token F1 with the samples, and no two are about the same structure. Samples that are not
    readable count only where there are no others.
    """
    samples = [one for one in samples if one.readable] or list(samples)
    statements = gather(samples, language)
    words = [Counter(normalise(one.text, language).split()) for one in statements]
    references = [Counter(normalise(one.parsed.text, language).split()) for one in samples]
    chosen: list[int] = []
    said, best = Counter[str](), 0.0
    while True:
        told = {label for n in chosen for label in statements[n].labels}
        left = [n for n, one in enumerate(statements) if n not in chosen and not one.labels & told]
        gains = {n: _mean_f1(said + words[n], references) for n in left}
        winner = max(gains, key=gains.__getitem__, default=None)
        if winner is None or gains[winner] <= best:
            return sorted((statements[n] for n in chosen), key=lambda one: one.place)
        chosen.append(winner)
        said, best = said + words[winner], gains[winner]


def gather(samples: Sequence[Sample], language: str) -> list[Statement]:
    """The different sentences of the samples, the most frequent first."""
    found = defaultdict(list)
    for one in samples:
        ranges = split_sentences(one.parsed.text, language)
        for number, (start, end) in enumerate(ranges):
            inside = [n for n, span in enumerate(one.parsed.spans) if start <= span.start and span.end <= end]
            spans = [one.parsed.spans[n] for n in inside]
            key = (one.parsed.text[start:end], *((s.start - start, s.end - start, s.labels) for s in spans))
            found[key].append((spans, [one.confidences[n] for n in inside], number / len(ranges)))
    statements = []
    for (text, *marks), said in found.items():
        boxes = np.median([[span.box for span in spans] for spans, *_ in said], axis=0).tolist()
        spans = tuple(
            Span(start, end, labels[0], tuple(box), labels)
            for (start, end, labels), box in zip(marks, boxes, strict=True)
        )
        confidences = tuple(np.mean([chances for _, chances, _ in said], axis=0).tolist()) if marks else ()
        place = float(np.mean([where for *_, where in said]))
        statements.append(Statement(text, spans, confidences, len(said) / len(samples), place))
    return sorted(statements, key=lambda one: -one.share)


def join(statements: Sequence[Statement]) -> tuple[str, list[Span]]:
    """The report: sentences with a blank between them, and the spans in it."""
    text, spans = "", list[Span]()
    for one in statements:
        text += " " if text else ""
        spans += [replace(s, start=s.start + len(text), end=s.end + len(text)) for s in one.spans]
        text += one.text
    return text, spans


def _mean_f1(said: Counter[str], references: Sequence[Counter[str]]) -> float:
    """Mean token F1 of a bag of words with others."""
    size = said.total()
    shared = [sum((said & other).values()) / max(1, size + other.total()) for other in references]
    return 2 * float(np.mean(shared))
