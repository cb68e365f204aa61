"""Rows as a Markdown table.

>>> print(markdown_table(("figure", "n"), [("f1", 12)]))
| figure | n |
| --- | --- |
| f1 | 12 |
"""

from collections.abc import Sequence
from typing import Any


def markdown_table(header: Sequence[str], rows: Sequence[Sequence[Any]], *, padded: bool = False) -> str:
    """The table without a line end after its last row; empty if there are no rows.

    `padded` gives every column one width, for tables that are read in a terminal.
    """
    if not rows:
        return ""
    lines = [list(map(str, line)) for line in (header, *rows)]
    widths = [max(map(len, column)) if padded else 0 for column in zip(*lines, strict=True)]
    rule = ["-" * width if padded else "---" for width in widths]
    return "\n".join(
        "| " + " | ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)) + " |"
        for line in (lines[0], rule, *lines[1:])
    )
