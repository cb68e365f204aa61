"""Two systems on the same rows: paired differences, their intervals, permutation tests; and what training changed.

    radgrounder compare BEFORE AFTER
    radgrounder compare BEFORE/predictions.jsonl AFTER/predictions.jsonl [--where site=C]

With `--where` only the rows of one subgroup count: a model that never saw site C against one that did, on site C, is
the leave-one-site-out gap.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from radgrounder.benchmarks.base import ASKED, Column, facts_of, find_module
from radgrounder.metrics.intervals import SAMPLES, Comparison, compare
from radgrounder.results.tables import format_figure
from refrad2d.system.markdown import table

SECTIONS = ("grounding", "report", "vqa")

Figures = Mapping[str, Mapping[str, float | int | None]]  # by "section.name": mean, low, high, n


@dataclass(frozen=True)
class Row:
    """A scored answer of a predictions.jsonl: `asked` is what it must share with its counterpart, `control` as of
    `Item`."""

    asked: tuple[str, str]
    cluster: str
    groups: Mapping[str, str]
    scores: Mapping[str, float | None]
    control: str = ""


def read_rows(path: Path) -> dict[str, Row]:
    """The rows that judge the model itself, by id. ValueError if the file has none, or holds a run that was cut off."""
    if not path.is_file():
        raise ValueError(f"There is no {path}. Give the predictions.jsonl of a finished run.")
    found = {}
    for line in filter(None, path.read_text(encoding="utf-8").split("\n")):
        row = json.loads(line)
        if "scores" not in row:
            raise ValueError(f"{path} is of a run that did not finish. Run radgrounder eval again.")
        if row["control"] in ASKED:
            asked = (row["task"], row["true"])
            found[row["id"]] = Row(asked, row["cluster"], row["groups"], row["scores"], row["control"])
    if not found:
        raise ValueError(f"{path} has no rows. Give the predictions.jsonl of a finished run.")
    return found


def pair_rows(
    first: Mapping[str, Row], second: Mapping[str, Row], where: Mapping[str, str] | None = None
) -> list[tuple[Row, Row]]:
    """The rows that both runs have, of the subgroup `where`.

    ValueError if one asks another thing in the two runs, or if none is left.
    """
    wanted = (where or {}).items()
    shared = [i for i in first if i in second and wanted <= first[i].groups.items()]
    other = [i for i in shared if first[i].asked != second[i].asked]
    if other:
        raise ValueError(f"Row {other[0]!r} has another answer key in the two runs. Judge both on the same data.")
    if not shared:
        raise ValueError("The two runs share no row. Judge both on the same benchmark, data and limit.")
    return [(first[i], second[i]) for i in shared]


def compare_measure(
    pairs: Sequence[tuple[Row, Row]],
    tasks: Sequence[str],
    measure: str,
    control: str = "",
    *,
    samples: int = SAMPLES,
    seed: int = 0,
) -> Comparison | None:
    """First minus second in one measure over the rows of these tasks, asked in this way, that both score; None where
    there is none."""
    scored = [
        (a, b, first.cluster)
        for first, second in pairs
        if first.asked[0] in tasks and first.control == control
        if (a := first.scores.get(measure)) is not None
        if (b := second.scores.get(measure)) is not None
    ]
    return compare(*zip(*scored, strict=True), samples=samples, seed=seed) if scored else None


def compare_runs(
    first: Mapping[str, Row],
    second: Mapping[str, Row],
    *,
    where: Mapping[str, str] | None = None,
    samples: int = SAMPLES,
    seed: int = 0,
) -> dict[tuple[str, str], Comparison]:
    """First minus second for every (task, measure) that both score, over the rows that both have.

    ValueError if a shared id asks another thing in the two runs, or if no row is left.
    """
    pairs = pair_rows(first, second, where)
    measures = dict.fromkeys((row.asked[0], name) for row, _ in pairs if not row.control for name in row.scores)
    found = {key: compare_measure(pairs, key[:1], key[1], samples=samples, seed=seed) for key in measures}
    return {key: compared for key, compared in found.items() if compared}


def format_comparison(found: Mapping[tuple[str, str], Comparison]) -> str:
    """A Markdown table, differences in points."""
    rows = [
        (
            task,
            name.replace("_", " "),
            format_figure(compared.difference.as_dict()),
            f"{compared.p:.4f}",
            compared.difference.n,
        )
        for (task, name), compared in found.items()
    ]
    return table(("task", "measure", "difference [interval]", "p", "n"), rows) + "\n" if rows else ""


# What training changed: two results.json side by side


def changes(
    before: Mapping[str, Row],
    after: Mapping[str, Row],
    columns: Sequence[Column],
    *,
    samples: int = SAMPLES,
    seed: int = 0,
) -> Figures:
    """The mean of after minus before over the rows that both have, by "section.name", with its 95 % interval.

    Whole patients or pictures are resampled, both runs' scores of a row together, so that the interval is narrower than
    those of the two figures. Controls have none. ValueError as of `pair_rows`.
    """
    pairs = pair_rows(after, before)
    found = {}
    for column in columns:
        if column.is_control:
            continue
        asked = (column.tasks, column.measure, column.control)
        if compared := compare_measure(pairs, *asked, samples=samples, seed=seed):
            found[f"{column.section}.{column.name}"] = compared.difference.as_dict()
    return found


def columns_of(benchmark: str) -> Sequence[Column]:
    """The figures of the benchmark of this name. ValueError if there is none."""
    find_module(benchmark)
    return facts_of(benchmark).columns


def format_changes(
    before: Mapping[str, Any], after: Mapping[str, Any], changed: Figures, *, names: Sequence[str] = ("before", "after")
) -> str:
    """A Markdown table of two results.json, called `names`, one line a figure: both, change, number of items scored."""
    rows = []
    for section in SECTIONS:
        for name, figure in after.get(section, {}).items():
            change = changed.get(f"{section}.{name}")
            shown = [show_figure(before[section][name]), show_figure(figure)]
            shown.append(show_figure(change, sign="+") if change else "")
            rows.append((f"{section} {name.replace('_', ' ')}", *shown, figure["n"]))
    return table(("figure", *names, "change", "n"), rows, padded=True)


def show_figure(figure: Mapping[str, Any], sign: str = "") -> str:
    """Mean and interval; a dash where nothing was scored. `sign` "+" shows that of positive numbers too."""
    if figure["mean"] is None:
        return "–"
    mean, *limits = (f"{figure[name]:{sign}.3f}" for name in ("mean", "low", "high") if figure[name] is not None)
    return f"{mean} [{', '.join(limits)}]" if limits else mean  # one patient has no interval
