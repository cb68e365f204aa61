"""The report table of an export: one row per study (series, image) and language; see report_files for its formats.

Columns are DICOM keywords (StudyInstanceUID, AccessionNumber, SeriesInstanceUID, SOPInstanceUID, PatientID, Modality)
plus path, report, language, clinical_question, clinical_info, origin, in any capitalisation; a mapping renames others.
PatientName, PatientBirthDate, PatientSex and OtherPatientIDs, where given, say who is one person and go from the texts.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from refrad2d.labels import LANGUAGES
from refrad2d.privacy.persons import Person
from refrad2d.rows import CONTEXT_COLUMNS
from refrad2d.stages.report_files import FileRow, read_report_file
from refrad2d.text.decoding.plain import to_plain_text

IDENTIFIERS = ("SOPInstanceUID", "SeriesInstanceUID", "StudyInstanceUID", "AccessionNumber", "path", "PatientID")
PERSON = ("PatientName", "PatientBirthDate", "PatientSex", "OtherPatientIDs")  # who the patient is, see privacy/people
COLUMNS = (*IDENTIFIERS, "Modality", "report", "language", *CONTEXT_COLUMNS, "origin", *PERSON)
TEXTS = ("report", *CONTEXT_COLUMNS)
REQUIRED = ("report", "language")
MAX_RAW = 200_000  # characters of a report as it comes, with the markup of RTF or HTML
MAX_REPORT = 30_000  # of a report as plain text; the longest that people dictate have half of that
NO_TEXT = "value_is_no_text"  # the reason of a row with a number or a list where a text belongs
TOO_LONG = "report_too_long"
_MOST_LINES = 20  # that a message numbers
_SEVERAL = re.compile(r"[\\;,|\s]+")  # between several ids in a cell
_HALF = re.compile("[\ud800-\udfff]")  # of a pair of surrogates, as JSON can hold it
_EXCEL_TEXT = re.compile(r"""'(.*)|="(.*)\"""")  # how spreadsheets are told that a number is a text
# Words that one language has and the other does not.
_WORDS_OF = {
    "de": frozenset("der die das und ist sind im nicht kein keine mit von des dem den eine einer zeigt zeigen".split()),
    "en": frozenset("the and is are of no not with there shows show without from which seen both".split()),
}
_OTHER = {"de": "en", "en": "de"}
_SPELLINGS = {"de": ("de", "deu", "ger", "german", "deutsch"), "en": ("en", "eng", "english", "englisch")}
_LANGUAGE_NAMES = {spelling: language for language, names in _SPELLINGS.items() for spelling in names}


@dataclass(frozen=True)
class ReportRow:
    """One row of the table: `fields` by our column names; `reason` where it cannot be used; the number of its line."""

    fields: Mapping[str, str]
    reason: str = ""
    line: int = 0

    @property
    def person(self) -> Person:
        """What the row says of who its patient is."""
        name, birth_date, sex, others = (self.fields.get(column, "") for column in PERSON)
        return Person((name,), (), birth_date, sex, "", tuple((other, "") for other in _SEVERAL.split(others)))

    @property
    def known(self) -> set[str]:
        """What identifies the patient, as the row has it."""
        names = ("PatientID", "AccessionNumber", "PatientName", "PatientBirthDate")
        others = _SEVERAL.split(self.fields.get("OtherPatientIDs", ""))
        return {self.fields.get(name, "") for name in names}.union(others) - {""}


@dataclass(frozen=True)
class ReportTable:
    """The rows of a table in their order, and its format and encoding in words ("csv in cp1252")."""

    rows: list[ReportRow]
    form: str

    @property
    def facts(self) -> dict[str, int]:
        """What a build says of the table: its form, and the lines of the rows that cannot be used, by reason."""
        lines: dict[str, list[int]] = {}
        for row in self.rows:
            if row.reason:
                lines.setdefault(row.reason, []).append(row.line)
        return {self.form: 1, **number_lines(lines)}


def number_lines(lines: Mapping[str, Sequence[int]]) -> dict[str, int]:
    """Of the lines of rows by reason a sentence each that numbers them, and how many there are."""
    return {
        f"{reason} in line {', '.join(map(str, found[:_MOST_LINES]))}{', …' if len(found) > _MOST_LINES else ''}": len(
            found
        )
        for reason, found in sorted(lines.items())
    }


def read_reports(
    path: Path, columns: Mapping[str, str] | None = None, *, encoding: str | None = None, language: str | None = None
) -> list[ReportRow]:
    """The rows of a report table, in their order; see `read_report_table`."""
    return read_report_table(path, columns, encoding=encoding, language=language).rows


