"""What training changed: `python -m radgrounder.results.changes BEFORE AFTER`, two --out folders of `radgrounder eval`.

Prints the figures of both side by side with the paired change of each, and leaves the changes in AFTER/changes.json.
"""

import argparse
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from radgrounder.results.comparison import SECTIONS, changes, columns_of, format_changes, read_rows, show_figure

__all__ = ["SECTIONS", "changes", "columns_of", "format_changes", "main", "show_figure"]


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
