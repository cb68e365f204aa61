"""What fine-tuning changed: `python -m radgrounder.demo BEFORE.json AFTER.json` prints both results side by side."""

import json
import sys
from pathlib import Path

SECTIONS = ("grounding", "report", "vqa")


def compare(before: dict, after: dict) -> str:
    """A table with one line a figure: mean and 95 % interval before and after, and how many items were scored."""
    lines = [f"{'':<32}{'base':>22}{'after LoRA':>24}{'n':>8}"]
    for section in SECTIONS:
        for name, figure in after[section].items():
            first = before[section][name]
            lines.append(f"{section + ' ' + name:<32}{_show(first):>22}{_show(figure):>24}{figure['n']:>8}")
    return "\n".join(lines)


def _show(figure: dict) -> str:
    if figure["mean"] is None:
        return "–"
    if figure["low"] is None:  # one patient has no interval
        return f"{figure['mean']:.3f}"
    return f"{figure['mean']:.3f} [{figure['low']:.3f}, {figure['high']:.3f}]"


if __name__ == "__main__":
    results = [json.loads(Path(path).read_text(encoding="utf-8")) for path in sys.argv[1:3]]
    print(compare(*results))