def read_report_table(
    path: Path, columns: Mapping[str, str] | None = None, *, encoding: str | None = None, language: str | None = None
) -> ReportTable:
    """A report table.

    `columns` maps our column names to the table's, `encoding` is that of its bytes, `language` that of all its rows.
    ValueError if the file is no such table, or lacks `report`, or `language` that is not given. A row that is broken,
    or has an empty, unreadable or overlong report, an unknown language or no text where one belongs, comes back with
    its reason. Texts are decoded to plain text (see text/decoding/plain); a clinical question that cannot be read is
    left empty.
    """
    unknown = set(columns or {}) - set(COLUMNS)
    if unknown:
        raise ValueError(f"Unknown report column {min(unknown)!r}. Map one of {', '.join(COLUMNS)}.")
    file = read_report_file(path, encoding=encoding, alike=frozenset(_LANGUAGE_NAMES))
    names = {name: _find_column(name, columns or {}, file.columns) for name in COLUMNS}
    for name in REQUIRED:
        if names[name] is None and not (name == "language" and language):
            # the columns that it has are not shown: in a table without header they are the first report
            wanted = (columns or {}).get(name, name)
            remedy = ", or say --language de or --language en" if name == "language" else ""
            raise ValueError(
                f"The report table has no column {wanted!r} among its {len(file.columns)}. "
                f"Rename the column or map it: --column {name}=NAME{remedy}."
            )
    return ReportTable([_read_row(row, names, language) for row in file.rows], file.form)


def _find_column(name: str, mapped: Mapping[str, str], columns: Iterable[str]) -> str | None:
    """The table's name of a column, whatever its capitals, blanks and underscores."""
    wanted = mapped.get(name, name)
    same = [column for column in columns if column == wanted] or [c for c in columns if _plain(c) == _plain(wanted)]
    if len(same) > 1:
        raise ValueError(f"The report table has {len(same)} columns {wanted!r}. Leave one, or map it with --column.")
    return same[0] if same else None


def _plain(column: str) -> str:
    return re.sub(r"[\s_\-\ufeff]", "", column).casefold()


def _read_row(row: FileRow, names: Mapping[str, str | None], language: str | None) -> ReportRow:
    values = {name: row.values.get(column) if column else None for name, column in names.items()}
    values |= {name: None for name in PERSON if isinstance(values[name], list | dict)}
    fields = {name: _clean(value) for name, value in values.items()}
    if row.reason:
        return ReportRow({**fields, "report": ""}, row.reason, row.line)
    if not all(_fits(name, value) for name, value in values.items()):
        return ReportRow({**fields, "report": ""}, NO_TEXT, row.line)
    return ReportRow(fields, _check(fields, language), row.line)


def _fits(name: str, value: Any) -> bool:
    """True for a text, for nothing, and for a number where an identifier may be one."""
    if value is None or isinstance(value, str) or value != value or name in PERSON:
        return True
    return name in IDENTIFIERS and isinstance(value, (int, float)) and not isinstance(value, bool)


def _check(fields: dict[str, str], language: str | None) -> str:
    """Bring the fields of a row into one form; why the row cannot be used, "" if it can."""
    said = fields["language"].lower().split("-")[0].split("_")[0]
    fields["language"] = _LANGUAGE_NAMES.get(said, "") if said or not language else language
    for name in IDENTIFIERS:
        if excel := _EXCEL_TEXT.fullmatch(fields[name]):
            fields[name] = (excel[1] or excel[2] or "").strip()
    fields["path"] = fields["path"].replace("\\", "/").removeprefix("./").strip("/")
    fields["Modality"] = {"MRT": "MR", "MRI": "MR"}.get(fields["Modality"].upper(), fields["Modality"].upper())
    if fields["language"] not in LANGUAGES:
        return "unknown_language"
    if language and fields["language"] != language:
        return _drop(fields, "language_contradicts_option")
    for name in TEXTS:
        if len(fields[name]) > MAX_RAW:
            return _drop(fields, TOO_LONG)
        fields[name], unreadable = to_plain_text(fields[name])
        fields[name] = fields[name].strip()
        if name == "report" and unreadable:
            return unreadable
        if len(fields[name]) > MAX_REPORT:
            return _drop(fields, TOO_LONG)
    if is_in_other_language(fields["report"], fields["language"]):
        return _drop(fields, "language_contradicts_text")
    return "" if fields["report"] else "empty_report"


def is_in_other_language(text: str, language: str) -> bool:
    """True for a text with at least two words that only the other language has, and none, or a quarter, of its own."""
    words = re.findall(r"[^\W\d_]+", text.lower())
    own, other = (sum(word in _WORDS_OF[name] for word in words) for name in (language, _OTHER[language]))
    return len(_WORDS_OF[_OTHER[language]].intersection(words)) >= 2 and other > 4 * own


def _drop(fields: dict[str, str], reason: str) -> str:
    fields.update(dict.fromkeys(TEXTS, ""))
    return reason


def _clean(value: object) -> str:
    if value is None or value != value:
        return ""
    text = _HALF.sub("\ufffd", str(value))  # a letter that is lost
    return text.replace("\r\n", "\n").replace("\x00", "").strip()
