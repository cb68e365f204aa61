"""Tables that say what the values of masks mean: a file beside the masks, the one that the user names, our schemes.

    >>> parse_table(b'{"labels": {"0": "background", "1": "liver"}}', "dataset.json").names
    {0: 'background', 1: 'liver'}

Read are JSON (number to name, name to number, a list of both, the labels of dataset.json, the segments of dcmqi), CSV
or TSV (columns for number and name, or lines number,name), and the colour tables of FreeSurfer, 3D Slicer, ITK-SNAP.
"""

import csv
import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from refrad2d.images.masks.names import meaning
from refrad2d.images.sources import Source, Unreadable
from refrad2d.labels import labels

SCHEMES = ("total", "total_mr", "unified")
EXTENSIONS = (".json", ".csv", ".tsv", ".txt", ".ctbl", ".lut", ".label", ".lbl")
MAX_TABLE_BYTES = 1 << 20
LONGEST_NAME = 80  # longer ones are sentences: of a report table
_NUMBER = frozenset(
    "number value id index idx label_id labelid labelvalue label_value key no no. nr nr. wert nummer".split()
)
_NAME = frozenset(
    "name class structure organ label_name labelname segmentlabel roi struktur klasse bezeichnung label_text".split()
)
_SNAP = re.compile(r'\s*(\d+)\s+\d+\s+\d+\s+\d+\s+[\d.]+\s+[01]\s+[01]\s+"(.*)"\s*$')
_COLOURS = re.compile(r'\s*(\d+)\s+"?(\S(?:.*?\S)?)"?(?:\s+-?\d+(?:\.\d+)?)+\s*$')
_SUFFIX = re.compile(r"[._-](labels?|names|lut|table|key)$", re.IGNORECASE)
_PLAIN = re.compile(r"\s*(\d+)\s*[\s:=,;]\s*([^\W\d].*?)\s*$")


@dataclass(frozen=True)
class Table:
    """Value → name as a table has it; `contradicts` if it gives a value two names."""

    names: Mapping[int, str] = field(default_factory=dict)
    contradicts: bool = False


def load_scheme(name: str) -> dict[int, str]:
    """Mask value → label name of `total`, `total_mr`, `unified` or of a file for `parse_table`; else ValueError."""
    if name == "total":
        return {label.ct_id: label.name for label in labels() if label.ct_id}
    if name == "total_mr":
        return {label.mr_id: label.name for label in labels() if label.mr_id}
    if name == "unified":
        return {label.id: label.name for label in labels()}
    path = Path(name)
    if not path.is_file():
        raise ValueError(
            f"Unknown mask labels {name!r}. Choose from {', '.join(SCHEMES)}, or name a CSV file of lines number,name."
        )
    table = parse_table(path.read_bytes()[:MAX_TABLE_BYTES], path.name)
    if table is None:
        raise ValueError(f"Mask label file {path.name} has no line number,name. Write one a class, such as 5,liver.")
    if table.contradicts:
        raise ValueError(f"Mask label file {path.name} gives a number two names. Leave one name a number.")
    return dict(table.names)


def may_be_table(source: Source) -> bool:
    """True if a file is called like a table of labels."""
    return source.parts[-1].lower().endswith(EXTENSIONS) and not source.reason


def read_table(source: Source) -> Table | str:
    """The table that a file holds, or the reason for which it is none."""
    try:
        data = source.read()
    except Unreadable as unreadable:
        return str(unreadable)
    found = parse_table(data, source.parts[-1]) if len(data) <= MAX_TABLE_BYTES else None
    return found or "not_a_mask"


