"""Do answers follow a change of the picture? Scores of the questions of `changed`, each beside its controls.

>>> scores = [dict(score_change(item, said, truth)) for item in items]
>>> change_figures(items, scores)["moved_follows_over_control"]["low"] > 0
"""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from radgrounder.benchmarks.base import Column, Item, Scores
from radgrounder.metrics.boxes import iou
from radgrounder.metrics.findings import read_findings
from radgrounder.metrics.intervals import SAMPLES, Figure, constant_limits, figures
from refrad2d.grounding import Box, Parsed
from refrad2d.phantom.findings import PlantedFinding, describe_finding
from refrad2d.phantom.series import get_region
from refrad2d.questions.known import said_findings

NAME = "interventions"
HOLDS_IOU = 0.8  # of two boxes that count as the same
FOUND_IOU = 0.5
SIDES = {"left": "right", "right": "left"}

# What each is a mean of; docs/evaluation.md says what its control is.
RATES = (
    "mirror_sides",  # the box of a paired structure is nearer to its side
    "mirror_follows",  # the box of a structure that changes place lies at the new one, IoU 0.5 or more
    "mirror_swaps",  # of a pair of which one side is shown, that one gets a box and the other none
    "mirror_report_sides",  # the report tells the finding of the other side
    "removed_goes",  # the report told of a finding, and does not when it is taken out
    "added_comes",  # the report did not tell of a finding, and does when it is put in
    "moved_iou",  # IoU with the new place of an organ
    "moved_follows",  # IoU with the new place is larger than with the old one
    "scaled_iou",
    "scaled_follows",
    "contrast_holds",  # the box stays, IoU 0.8 or more
    "contrast_iou",  # IoU of the box before and after
)
PLACED = ("mirror_sides", "mirror_follows", "moved_iou", "moved_follows", "scaled_iou", "scaled_follows")
UNCHANGED = ("mirror_sides", "mirror_follows", "mirror_swaps", "moved_iou", "scaled_iou")


def _ends(rate: str) -> tuple[str, ...]:
    """Of the names of what stands beside a rate: its control and the mean box, what it has over them, paired, and the
    unchanged picture's answer held to the unchanged truth."""
    prior = ("_prior", "_over_prior") if rate in PLACED else ()
    return "_control", "_over_control", *prior, *(("_before",) if rate in UNCHANGED else ())


NAMES = tuple(f"{rate}{end}" for rate in RATES for end in ("", *_ends(rate)))
COLUMNS = tuple(Column(NAME, name, ("locate", "report"), "", name) for name in NAMES)


@dataclass
class Truth:
    """What answers are held to, by id of the item."""

    before: dict[str, Box] = field(default_factory=dict)  # the place of the structure in the unchanged picture
    rival: dict[str, Box] = field(default_factory=dict)  # the new place of its counterpart
    typical: dict[str, Box] = field(default_factory=dict)  # its mean box in other patients
    findings: dict[str, PlantedFinding] = field(default_factory=dict)  # of a report


def mirror_name(label: str) -> str:
    """The class at the other side: kidney_left → kidney_right; a class without a side stays itself."""
    return "_".join(SIDES.get(word, word) for word in label.split("_"))


def mirror_box(box: Box) -> Box:
    """The box in the mirror image."""
    return 1 - box[2], box[1], 1 - box[0], box[3]


def tells(text: str, finding: PlantedFinding, modality: str) -> bool:
    """Whether an English report affirms the finding: by one of its names, and at its place if it says a place."""
    called = set(describe_finding(finding)["called"])
    places = {finding.host, re.sub("_(left|right)$", "", finding.host), finding.name}
    return any(
        said.name in called and (not where or places & set(where))
        for said, where in said_findings(text, "en", modality)
    )


def sides_told(text: str, finding: PlantedFinding, modality: str) -> set[str]:
    """The sides, left and right, of which an English report states what may be called like the finding."""
    called = set(describe_finding(finding)["called"])
    words = [
        word
        for said in read_findings(text, "en", modality)
        if said.name in called
        for word in (said.side or "", *(word for place in said.places for word in place.split("_")))
    ]
    return set(words) & set(SIDES)


def score_change(item: Item, said: Mapping[str, Parsed], truth: Truth) -> Iterator[tuple[str, float]]:
    """The measures of one item by the answers to all, by id; none of an item that another one is compared with."""
    change, _, rest = item.id.partition("/")
    if item.control:
        return
    if item.task == "report":
        yield from _score_report(item, said, truth.findings[item.id])
    elif change == "swapped":
        yield from _score_swap(rest, said)
    elif change == "contrast":
        yield from _score_contrast(rest, said)
    else:
        yield from _score_place(item, said, truth)


def change_figures(
    items: Sequence[Item], scores: Sequence[Scores], *, samples: int = SAMPLES, seed: int = 0
) -> dict[str, dict[str, Any]]:
    """{name: {mean, low, high, n}} of all NAMES, patients resampled; the exact bound where all patients are alike."""
    kept = [(item.cluster, score) for item, score in zip(items, scores, strict=True) if not item.control]
    values = np.array([[score.get(name, np.nan) for name in NAMES] for _, score in kept]).reshape(-1, len(NAMES))
    clusters = np.array([cluster for cluster, _ in kept])
    found = figures(values, clusters.tolist(), samples=samples, seed=seed)
    counts = [len(set(clusters[~np.isnan(column)].tolist())) for column in values.T]
    return {name: _widened(name, one, count).as_dict() for name, one, count in zip(NAMES, found, counts, strict=True)}


