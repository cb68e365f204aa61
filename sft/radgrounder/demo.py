"""What fine-tuning changed: `python -m radgrounder.demo BEFORE.json AFTER.json` prints both results side by side."""

import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

SECTIONS = ("grounding", "report", "vqa")


def compare(before: Mapping[str, Any], after: Mapping[str, Any]) -> str:
    """A Markdown table, one line a figure: mean and 95 % interval before and after, and how many items were scored."""
    rows = [("figure", "base", "after LoRA", "n"), ("-", "-", "-", "-")]
    for section in SECTIONS:
        for name, figure in after.get(section, {}).items():
            first = before[section][name]
            rows.append(
                (f"{section} {name.replace('_', ' ')}", show_figure(first), show_figure(figure), str(figure["n"]))
            )
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return "\n".join("| " + " | ".join(_fill(c, w) for c, w in zip(row, widths, strict=True)) + " |" for row in rows)


def _fill(cell: str, width: int) -> str:
    return cell.ljust(width, "-" if cell == "-" else " ")


def show_figure(figure: Mapping[str, Any]) -> str:
    """Mean and interval; a dash where nothing was scored."""
    if figure["mean"] is None:
        return "–"
    if figure["low"] is None:  # one patient has no interval
        return f"{figure['mean']:.3f}"
    return f"{figure['mean']:.3f} [{figure['low']:.3f}, {figure['high']:.3f}]"


if __name__ == "__main__":
    results = [json.loads(Path(path).read_text(encoding="utf-8")) for path in sys.argv[1:3]]
    print(compare(*results))
