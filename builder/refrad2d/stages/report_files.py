"""The rows of a report table as its file has them: CSV, JSON Lines, a JSON array, Parquet or Excel, gzipped or not.

What a row is, is decided here (a line that is none comes back broken, with its number); what it says, in report_table.
"""

import gzip
import io
import json
import re
import zipfile
import zlib
from collections.abc import Collection, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import pyarrow as pa
import pyarrow.parquet as pq

from refrad2d.system.delimited import read_delimited
from refrad2d.text.decoding.encodings import decode_table, is_misread

FORMATS = "CSV, Parquet, JSONL, JSON or Excel (.xlsx)"
BROKEN = "broken_row"  # the reason of a line that is no row
MISREAD = "undecodable_text"
MAX_BYTES = 2 << 30  # of a table, unpacked
_CELL_LIMIT = 32767  # characters of a cell in a spreadsheet; a longer report ends there
_FLOAT_DIGITS = 15  # of a number in a spreadsheet
_FLOAT32_EXACT = 1 << 24
_ESCAPED = re.compile(r"_x([0-9A-Fa-f]{4})_")  # how Excel writes control characters
_EXCEL, _OLD_EXCEL, _GZIP, _PARQUET = b"PK\x03\x04", b"\xd0\xcf\x11\xe0", b"\x1f\x8b", b"PAR1"


class FileRow(NamedTuple):
    """A row with the number of its line (of its row, where the file has no lines), by the names of the columns."""

    line: int
    values: Mapping[str, Any]
    reason: str = ""


class ReportFile(NamedTuple):
    """What a file holds: rows, the names of its columns, and its format and encoding in a word each."""

    rows: list[FileRow]
    columns: Sequence[str]
    form: str


def read_report_file(path: Path, *, encoding: str | None = None, alike: Collection[str] = ()) -> ReportFile:
    """The rows of a file in their order.

    ValueError if there is no such file, it is no table, or its encoding cannot be told. `encoding` is that of a text;
    `alike` are the names of languages (see `read_delimited`).
    """
    if not path.is_file():
        raise ValueError(f"Report table {path} does not exist. Give a {FORMATS} file.")
    data = _unpack(path.read_bytes())
    if data.startswith(_PARQUET):
        return _read_parquet(data)
    if data.startswith(_EXCEL):
        return _read_excel(data)
    if data.startswith(_OLD_EXCEL):
        raise ValueError("The report table is an old or an encrypted Excel file. Save it as .xlsx without a password.")
    text, page = decode_table(data, encoding)
    first = text.lstrip()[:1]
    if first == "<":
        raise ValueError("The report table is a web page or XML. Open it and save it as .xlsx, or as CSV in UTF-8.")
    lines = any(suffix in (".jsonl", ".ndjson") for suffix in path.suffixes[-2:])
    if first == "[" and not lines:
        table = _read_json_array(text)
    elif first == "{" or lines:
        table = _read_json_lines(text)
    else:
        table = _read_csv(text, alike)
    if not page.startswith("utf"):
        table = table._replace(rows=[_without_misread(row) for row in table.rows])
    return table._replace(form=f"{table.form} in {page}")


def _unpack(data: bytes) -> bytes:
    """The content of a gzip file, whole and unharmed; other data as they are."""
    if not data.startswith(_GZIP):
        return data
    try:
        with gzip.open(io.BytesIO(data)) as file:
            content = file.read(MAX_BYTES + 1)
    except (OSError, EOFError, zlib.error) as error:
        raise ValueError("The gzip file of the report table is cut off or damaged. Export it again.") from error
    if len(content) > MAX_BYTES:
        raise ValueError(f"The report table unpacks to more than {MAX_BYTES >> 30} GiB. Split it.")
    return content


def _without_misread(row: FileRow) -> FileRow:
    texts = (value for value in row.values.values() if isinstance(value, str))
    return row._replace(reason=row.reason or (MISREAD if any(map(is_misread, texts)) else ""))


def _read_csv(text: str, alike: Collection[str]) -> ReportFile:
    table = read_delimited(text, alike=alike)
    rows = [
        FileRow(row.line, {}, BROKEN)
        if row.broken
        else FileRow(row.line, dict(zip(table.header, row.cells, strict=True)))
        for row in table.rows
    ]
    return ReportFile(rows, table.header, "csv")


def _columns(rows: Iterable[FileRow]) -> list[str]:
    return sorted({name for row in rows for name in row.values})


def _read_json_lines(text: str) -> ReportFile:
    lines = enumerate(text.split("\n"), 1)  # only there: U+0085 and U+2028 are characters of a text
    rows = [_json_row(number, line) for number, line in lines if line.strip()]
    if rows and all(row.reason for row in rows):
        raise ValueError("No line of the report table is a JSON object. Write one object a line, or one array of all.")
    return ReportFile(rows, _columns(rows), "jsonl")