def _widened(name: str, one: Figure, patients: int) -> Figure:
    """The figure, with the exact bound where its interval has no width."""
    if one.mean is None or one.low is None or one.high is None or one.high - one.low > 1e-9:
        return one
    low, high = constant_limits(one.mean, patients, (-1.0, 1.0) if "_over_" in name else (0.0, 1.0))
    return Figure(one.mean, low, high, one.n)


def _rate(
    name: str, value: float, beside: Mapping[str, float], before: float | None = None
) -> Iterator[tuple[str, float]]:
    """A rate, its controls, and what it has over each of them."""
    yield name, float(value)
    for end, other in beside.items():
        yield f"{name}_{end}", float(other)
        yield f"{name}_over_{end}", float(value) - float(other)
    if before is not None:
        yield f"{name}_before", float(before)


def _score_place(item: Item, said: Mapping[str, Parsed], truth: Truth) -> Iterator[tuple[str, float]]:
    """Of a structure that was mirrored, moved or scaled."""
    change, _, rest = item.id.partition("/")
    new, old = item.true.spans[0].box, truth.before[item.id]
    answer, before = _box_of(said[item.id]), _box_of(said[f"before/{rest}"])
    beside = {"control": before} | ({"prior": truth.typical[item.id]} if item.id in truth.typical else {})

    def rate(name: str, hits: Callable[[Box | None], float], unchanged: float | None = None):
        return _rate(f"{change}_{name}", hits(answer), {end: hits(box) for end, box in beside.items()}, unchanged)

    if change != "mirror":
        yield from rate("iou", lambda box: iou(box, new), iou(before, old))
        yield from rate("follows", lambda box: iou(box, new) > iou(box, old))
        return
    if rival := truth.rival.get(item.id):
        yield from rate("sides", lambda box: _is_nearer(box, new, rival), _is_nearer(before, old, mirror_box(new)))
    if iou(new, old) < FOUND_IOU:
        yield from rate("follows", lambda box: iou(box, new) >= FOUND_IOU, iou(before, old) >= FOUND_IOU)


def _score_swap(rest: str, said: Mapping[str, Parsed]) -> Iterator[tuple[str, float]]:
    """`rest` names the class that the mirror image shows; the unchanged picture shows its counterpart alone."""
    other = mirror_name(rest)
    boxed = lambda kind, of: bool(said[f"{kind}/{of}"].spans)  # noqa: E731
    after = boxed("swapped", rest) and not boxed("swapped_gone", other)
    control = boxed("before_gone", rest) and not boxed("before", other)
    before = boxed("before", other) and not boxed("before_gone", rest)
    yield from _rate("mirror_swaps", after, {"control": control}, before)


def _score_contrast(rest: str, said: Mapping[str, Parsed]) -> Iterator[tuple[str, float]]:
    answer, before = _box_of(said[f"contrast/{rest}"]), _box_of(said[f"before/{rest}"])
    if before is None:
        return
    shared = {"": iou(answer, before)}
    if f"other/{rest}" in said:
        shared["control"] = iou(_box_of(said[f"other/{rest}"]), before)
    holds = {end: float(one >= HOLDS_IOU) for end, one in shared.items()}
    for name, found in (("contrast_holds", holds), ("contrast_iou", shared)):
        yield from _rate(name, found.pop(""), found)


def _score_report(item: Item, said: Mapping[str, Parsed], finding: PlantedFinding) -> Iterator[tuple[str, float]]:
    change, _, rest = item.id.partition("/")
    modality = get_region(item.groups["region"]).modality
    told = lambda kind: tells(said[f"{kind}/{rest}"].text, finding, modality)  # noqa: E731
    sides = lambda kind: sides_told(said[f"{kind}/{rest}"].text, finding, modality)  # noqa: E731
    side = describe_finding(finding)["side"]
    if change == "without" and told("with"):
        yield from _rate("removed_goes", not told("without"), {"control": not told("with_again")})
    elif change == "added" and not told("plain"):
        yield from _rate("added_comes", told("added"), {"control": told("plain_again")})
    elif change == "flipped" and sides("with") == {side}:
        swapped = {SIDES[side]}
        yield from _rate(
            "mirror_report_sides", sides("flipped") == swapped, {"control": sides("with_again") == swapped}
        )


def _is_nearer(box: Box | None, place: Box, other: Box) -> bool:
    """Whether the middle of a box, if there is one, is nearer to that of one place than to that of the other."""
    middle = lambda one: (one[0] + one[2]) / 2  # noqa: E731  # across the picture
    return box is not None and abs(middle(box) - middle(place)) < abs(middle(box) - middle(other))


def _box_of(answer: Parsed) -> Box | None:
    return answer.spans[0].box if answer.spans else None
