"""One report from many: of the sentences that a model sampled for a picture, those that most of its samples bear out.

Greedy decoding ends a report early, since a full stop is likelier than any one of the sentences that might follow, and
one sample says what others deny. This is minimum Bayes risk decoding (Kumar and Byrne 2004) with token F1 as the gain,
a sentence at a time.
"""

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from radgrounder.inference.confidence import Generated
from radgrounder.metrics.text import normalise
from refrad2d.grounding import Parsed, Span, as_box, neutralise, render
from refrad2d.text.sentences import split_sentences

Mention = tuple[int, int, tuple[str, ...]]  # start and end in the sentence, labels
Saying = tuple[str, tuple[Mention, ...]]  # a sentence with its mentions


@dataclass(frozen=True)
class SampledReport:
    """A report that the model sampled, the confidence of each of its spans, and whether it runs in circles."""

    parsed: Parsed
    confidences: Sequence[float]
    looped: bool = False

    @property
    def readable(self) -> bool:
        """Whether its markup could be parsed, its bytes are characters, and it comes to an end."""
        return not self.parsed.invalid and not self.looped and "\N{REPLACEMENT CHARACTER}" not in self.parsed.text


@dataclass(frozen=True)
class SharedSentence:
    """A sentence that samples say: its spans lie where those samples put them in the median; `share` of all say it."""

    text: str
    spans: tuple[Span, ...]
    confidences: tuple[float, ...]
    share: float
    place: float  # in the reports that say it, 0 at the start, below 1

    @property
    def labels(self) -> set[str]:
        """The structures that it is about."""
        return {label for span in self.spans for label in span.labels}


def merge(samples: Sequence[SampledReport], language: str) -> Generated:
    """The consensus as markup, with the confidences of its spans and the mean share of its sentences."""
    sentences = agree(samples, language)
    text, spans = join(sentences)
    confidences = tuple(confidence for sentence in sentences for confidence in sentence.confidences)
    share = sum(sentence.share for sentence in sentences) / max(1, len(sentences))
    looped = all(sample.looped for sample in samples)
    return Generated(render(neutralise(text), spans), spans=confidences, share=share, looped=looped)


def agree(samples: Sequence[SampledReport], language: str) -> list[SharedSentence]:
    """The sentences of the consensus, in order.

    Each raises the mean token F1 with the samples, and no two are about the same structure. Samples that are not
    readable count only where there are no others.
    """
    samples = [sample for sample in samples if sample.readable] or list(samples)
    sentences = gather(samples, language)
    words = [Counter(normalise(sentence.text, language).split()) for sentence in sentences]
    references = [Counter(normalise(sample.parsed.text, language).split()) for sample in samples]
    chosen: list[int] = []
    report_words, best = Counter[str](), 0.0
    # Greedy: the sentence that brings the report nearest to all samples joins it, until none brings it nearer.
    while True:
        described = {label for number in chosen for label in sentences[number].labels}
        left = [
            number
            for number, sentence in enumerate(sentences)
            if number not in chosen and not sentence.labels & described
        ]
        gains = {number: _mean_f1(report_words + words[number], references) for number in left}
        winner = max(gains, key=gains.__getitem__, default=None)
        if winner is None or gains[winner] <= best:
            return sorted((sentences[number] for number in chosen), key=lambda sentence: sentence.place)
        chosen.append(winner)
        report_words, best = report_words + words[winner], gains[winner]


def gather(samples: Sequence[SampledReport], language: str) -> list[SharedSentence]:
    """The different sentences of the samples, the most frequent first."""
    sayings: dict[Saying, list[tuple[list[Span], list[float], float]]] = defaultdict(list)  # spans, confidences, place
    for sample in samples:
        ranges = split_sentences(sample.parsed.text, language)
        for number, (start, end) in enumerate(ranges):
            inside = [n for n, span in enumerate(sample.parsed.spans) if start <= span.start and span.end <= end]
            spans = [sample.parsed.spans[n] for n in inside]
            mentions = tuple((span.start - start, span.end - start, span.labels) for span in spans)
            said = (spans, [sample.confidences[n] for n in inside], number / len(ranges))
            sayings[sample.parsed.text[start:end], mentions].append(said)
    sentences = []
    for (text, mentions), sayers in sayings.items():
        boxes = np.median([[span.box for span in spans] for spans, *_ in sayers], axis=0).tolist()
        shared = tuple(
            Span(start, end, labels[0], as_box(box), labels, codes_near(box, [spans[n] for spans, *_ in sayers]))
            for n, ((start, end, labels), box) in enumerate(zip(mentions, boxes, strict=True))
        )
        confidences = tuple(np.mean([chances for _, chances, _ in sayers], axis=0).tolist()) if mentions else ()
        place = float(np.mean([where for *_, where in sayers]))
        sentences.append(SharedSentence(text, shared, confidences, len(sayers) / len(samples), place))
    return sorted(sentences, key=lambda sentence: -sentence.share)


def codes_near(box: Sequence[float], spans: Sequence[Span]) -> tuple[int, ...]:
    """The codes of the span with a mask whose box is nearest to this one; none if no span has any."""
    known = [span for span in spans if span.codes]
    nearest = min(known, key=lambda span: sum(abs(a - b) for a, b in zip(span.box, box, strict=True)), default=None)
    return nearest.codes if nearest else ()


def join(sentences: Sequence[SharedSentence]) -> tuple[str, list[Span]]:
    """The report: sentences with a blank between them, and the spans in it."""
    text, spans = "", list[Span]()
    for sentence in sentences:
        text += " " if text else ""
        spans += [replace(span, start=span.start + len(text), end=span.end + len(text)) for span in sentence.spans]
        text += sentence.text
    return text, spans


def _mean_f1(words: Counter[str], references: Sequence[Counter[str]]) -> float:
    """Mean token F1 of a bag of words with others."""
    size = words.total()
    shared = [sum((words & other).values()) / max(1, size + other.total()) for other in references]
    return 2 * float(np.mean(shared))
