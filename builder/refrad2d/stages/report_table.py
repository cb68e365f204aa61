"""The report table of an export: CSV, Parquet or JSONL, one row per study (series, image) and language.

Columns are DICOM keywords (StudyInstanceUID, AccessionNumber, SeriesInstanceUID, SOPInstanceUID, PatientID, Modality)
plus path, report, language, clinical_question, clinical_info, origin; a mapping renames others.
"""

import csv
import io
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import charset_normalizer
import pyarrow as pa
import pyarrow.parquet as pq

from refrad2d.labels import LANGUAGES
from refrad2d.rows import CONTEXT_COLUMNS
from refrad2d.text.decoding.plain import to_plain_text

IDENTIFIERS = ("SOPInstanceUID", "SeriesInstanceUID", "StudyInstanceUID", "AccessionNumber", "path", "PatientID")
COLUMNS = (*IDENTIFIERS, "Modality", "report", "language", *CONTEXT_COLUMNS, "origin")
REQUIRED = ("report", "language")
_SPELLINGS = {"de": ("de", "deu", "ger", "german", "deutsch"), "en": ("en", "eng", "english", "englisch")}
_LANGUAGE_NAMES = {spelling: language for language, names in _SPELLINGS.items() for spelling in names}


@dataclass(frozen=True)
class ReportRow:
    """One row of the table: `fields` by our column names; `reason` where it cannot be used."""

    fields: Mapping[str, str]
    reason: str = ""


def read_reports(path: Path, columns: Mapping[str, str] | None = None) -> list[ReportRow]:
    """The rows of a report table, in their order.

    `columns` maps our column names to the table's. ValueError if the file is no such table or lacks `report` or
    `language`; a row with an empty or unreadable report or an unknown language comes back with its reason. Texts are
    decoded to plain text (see text/decoding/plain); a clinical question that cannot be read is left empty.
    """
    names = {name: (columns or {}).get(name, name) for name in COLUMNS}
    unknown = set(columns or {}) - set(COLUMNS)
    if unknown:
        raise ValueError(f"Unknown report column {min(unknown)!r}. Map one of {', '.join(COLUMNS)}.")
    rows, header = _read_table(path)
    missing = [names[name] for name in REQUIRED if names[name] not in header]
    if missing:
        # the columns that it has are not shown: in a table without header they are the first report
        raise ValueError(
            f"The report table has no column {missing[0]!r} among its {len(header)}. "
            f"Rename the column or map it: --column {next(n for n in REQUIRED if names[n] == missing[0])}=NAME."
        )
    return [_check({name: _clean(row.get(column)) for name, column in names.items()}) for row in rows]


def _check(fields: dict[str, str]) -> ReportRow:
    fields["language"] = _LANGUAGE_NAMES.get(fields["language"].lower().split("-")[0].split("_")[0], "")
    fields["path"] = fields["path"].replace("\\", "/").removeprefix("./").strip("/")
    fields["Modality"] = {"MRT": "MR", "MRI": "MR"}.get(fields["Modality"].upper(), fields["Modality"].upper())
    if fields["language"] not in LANGUAGES:
        return ReportRow(fields, "unknown_language")
    for name in CONTEXT_COLUMNS:
        fields[name] = to_plain_text(fields[name])[0]
    fields["report"], unreadable = to_plain_text(fields["report"])
    if unreadable:
        return ReportRow(fields, unreadable)
    return ReportRow(fields, "" if fields["report"] else "empty_report")


def _clean(value: object) -> str:
    if value is None or value != value:
        return ""
    text = str(value).encode("utf-8", "replace").decode("utf-8")  # JSON can hold half a surrogate pair
    return text.replace("\r\n", "\n").replace("\x00", "").strip()


def _read_table(path: Path) -> tuple[list[Mapping[str, object]], Sequence[str]]:
    if not path.is_file():
        raise ValueError(f"Report table {path} does not exist. Give a CSV, Parquet or JSONL file.")
    data = path.read_bytes()
    if data[:4] == b"PAR1":
        try:
            table = pq.read_table(pa.BufferReader(data))
            return table.to_pylist(), table.column_names
        except (pa.ArrowException, OSError, ValueError) as error:
            raise ValueError(f"Report table {path.name} is no readable Parquet file. Export it again.") from error
    text = decode(data)
    if path.suffix.lower() in (".jsonl", ".ndjson", ".json") or text.lstrip()[:1] == "{":
        rows = [_json_row(line) for line in text.splitlines() if line.strip()]
        return rows, sorted({name for row in rows for name in row})
    return _read_csv(text)


def _json_row(line: str) -> Mapping[str, object]:
    try:
        row = json.loads(line)
    except (ValueError, RecursionError):
        return {}  # comes back as an empty report, with its reason
    return row if isinstance(row, dict) else {}


def _read_csv(text: str) -> tuple[list[Mapping[str, object]], Sequence[str]]:
    head = text.split("\n", 1)[0]
    delimiter = max(",;\t|", key=head.count)
    reader = csv.DictReader(io.StringIO(text, newline=""), delimiter=delimiter, restkey="")
    csv.field_size_limit(1 << 24)
    try:
        rows: list[Mapping[str, object]] = [
            {(name or "").strip(): value for name, value in row.items()} for row in reader
        ]
    except csv.Error as error:
        raise ValueError(
            f"The report table is no readable CSV near line {reader.line_num}. Export it again."
        ) from error
    return rows, [name.strip() for name in reader.fieldnames or []]


def decode(data: bytes) -> str:
    """Text of unknown encoding: UTF-8 (a byte order mark is dropped), UTF-16 with its mark, else the best guess."""
    if data[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return data.decode("utf-16", "replace")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError:
        # German reports: of the single-byte pages the guess must keep umlauts, so the likely ones come first
        best = charset_normalizer.from_bytes(data, cp_isolation=["cp1252", "mac_roman", "cp850"]).best()
        return str(best) if best else data.decode("cp1252", "replace")
