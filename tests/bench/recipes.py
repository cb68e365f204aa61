"""What both recipes of the demo took and reached: `python -m tests.bench.recipes build/demo`, part of `make demo-recipes`.

Minutes are those that the trainer counts, without loading; answers seen are its epochs times the answers of the training
rows. Written to build/demo/recipes/training.json, printed with the figures and their paired differences.
"""

import argparse
import ast
import json
import sys
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from radgrounder.benchmarks.refrad2d import read_split
from radgrounder.results.comparison import show_figure
from refrad2d.system.markdown import table

RUNS = {"stock": ("stock", "dataset/refrad2d"), "packed": (".", "rows")}  # folder of the run, rows it is trained on
FIGURES = {"grounding.miou": "mIoU", "vqa.accuracy_closed": "closed VQA", "report.f1": "report F1"}
CHANGES, TRAINING = "recipes/changes.json", "recipes/training.json"


def read_log(path: Path) -> dict[str, float]:
    """Minutes and epochs of a training from what the trainer printed last. ValueError if there is no such line."""
    lines = path.read_text(encoding="utf-8").splitlines() if path.is_file() else []
    last = next(
        (line[line.index("{") : line.rindex("}") + 1] for line in reversed(lines) if "'train_runtime'" in line), None
    )
    if last is None:
        raise ValueError(
            f"{path} does not say how long a training took. Delete {path.parent / 'adapter'} and run make demo-recipes."
        )
    found = ast.literal_eval(last)
    return {"minutes": float(found["train_runtime"]) / 60, "epochs": float(found["epoch"])}


def count_answers(conversations: Iterable[Sequence[Mapping[str, Any]]]) -> int:
    """Answers of the model in the `messages` of rows."""
    return sum(message["role"] == "assistant" for messages in conversations for message in messages)


def measure(demo: Path) -> dict[str, dict[str, float]]:
    """Minutes, epochs and answers seen by recipe."""
    found = {}
    for name, (run, data) in RUNS.items():
        one = read_log(demo / run / "training.log")
        rows = read_split(str(demo / data), "sft", "train")
        assert rows is not None
        found[name] = {**one, "answers": round(one["epochs"] * count_answers(rows["messages"]))}
    return found


def format_recipes(
    training: Mapping[str, Mapping[str, float]],
    results: Mapping[str, Mapping[str, Any]],
    changes: Mapping[str, Mapping[str, Any]],
) -> str:
    """A Markdown table: a line a recipe, and the paired difference, packed minus stock."""
    rows = []
    for name in RUNS:
        of = [results[name][section][figure] for section, figure in (key.split(".") for key in FIGURES)]
        took = (f"{training[name]['minutes']:.1f}", f"{training[name]['answers']:,}")
        rows.append((name, *took, *map(show_figure, of)))
    rows.append(("packed − stock", "", "", *(show_figure(changes[key], sign="+") for key in FIGURES)))
    return table(("recipe", "minutes of training", "answers seen", *FIGURES.values()), rows, padded=True)


def main() -> int:
    """Measure, write the file and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("demo", type=Path, help="what make demo-recipes left")
    demo = parser.parse_args().demo
    training = measure(demo)
    (demo / TRAINING).write_text(json.dumps(training, indent=2) + "\n", encoding="utf-8")
    results = {name: json.loads((demo / run / "results.json").read_text("utf-8")) for name, (run, _) in RUNS.items()}
    print(format_recipes(training, results, json.loads((demo / CHANGES).read_text("utf-8"))))
    return 0


if __name__ == "__main__":
    sys.exit(main())
