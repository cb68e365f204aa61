"""The files of docs/results, which commands made, and their figures as a table.

>>> read("base.json")["grounding"]["miou"]["n"]
3050
"""

import json
from collections.abc import Sequence

from radgrounder.results.comparison import SECTIONS, show_figure
from tests.fixtures.paths import ROOT

RESULTS = ROOT / "docs/results"


def is_there(name: str) -> bool:
    """Whether its command was run and collected."""
    return (RESULTS / name).is_file()


def read(name: str) -> dict:
    """A file of docs/results."""
    return json.loads((RESULTS / name).read_text(encoding="utf-8"))


def figures(results: dict, sections: Sequence[str] = SECTIONS) -> str:
    """One line a figure."""
    rows = [
        f"| {section} {name.replace('_', ' ')} | {show_figure(figure)} | {figure['n']} |"
        for section in sections
        for name, figure in results.get(section, {}).items()
    ]
    return "\n".join(["| figure | mean [interval] | n |", "|---|---|---|", *rows])