def _json_row(number: int, line: str) -> FileRow:
    try:
        row = json.loads(line, object_pairs_hook=_distinct, parse_constant=_no_constant)
    except (ValueError, RecursionError):
        return FileRow(number, {}, BROKEN)
    return FileRow(number, row) if isinstance(row, dict) else FileRow(number, {}, BROKEN)


def _distinct(pairs: Sequence[tuple[str, Any]]) -> dict[str, Any]:
    if len(dict(pairs)) < len(pairs):
        raise ValueError("A name stands twice in an object.")
    return dict(pairs)


def _no_constant(name: str) -> None:
    """NaN is what pandas writes for an empty cell."""
    if name != "NaN":
        raise ValueError(f"{name} is no JSON.")


def _read_json_array(text: str) -> ReportFile:
    try:
        items = json.loads(text, object_pairs_hook=dict, parse_constant=_no_constant)
    except (ValueError, RecursionError) as error:
        line = f" in line {error.lineno}" if isinstance(error, json.JSONDecodeError) else ""
        raise ValueError(f"The report table is no JSON that can be read{line}. Export it again.") from error
    rows = [
        FileRow(number, item) if isinstance(item, dict) else FileRow(number, {}, BROKEN)
        for number, item in enumerate(items, 1)
    ]
    return ReportFile(rows, _columns(rows), "json")


def _read_parquet(data: bytes) -> ReportFile:
    try:
        table = pq.read_table(pa.BufferReader(data))
        narrow = {
            field.name for field in table.schema if pa.types.is_float32(field.type) or pa.types.is_float16(field.type)
        }
        found = table.to_pylist()
    except (pa.ArrowException, OSError, ValueError) as error:
        raise ValueError("The report table is no readable Parquet file. Export it again.") from error
    rows = [
        FileRow(number, {name: _rounded(v) if name in narrow else v for name, v in row.items()})
        for number, row in enumerate(found, 1)
    ]
    return ReportFile(rows, table.column_names, "parquet")


def _rounded(value: Any) -> Any:
    """A number of seven digits as such, so that nobody takes what is beyond them for digits."""
    return f"{value:.6E}" if isinstance(value, float) and abs(value) > _FLOAT32_EXACT else value


def _read_excel(data: bytes) -> ReportFile:
    try:
        from openpyxl import load_workbook
    except ImportError as error:
        raise ValueError(
            "The report table is an Excel file, and openpyxl is not installed. "
            "Run pip install 'refrad2d[build]', or save the table as CSV in UTF-8."
        ) from error
    try:
        if sum(member.file_size for member in zipfile.ZipFile(io.BytesIO(data)).infolist()) > MAX_BYTES:
            raise ValueError("The sheets are too large.")
        sheets = load_workbook(io.BytesIO(data), read_only=True, data_only=True).worksheets
        cells = [(sheet.title, list(sheet.iter_rows())) for sheet in sheets if sheet.sheet_state == "visible"]
    except (
        ValueError,
        KeyError,
        TypeError,
        AttributeError,
        OSError,
        SyntaxError,
        zipfile.BadZipFile,
        zlib.error,
    ) as error:
        raise ValueError("The report table is no readable Excel file. Save it again, or as CSV in UTF-8.") from error
    filled = [rows for _, rows in cells if any(cell.value is not None for row in rows for cell in row)]
    if len(filled) != 1:
        raise ValueError(
            f"The Excel file has {len(filled)} sheets with content. Leave one, or save the table as CSV in UTF-8."
        )
    return _sheet(filled[0])


def _sheet(lines: Sequence[Sequence[Any]]) -> ReportFile:
    start = next(n for n, row in enumerate(lines) if any(cell.value is not None for cell in row))
    header = [str(_excel_value(cell) or "").strip() for cell in lines[start]]
    rows = []
    for number, line in enumerate(lines[start + 1 :], start + 2):
        values = [_excel_value(cell) for cell in line]
        if all(value in (None, "") for value in values):
            continue
        fits = not any(value not in (None, "") for value in values[len(header) :])
        cut = any(isinstance(value, str) and len(value) >= _CELL_LIMIT for value in values)
        named = dict(zip(header, values, strict=False))
        rows.append(FileRow(number, named, "" if fits and not cut else "cut_off_by_spreadsheet" if fits else BROKEN))
    return ReportFile(rows, header, "xlsx")


def _excel_value(cell: Any) -> Any:
    """A cell's text or number; [] for an error such as #REF!, which is neither."""
    value = cell.value
    if getattr(cell, "data_type", "") == "e":
        return []
    if isinstance(value, str):
        return _ESCAPED.sub(lambda code: chr(int(code.group(1), 16)), value)
    if isinstance(value, (int, float)) and not isinstance(value, bool) and abs(value) >= 10**_FLOAT_DIGITS:
        return f"{value:.{_FLOAT_DIGITS - 1}E}"
    return value
