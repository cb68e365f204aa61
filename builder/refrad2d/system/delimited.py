"""Delimited text (CSV, TSV) read strictly: a row that its quotes or its width contradict is broken, never guessed.

    >>> read_delimited('id;text\\n1;"Leber\\nglatt"\\n2;"Milz" glatt\\n').rows
    [Row(line=2, cells=['1', 'Leber\\nglatt'], broken=False), Row(line=4, cells=[], broken=True)]

A quoted cell begins at its delimiter and ends before the next one; quotes inside are doubled; it may hold line breaks.
It may not hold a line that looks like another row of the table: then a quote was left open, and what it swallowed is
somebody else's. Reading goes on at the next line, in time linear in the length of the text.
"""

import re
from collections.abc import Collection, Sequence
from typing import NamedTuple

DELIMITERS = ",;\t|"
_TOKEN_LENGTH = 80  # of a cell that tells rows apart: an identifier, a language


class Row(NamedTuple):
    """One row: the line where it begins (the first is 1), and its cells; none where it is broken."""

    line: int
    cells: list[str]
    broken: bool


class Delimited(NamedTuple):
    """A table: its header, its rows and its delimiter."""

    header: list[str]
    rows: list[Row]
    delimiter: str


class _Record(NamedTuple):
    cells: list[str]
    end: int
    broken: bool


class _Unclosed(Exception):
    """A quotation mark opens a cell and is never closed."""


def read_delimited(text: str, *, alike: Collection[str] = ()) -> Delimited:
    """The table in a text; a first line `sep=;` names the delimiter, else the header tells it.

    `alike` are values (lower case) of one kind, such as the names of languages. ValueError with the number of the line
    if there is no header or a quotation mark is never closed.
    """
    text = text.replace("\r\n", "\n")
    text = text if "\n" in text else text.replace("\r", "\n")
    start, delimiter = _after_separator_line(text)
    start += len(text[start:]) - len(text[start:].lstrip("\n"))
    delimiter = delimiter or guess_delimiter(text[start:].split("\n", 1)[0])
    reader = _Reader(text, delimiter, frozenset(alike))
    try:
        header = reader.record(start)
    except _Unclosed:
        header = _Record([], start, True)
    if header.broken or not any(map(str.strip, header.cells)):
        raise ValueError(f"The report table has no header that can be read in line {reader.line_at(start)}.")
    return Delimited([name.strip() for name in header.cells], reader.rows(header), delimiter)


def guess_delimiter(header: str) -> str:
    """The delimiter that stands most often in a header, outside of quotes."""
    bare = re.sub(r'"[^"]*"', "", header)
    return max(DELIMITERS, key=bare.count)


def _after_separator_line(text: str) -> tuple[int, str]:
    """Where the table begins, and the delimiter that Excel's line `sep=;` names."""
    found = re.match(r'\s*"?sep=(.)"?[^\n\w]*\n', text, re.IGNORECASE)
    return (found.end(), found.group(1)) if found else (0, "")


