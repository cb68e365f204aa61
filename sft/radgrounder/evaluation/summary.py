"""Scores of single answers become figures: by section, by subgroup, and as gaps between groups.

>>> summarise(columns, extra, items, scores)["grounding"]["miou"]
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from radgrounder.benchmarks.base import Column, Item, Scores
from radgrounder.metrics.findings import class_figures, compare_findings
from radgrounder.metrics.intervals import SAMPLES, figures, gap
from refrad2d.grounding import Parsed

# (key, first, second): the gap is first minus second. Sites are set against all other sites beside these.
GAPS = (
    ("language", "de", "en"),
    ("language", "zh", "en"),
    ("modality", "CT", "MR"),
    ("sex", "F", "M"),
    ("size", "small", "large"),
)


def summarise(
    columns: Sequence[Column],
    extra: Sequence[Column],
    items: Sequence[Item],
    scores: Sequence[Scores],
    *,
    samples: int = SAMPLES,
    seed: int = 0,
) -> dict[str, Any]:
    """{section: {name: figure}} of `columns`, the same of `extra` under "additional", then "subgroups" and "gaps".

    Subgroups and gaps are of the columns that judge the model itself: {"section.name": {...}}. Figures are mappings
    {mean, low, high, n}.
    """
    every = [*columns, *extra]
    values = np.array([_column_values(column, items, scores) for column in every]).reshape(len(every), len(items)).T
    clusters = [item.cluster for item in items]
    found = [figure.as_dict() for figure in figures(values, clusters, samples=samples, seed=seed)]
    results: dict[str, Any] = {column.section: {} for column in columns}
    additional: dict[str, Any] = {}
    for place, column, figure in zip([results] * len(columns) + [additional] * len(extra), every, found, strict=True):
        place.setdefault(column.section, {})[column.name] = figure
    subgroups, gaps = {}, {}
    for number, column in enumerate(columns):
        kept = np.flatnonzero(~np.isnan(values[:, number])).tolist()
        if column.is_control or column.is_difference or not len(kept):
            continue
        mine, who = values[kept, number].tolist(), [clusters[n] for n in kept]
        groups = [items[n].groups for n in kept]
        name = f"{column.section}.{column.name}"
        subgroups[name] = _subgroup_figures(mine, groups, who, samples=samples, seed=seed)
        gaps[name] = {
            label: gap(mine, [g.get(key) for g in groups], who, first, second, samples=samples, seed=seed).as_dict()
            for label, key, first, second in _gap_pairs(groups)
        }
    return {**results, "additional": additional, "subgroups": subgroups, "gaps": gaps}


def _column_values(column: Column, items: Sequence[Item], scores: Sequence[Scores]) -> list[float]:
    """What each item adds to a column, NaN where it belongs to another task or control."""
    return [
        score.get(column.measure, np.nan) if item.task in column.tasks and item.control == column.control else np.nan
        for item, score in zip(items, scores, strict=True)
    ]


def _subgroup_figures(
    values: Sequence[float], groups: Sequence[Mapping[str, str]], clusters: Sequence[str], *, samples: int, seed: int
) -> dict[str, dict[str, dict]]:
    out: dict[str, dict[str, dict]] = {}
    for key in sorted({key for group in groups for key in group}):
        members = sorted({group[key] for group in groups if key in group})
        table = [[v if g.get(key) == m else np.nan for m in members] for v, g in zip(values, groups, strict=True)]
        found = figures(np.array(table), clusters, samples=samples, seed=seed)
        out[key] = {member: figure.as_dict() for member, figure in zip(members, found, strict=True)}
    return out


def _gap_pairs(groups: Sequence[Mapping[str, str]]) -> list[tuple[str, str, str, str | None]]:
    """(name, key, first, second) of the gaps that these items can show; second None means all others."""
    present = {pair for group in groups for pair in group.items()}
    pairs: list[tuple[str, str, str, str | None]] = [
        (f"{key}: {first} - {second}", key, first, second)
        for key, first, second in GAPS
        if {(key, first), (key, second)} <= present
    ]
    sites = sorted(value for key, value in present if key == "site")
    return pairs + [(f"site: {site} - others", "site", site, None) for site in sites if len(sites) > 1]


def summarise_findings(
    items: Sequence[Item], answers: Sequence[Parsed], control: str = "", *, samples: int = SAMPLES, seed: int = 0
) -> dict[str, dict[str, dict]]:
    """{class of finding: {precision, recall, f1}} of the reports of the model, or of a control; "all" is the first.

    A finding that the reports of both languages of a slice tell counts twice.
    """
    pairs = [
        (item, answer)
        for item, answer in zip(items, answers, strict=True)
        if item.task == "report" and item.control == control and "modality" in item.groups
    ]
    counts = [
        compare_findings(item.true.text, answer.text, item.language, item.groups["modality"]) for item, answer in pairs
    ]
    found = class_figures(counts, [item.cluster for item, _ in pairs], samples=samples, seed=seed)
    return {name: {key: one.as_dict() for key, one in measures.items()} for name, measures in found.items()}
