"""Best, worst and random answers of every subgroup, with true and predicted boxes drawn: one HTML file, no script.

    open OUT/gallery.html

The page holds pictures and report texts of the test rows: share it as far as the data may be shared.
"""

import base64
import io
from collections import Counter
from collections.abc import Mapping, Sequence
from hashlib import sha256
from html import escape
from string import Template
from typing import NamedTuple

import numpy as np
from PIL import Image

from radgrounder.benchmarks.base import Benchmark, Item, Scores
from refrad2d.grounding import Parsed, Span
from refrad2d.system.tables import read_text

EACH = 3  # answers of a kind (best, worst, random) in a subgroup
MOST_VALUES = 12  # subgroups of a key: the most frequent ones
MEASURES = {"locate": "iou", "report": "f1", "vqa": "f1"}  # what best and worst go by


class Answer(NamedTuple):
    """One judged answer and what its task goes by."""

    item: Item
    parsed: Parsed
    value: float


def build_gallery(
    rows: Benchmark, items: Sequence[Item], answers: Sequence[Parsed], scores: Sequence[Scores], *, seed: int = 0
) -> str:
    """The page: for each task all answers, then each subgroup; every picture is stored once, as PNG."""
    judged = [
        Answer(item, answer, score[MEASURES[item.task]])
        for item, answer, score in zip(items, answers, scores, strict=True)
        if not item.control and not np.isnan(score.get(MEASURES[item.task], np.nan))
    ]
    used: dict[str, str] = {}
    sections = []
    for task in MEASURES:
        mine = [answer for answer in judged if answer.item.task == task]
        for title, members in _subgroups(task, mine):
            cards = [
                _draw_card(kind, answer, used) for kind, chosen in _choose(members, seed).items() for answer in chosen
            ]
            sections.append(_section(f"{title} ({len(members)})", cards))
    pictures = [
        f'<image id="{name}" width="1" height="1" href="{_png(rows.picture(key))}"/>' for key, name in used.items()
    ]
    template = Template(read_text(__package__, "gallery.html"))
    return template.substitute(
        title=escape(f"{rows.name}: best, worst and random answers"),
        summary=f"{len(judged)} answers, by {', '.join(f'{m} ({t})' for t, m in MEASURES.items())}.",
        pictures="\n".join(pictures),
        sections="\n".join(sections),
    )


def _subgroups(task: str, answers: Sequence[Answer]) -> list[tuple[str, list[Answer]]]:
    """(title, members): all answers of a task, then those of each value of each key that tells any apart."""
    groups = [(task, list(answers))] if answers else []
    for key in sorted({key for answer in answers for key in answer.item.groups}):
        counts = Counter(answer.item.groups[key] for answer in answers if key in answer.item.groups)
        if len(counts) < 2:
            continue
        for value, _ in sorted(counts.most_common(MOST_VALUES)):
            groups.append((f"{task}, {key} {value}", [a for a in answers if a.item.groups.get(key) == value]))
    return groups


def _choose(members: Sequence[Answer], seed: int) -> Mapping[str, Sequence[Answer]]:
    """The best, the worst and a random few; the random ones are drawn by hash, whatever their value."""
    ranked = sorted(members, key=lambda answer: (-answer.value, answer.item.id))
    drawn = sorted(members, key=lambda answer: sha256(f"{seed} {answer.item.id}".encode()).digest())
    return {"best": ranked[:EACH], "worst": ranked[::-1][:EACH], "random": drawn[:EACH]}


def _section(title: str, cards: Sequence[str]) -> str:
    return f'<section><h2>{escape(title)}</h2><div class="row">{"".join(cards)}</div></section>'


def _draw_card(kind: str, answer: Answer, used: dict[str, str]) -> str:
    """A picture with both sides' boxes, and what was asked, answered and right."""
    item, parsed, value = answer
    name = used.setdefault(item.image, f"p{len(used)}")
    boxes = [_rect(span, side) for side, text in (("true", item.true), ("predicted", parsed)) for span in text.spans]
    return (
        f'<figure><svg viewBox="0 0 1 1" preserveAspectRatio="none"><use href="#{name}"/>{"".join(boxes)}</svg>'
        f"<figcaption><b>{kind} {value:.2f}</b> {escape(' '.join(item.prompt.split()))}<br>"
        f'<span class="true">{escape(item.true.text)}</span><br>'
        f'<span class="predicted">{escape(parsed.text)}</span></figcaption></figure>'
    )


def _rect(span: Span, side: str) -> str:
    x_min, y_min, x_max, y_max = span.box
    return (
        f'<rect class="{side}" x="{x_min:.4f}" y="{y_min:.4f}" width="{x_max - x_min:.4f}" '
        f'height="{y_max - y_min:.4f}"><title>{side}: {escape(span.label)}</title></rect>'
    )


def _png(picture: np.ndarray) -> str:
    file = io.BytesIO()
    Image.fromarray(picture).save(file, format="PNG")
    return "data:image/png;base64," + base64.b64encode(file.getvalue()).decode()