class _Reader:
    """Reads records one after the other; keeps where lines were counted to, so that counting stays linear."""

    def __init__(self, text: str, delimiter: str, alike: frozenset[str]) -> None:
        self.text, self.delimiter, self.alike = text, delimiter, alike
        self.bare = re.compile(rf"[^{re.escape(delimiter)}\n]*")
        self.counted = (0, 1)  # a position, and the number of its line
        self.last_quote = text.rfind('"')

    def line_at(self, position: int) -> int:
        """The number of the line of a position; positions may only grow."""
        at, line = self.counted
        line += self.text.count("\n", at, position)
        self.counted = (position, line)
        return line

    def rows(self, header: _Record) -> list[Row]:
        rows: list[Row] = []
        width, at = len(header.cells), header.end + 1
        swallower = _Record([], 0, False)  # the last row whose cells hold lines that look like rows
        while at < len(self.text):
            line_end = self.text.find("\n", at)
            line_end = len(self.text) if line_end < 0 else line_end
            if not self.text[at:line_end].strip(" \t\ufeff\x1a"):
                at = line_end + 1
                continue
            try:
                record = self.record(at)
            except _Unclosed:
                if at >= swallower.end:
                    raise ValueError(
                        f"The report table opens a quotation mark in line {self.line_at(at)} and never closes it. "
                        "Close it, or export the table again with quotation marks doubled inside of cells."
                    ) from None
                record = _Record([], line_end, True)
            broken = record.broken or self.swallows(record.cells, width)
            if not broken and at < swallower.end:
                broken = not self.is_own_row(record, swallower, width, one_line=record.end == line_end)
            if broken and record.end > swallower.end:
                swallower = record
            if broken:
                record = record._replace(end=line_end)
            cells = record.cells[:width] if not any(c.strip() for c in record.cells[width:]) else record.cells
            line = self.line_at(at)
            if not broken and len(cells) < width and rows and not rows[-1].broken:
                if not self.count_alike(cells, rows[-1].cells):  # the rest of the row before, torn off
                    rows[-1] = Row(rows[-1].line, [], True)
            broken = broken or len(cells) != width
            rows.append(Row(line, [] if broken else cells, broken))
            at = record.end + 1
        return rows

    def record(self, at: int) -> _Record:
        """The record that begins at a position. _Unclosed if a cell is never closed."""
        text, broken = self.text, False
        cells: list[str] = []
        while True:
            if text.startswith('"', at):
                close = self.closing(at + 1)
                value, at = text[at + 1 : close].replace('""', '"'), close + 1
                if text[at : at + 1] not in ("", "\n", self.delimiter):
                    return _Record(cells, close, True)
            else:
                end = self.bare.match(text, at).end()  # type: ignore[union-attr]  # it may match nothing
                value, at = text[at:end], end
                broken = broken or value.count('"') % 2 == 1
            cells.append(value)
            if at >= len(text) or text[at] == "\n":
                return _Record(cells, at, broken)
            at += 1

    def closing(self, at: int) -> int:
        """The quotation mark that closes a cell."""
        while at <= self.last_quote:
            at = self.text.find('"', at)
            if not self.text.startswith('"', at + 1):
                return at
            at += 2
        raise _Unclosed

    def swallows(self, cells: Sequence[str], width: int) -> bool:
        """True if a cell of several lines holds one that looks like a row of its own."""
        needed = self.needed(cells, width)
        inner = (line for cell in cells if "\n" in cell for line in cell.split("\n")[1:])
        parts = (line.split(self.delimiter) for line in inner if self.delimiter in line)
        return any(self.count_alike(part, cells) >= needed for part in parts)

    def is_own_row(self, record: _Record, swallower: _Record, width: int, *, one_line: bool) -> bool:
        """True if a record inside of another row's cells is a row: like that row, and no quote runs across its end."""
        whole = one_line or (len(record.cells) == width and (swallower.broken or record.end <= swallower.end))
        return whole and self.count_alike(record.cells, swallower.cells) >= self.needed(swallower.cells, width)

    @staticmethod
    def needed(cells: Sequence[str], width: int) -> int:
        """In how many columns a line has to be like a row, to be a row of its own: in one or two identifiers."""
        return max(1, min(2, sum(map(_is_token, cells[:width]))))

    def count_alike(self, cells: Sequence[str], row: Sequence[str]) -> int:
        """In how many columns cells look like the identifiers of a row."""
        pairs = ((cell, own) for cell, own in zip(cells, row, strict=False) if _is_token(own) and _is_token(cell))
        return sum(self.kind(cell) == self.kind(own) for cell, own in pairs)

    def kind(self, cell: str) -> str:
        """What cells of one column share: the pattern of an identifier, a language."""
        cell = cell.strip().strip('"').casefold()
        if cell in self.alike:
            return "*"
        return re.sub(r"\d+", "9", re.sub(r"[^\W\d_]+", "a", cell)) if re.search(r"\d", cell) else cell


def _is_token(cell: str) -> bool:
    cell = cell.strip()
    return 0 < len(cell) <= _TOKEN_LENGTH and not re.search(r"\s", cell)
