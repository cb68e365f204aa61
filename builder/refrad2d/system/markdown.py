"""Tables in Markdown: the one place that writes them.

>>> print(table(["split", "rows"], [["train", 3]]))
| split | rows |
| --- | --- |
| train | 3 |
"""

from collections.abc import Iterable, Sequence


def table(header: Sequence[object], rows: Iterable[Sequence[object]], *, padded: bool = False) -> str:
    """A table without a line end after its last row; without rows it is its header.

    `padded` gives every column one width, for tables that are read in a terminal.
    """
    lines = [[str(cell) for cell in cells] for cells in (header, *rows)]
    widths = [max(map(len, column)) if padded else 0 for column in zip(*lines, strict=True)]
    rule = ["-" * width if padded else "---" for width in widths]
    return "\n".join(
        table_row(cell.ljust(width) for cell, width in zip(cells, widths, strict=True))
        for cells in (lines[0], rule, *lines[1:])
    )


def table_row(cells: Iterable[object]) -> str:
    """One line of a table."""
    return f"| {' | '.join(map(str, cells))} |"
