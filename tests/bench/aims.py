"""What was aimed at before the base was trained, beside what was reached: a table of docs/results.md.

    python -m tests.bench.aims

Aims are the project's own, set before these weights; figures come from the files in docs/results.
"""

import json
import sys
from collections.abc import Mapping
from typing import Any, NamedTuple

from radgrounder.results.comparison import show_figure
from tests.fixtures.paths import ROOT

RESULTS = ROOT / "docs/results"
WHY = "WHY"


class Aim(NamedTuple):
    """A bound of one figure: at least so much, or at most where `most`; `file` and `path` say where the figure stands."""

    what: str
    bound: float
    file: str
    path: tuple[str, ...]
    most: bool = False


AIMS = (
    Aim("mIoU, abdomen CT, site A", 0.80, "sites.json", ("abdomen_ct", "A", "base")),
    Aim("the same above the mean box", 0.25, "sites.json", ("abdomen_ct", "A", "above mean box")),
    Aim("mIoU, abdomen MR, site A", 0.70, "sites.json", ("abdomen_mr", "A", "base")),
    Aim("mIoU, mean of nine regions, site A", 0.65, "sites.json", ("mean of nine", "A", "base")),
    Aim("the same, structures of 16 px and more", 0.72, "sites.json", ("mean of nine", "A", "large")),
    Aim("absent structures with a box", 0.05, "base.json", ("grounding", "absent_boxed"), most=True),
    Aim("present structures with a box", 0.98, "base.json", ("grounding", "present_boxed")),
    Aim("G-IoU of reports, by class", 0.45, "base.json", ("grounding", "g_iou_class")),
    Aim("report F1 above the majority's", 0.25, "base.json", ("report", "f1_over_majority")),
    Aim("finding F1 of reports", 0.60, "base.json", ("report", "finding_f1")),
    Aim("demo: what training adds to mIoU", 0.25, "demo-changes.json", ("grounding.miou",)),
    Aim("demo: mIoU above the mean box", 0.20, "demo-after.json", ("grounding", "miou_over_prior")),
)


def find(found: Mapping[str, Any], path: tuple[str, ...]) -> Mapping[str, Any] | None:
    """The figure at a path of nested mappings, None if it is not there."""
    for name in path:
        found = found.get(name, {})
    return found if "mean" in found else None


def section() -> str:
    """The table, and why the aims are missed."""
    return f"{table()}\n\n{WHY}"


def table() -> str:
    """A Markdown table, one line an aim whose figure there is."""
    rows = []
    for aim in AIMS:
        figure = find(json.loads((RESULTS / aim.file).read_text(encoding="utf-8")), aim.path)
        if figure is None or figure["mean"] is None:
            continue
        reached = figure["mean"] <= aim.bound if aim.most else figure["mean"] >= aim.bound
        sign = "≤" if aim.most else "≥"
        rows.append(f"| {aim.what} | {sign} {aim.bound:.2f} | {show_figure(figure)} | {'yes' if reached else 'no'} |")
    return "\n".join(["| | aim | reached [interval] | |", "|---|---|---|---|", *rows])


if __name__ == "__main__":
    print(table())
    sys.exit(0)
