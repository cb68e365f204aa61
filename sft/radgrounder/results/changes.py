"""What training changed: `python -m radgrounder.results.changes BEFORE AFTER`, two --out folders of `radgrounder eval`.

Prints the figures of both side by side with the paired change of each, and leaves the changes in AFTER/changes.json.
"""

import argparse
import json
from collections.abc import Mapping, Sequence
from importlib import import_module
from pathlib import Path
from typing import Any

from radgrounder.benchmarks.base import BENCHMARKS, Column
from radgrounder.metrics.intervals import SAMPLES
from radgrounder.results.comparison import Row, compare_measure, pair_rows, read_rows

SECTIONS = ("grounding", "report", "vqa")

Figures = Mapping[str, Mapping[str, float | int | None]]  # by "section.name": mean, low, high, n


def changes(
    before: Mapping[str, Row], after: Mapping[str, Row], columns: Sequence[Column], *, samples: int = SAMPLES
) -> Figures:
    """The mean of after minus before over the rows that both have, by "section.name", with its 95 % interval.

    Whole patients or pictures are resampled, both runs' scores of a row together, so that the interval is narrower than
    those of the two figures. Controls have none. ValueError as of `pair_rows`.
    """
    pairs = pair_rows(after, before)
    found = {}
    for column in columns:
        if column.control:
            continue
        if compared := compare_measure(pairs, column.tasks, column.measure, samples=samples):
            found[f"{column.section}.{column.name}"] = compared.difference.as_dict()
    return found


def columns_of(benchmark: str) -> Sequence[Column]:
    """The figures of the benchmark of this name."""
    return import_module(f"radgrounder.benchmarks.{BENCHMARKS[benchmark]}").COLUMNS


def format_changes(
    before: Mapping[str, Any], after: Mapping[str, Any], changed: Figures, *, names: Sequence[str] = ("before", "after")
) -> str:
    """A Markdown table of two results.json, called `names`, one line a figure: both, change, number of items scored."""
    rows = [("figure", *names, "change", "n"), ("-",) * 5]
    for section in SECTIONS:
        for name, figure in after.get(section, {}).items():
            change = changed.get(f"{section}.{name}")
            rows.append((
                f"{section} {name.replace('_', ' ')}", show_figure(before[section][name]), show_figure(figure),
                show_figure(change, sign="+") if change else "", str(figure["n"]),
            ))  # fmt: skip
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return "\n".join("| " + " | ".join(_fill(c, w) for c, w in zip(row, widths, strict=True)) + " |" for row in rows)


def _fill(cell: str, width: int) -> str:
    return cell.ljust(width, "-" if cell == "-" else " ")


def show_figure(figure: Mapping[str, Any], sign: str = "") -> str:
    """Mean and interval; a dash where nothing was scored. `sign` "+" shows that of positive numbers too."""
    if figure["mean"] is None:
        return "–"
    mean, *limits = (f"{figure[name]:{sign}.3f}" for name in ("mean", "low", "high") if figure[name] is not None)
    return f"{mean} [{', '.join(limits)}]" if limits else mean  # one patient has no interval


def main(arguments: Sequence[str] | None = None) -> None:
    """Print the table of two folders."""
    parser = argparse.ArgumentParser(prog="python -m radgrounder.results.changes", description=__doc__.split("\n")[0])
    parser.add_argument("before", type=Path)
    parser.add_argument("after", type=Path)
    folders = parser.parse_args(arguments)
    try:
        before, after = (_read(folder) for folder in (folders.before, folders.after))
        if before["benchmark"] != after["benchmark"]:
            raise ValueError(
                f"One run is of {before['benchmark']}, the other of {after['benchmark']}. Give two of one."
            )
        rows = [read_rows(folder / "predictions.jsonl") for folder in (folders.before, folders.after)]
        changed = changes(*rows, columns_of(after["benchmark"]))
    except ValueError as error:
        raise SystemExit(f"error: {error}") from error
    (folders.after / "changes.json").write_text(json.dumps(changed, indent=2) + "\n", encoding="utf-8")
    print(format_changes(before, after, changed))


def _read(folder: Path) -> dict[str, Any]:
    path = folder / "results.json"
    if not path.is_file():
        raise ValueError(f"There is no {path}. Give the --out folder of a finished radgrounder eval.")
    return json.loads(path.read_text(encoding="utf-8"))


if __name__ == "__main__":
    main()