def parse_table(data: bytes, name: str) -> Table | None:
    """The table in the content of a file of this name; None if it is none."""
    try:
        text = data.decode("utf-16" if data[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig")
    except UnicodeDecodeError:
        text = data.decode("latin-1")
    kind = Path(name).suffix.lower()
    if kind == ".json":
        try:
            pairs = _from_json(text)
        except _TwoNames:
            return Table(contradicts=True)
    else:
        pairs = (_from_rows(text) if kind in (".csv", ".tsv") else []) or _from_lines(text)
    pairs = [(int(number), label.strip()) for number, label in pairs if label.strip()]
    if not pairs or any(number > 65535 or len(label) > LONGEST_NAME for number, label in pairs):
        return None
    names: dict[int, str] = {}
    for number, label in pairs:
        if names.setdefault(number, label) != label:
            return Table(contradicts=True)
    return Table(names)


class _TwoNames(Exception):
    """An object of JSON has one name twice, with different values."""


def _distinct(pairs: Iterable[tuple[str, object]]) -> dict[str, object]:
    found: dict[str, object] = {}
    for name, value in pairs:
        if found.setdefault(name, value) != value:
            raise _TwoNames
    return found


def _from_json(text: str) -> list[tuple[int, str]]:
    try:
        content = json.loads(text, object_pairs_hook=_distinct)
    except (ValueError, RecursionError):
        return []
    for key in ("labels", "label", "segmentAttributes", "segments", "classes", "names"):
        if isinstance(content, dict) and isinstance(content.get(key), (dict, list)):
            content = content[key]
    if isinstance(content, dict):
        pairs = _from_mapping(content)
        return pairs if any(meaning(name).known for _, name in pairs) else []  # a header's numbers are no labels
    entries = (
        [e for part in content for e in (part if isinstance(part, list) else [part])]
        if isinstance(content, list)
        else []
    )
    found = [_from_entry(entry) for entry in entries if isinstance(entry, dict)]
    return [pair for pair in found if pair] if len(found) == len(entries) and all(found) else []


def _from_mapping(content: Mapping) -> list[tuple[int, str]]:
    """Of {"1": "liver"} or {"liver": 1}; nothing if any entry is neither."""
    pairs = []
    for key, value in content.items():
        if _is_number(key) and isinstance(value, dict):
            value = next((str(value[k]) for k in value if k.lower() in _NAME), None)
        if _is_number(key) and isinstance(value, str):
            pairs.append((int(key), value))
        elif _is_number(value) and not _is_number(key):
            pairs.append((int(value), key))
        else:
            return []
    return pairs


def _from_entry(entry: Mapping) -> tuple[int, str] | None:
    low = {str(key).lower(): value for key, value in entry.items()}
    number = next((low[k] for k in low if (k in _NUMBER) and _is_number(low[k])), None)
    number = low.get("label") if number is None and _is_number(low.get("label")) else number
    name = next((low[k] for k in low if k in _NAME and isinstance(low[k], str)), None)
    name = low.get("label") if name is None and isinstance(low.get("label"), str) else name
    return (int(number), name) if number is not None and isinstance(name, str) and name.strip() else None


def _is_number(value: object) -> bool:
    return (
        not isinstance(value, bool) and isinstance(value, (int, str)) and str(value).isascii() and str(value).isdigit()
    )


def _from_rows(text: str) -> list[tuple[int, str]]:
    """Of a CSV or TSV with columns for number and name, in any order, or of lines number,name; 5.0 is 5."""
    lines = [line for line in text.splitlines() if line.strip() and not line.startswith("#")]
    if not lines:
        return []
    delimiter = max("\t;,", key=lines[0].count)
    try:
        rows = [[cell.strip() for cell in row] for row in csv.reader(lines, delimiter=delimiter)]
    except csv.Error:
        return []
    header = [cell.lower() for cell in rows[0]]
    number = next((n for n, cell in enumerate(header) if cell in _NUMBER), None)
    name = next((n for n, cell in enumerate(header) if cell in _NAME), None)
    if "label" in header:
        number, name = (header.index("label") if at is None else at for at in (number, name))
    if number is None or name is None or number == name:
        number, name = 0, 1
    else:
        rows = rows[1:]
    if not all(len(row) > max(number, name) and _is_number(_whole(row[number])) for row in rows):
        return []
    return [(int(_whole(row[number])), row[name]) for row in rows]


def _whole(cell: str) -> str:
    return re.sub(r"\.0+$", "", cell)


def _from_lines(text: str) -> list[tuple[int, str]]:
    """Of a colour table, or of lines `number name`; nothing if a line is neither and no comment."""
    pairs = []
    for line in text.splitlines():
        if not line.strip() or line.lstrip().startswith(("#", "//", "%")):
            continue
        found = _SNAP.match(line) or _COLOURS.match(line) or _PLAIN.match(line)
        if not found:
            return []
        pairs.append((int(found[1]), found[2]))
    return pairs


def nearest_table(mask: Source, tables: Iterable[tuple[Source, Table]], masks: Iterable[Source]) -> Table | None:
    """The table that speaks of a mask: the one called like it, else those of the nearest folder above it.

    A table that is called like another of the `masks` speaks of that one alone. Several of one folder must agree: else
    a table that contradicts.
    """
    stems = {(*source.parts[:-1], _stem(source)) for source in masks}
    own, general = [], []
    for source, table in tables:
        folder = source.parts[:-1]
        owners = {(*folder, _stem(source)), (*folder, _SUFFIX.sub("", _stem(source)))}
        if (*mask.parts[:-1], _stem(mask)) in owners:
            own.append(table)
        elif mask.parts[: len(folder)] == folder and not owners & stems:
            general.append((len(folder), table))
    deepest = max((depth for depth, _ in general), default=0)
    return _merged(own or [table for depth, table in general if depth == deepest])


def _stem(source: Source) -> str:
    return re.sub(r"\.(nii|gz|dcm|json|csv|tsv|txt|ctbl|lut|label|lbl)", "", source.parts[-1], flags=re.IGNORECASE)


def _merged(tables: list[Table]) -> Table | None:
    names: dict[int, str] = {}
    for table in tables:
        for value, name in table.names.items():
            if table.contradicts or names.setdefault(value, name) != name:
                return Table(contradicts=True)
    return Table(names, any(table.contradicts for table in tables)) if tables else None
