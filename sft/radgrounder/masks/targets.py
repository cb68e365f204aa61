"""What a head is taught of a slice: its turns with mentions, and a target for each mention, from a row of a dataset.

    >>> lesson = draw_lesson(row, MaskShape.of(config), np.random.default_rng(0), most=6)
    >>> len(lesson.labels) == sum(len(closings(answer)) for _, answer in lesson.turns)

A row is one of the `grounded` config: it holds picture, mask, objects and reports. Absent structures are asked for as
in the `sft` config, answered in words, and have no target.
"""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
from PIL import Image

from radgrounder.masks.shape import PROMPTS, MaskShape
from refrad2d.boxes import visible
from refrad2d.conversations import ABSENT, CONTEXTS, context, prompt, spans_of
from refrad2d.grounding import Box, Span, as_box, render, render_mentions
from refrad2d.labels import LANGUAGES, is_label, label_by_name
from refrad2d.windows import IMAGE_SIZE

JITTER = 2.5 / IMAGE_SIZE  # standard deviation of a box's sides in training: what a model's own boxes err by
ABSENT_SHARE = 0.1  # of the structures asked for

Labels = tuple[str, ...]  # of one mention: "kidneys" has two, its mask is their union


class Lesson(NamedTuple):
    """The turns (prompt, answer) about one slice, and the labels of each mention in their order."""

    turns: list[tuple[str, str]]
    labels: list[Labels]


def draw_lesson(row: Mapping[str, Any], shape: MaskShape, rng: np.random.Generator, *, most: int) -> Lesson:
    """A report with its mentions, and up to `most` structures asked for one by one, in a language drawn for each.

    With the prompt "detection" the answers have boxes, moved a little (`JITTER`), with "mention" they have none.
    """
    turns: list[tuple[str, str]] = []
    labels: list[Labels] = []
    told = [language for language in LANGUAGES if (row["report"].get(language) or {}).get("spans")]
    if told:
        language = told[int(rng.integers(len(told)))]
        report = row["report"][language]
        lines = context(report, language, CONTEXTS[int(rng.integers(len(CONTEXTS)))])
        task = "report_boxes" if shape.prompt == PROMPTS[0] else "report_masks"
        spans = [span for span in spans_of(report["spans"]) if has_mask(span.labels) or shape.prompt == PROMPTS[0]]
        turns.append((prompt(task, language, context=lines), _answer(report["findings"], spans, shape, rng)))
        labels += [span.labels for span in spans]
    shown = visible(row["objects"])
    for number in rng.permutation(len(shown))[:most]:
        found, language = shown[int(number)], LANGUAGES[int(rng.integers(len(LANGUAGES)))]
        turns.append(_ask(found["label"], as_box(found["box"]), language, shape, rng))
        labels.append((found["label"],))
    absent = row.get("absent") or []
    if absent and (not turns or rng.random() < ABSENT_SHARE * most):
        label, language = absent[int(rng.integers(len(absent)))], LANGUAGES[int(rng.integers(len(LANGUAGES)))]
        turns.append((_asking(label, language, shape), ABSENT[language]))
    return Lesson(turns, labels)


def _asking(label: str, language: str, shape: MaskShape) -> str:
    task = "locate" if shape.prompt == PROMPTS[0] else "segment"
    return prompt(task, language, name=label_by_name(label).display(language))


def _ask(label: str, box: Box, language: str, shape: MaskShape, rng: np.random.Generator) -> tuple[str, str]:
    name = label_by_name(label).display(language)
    return _asking(label, language, shape), _answer(name, [Span(0, len(name), label, box)], shape, rng)


def _answer(text: str, spans: Sequence[Span], shape: MaskShape, rng: np.random.Generator) -> str:
    if shape.prompt != PROMPTS[0]:
        return render_mentions(text, spans)
    return render(text, [Span(s.start, s.end, s.label, _moved(s.box, rng), s.labels) for s in spans])


def _moved(box: Box, rng: np.random.Generator) -> Box:
    x0, y0, x1, y1 = (float(c) for c in np.clip(np.asarray(box) + rng.normal(0, JITTER, 4), 0, 1))
    return min(x0, x1), min(y0, y1), max(x0, x1), max(y0, y1)


def has_mask(labels: Labels) -> bool:
    """True if all labels are classes: what else is pointed at, a finding, has a box but no mask to learn from."""
    return all(is_label(name) for name in labels)


def as_mask(stored: Any) -> np.ndarray:
    """The class ids (rows, columns) uint8 of a stored mask: a picture or an array."""
    return np.asarray(stored, dtype=np.uint8)


def select(mask: np.ndarray, labels: Labels) -> np.ndarray:
    """The pixels (rows, columns) bool of any of the labels. ValueError if one is no class."""
    return np.isin(mask, [label_by_name(name).id for name in labels])


def soft_target(mask: np.ndarray, labels: Labels, size: int) -> np.ndarray:
    """The share of each of size x size pixels that is of any of the labels, float32 in [0, 1]."""
    whole = Image.fromarray(select(mask, labels).astype(np.float32))
    return np.asarray(whole.resize((size, size), Image.Resampling.BOX))
