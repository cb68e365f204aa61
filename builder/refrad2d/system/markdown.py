"""Tables in Markdown.

>>> print(table(["split", "rows"], [["train", 3]]))
| split | rows |
| --- | --- |
| train | 3 |
"""

from collections.abc import Iterable, Sequence


def table(header: Sequence[object], rows: Iterable[Sequence[object]]) -> str:
    """A table without a line end after its last row."""
    return "\n".join(table_row(cells) for cells in (header, ["---"] * len(header), *rows))


def table_row(cells: Iterable[object]) -> str:
    """One line of a table."""
    return f"| {' | '.join(map(str, cells))} |"
