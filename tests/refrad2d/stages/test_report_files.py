"""The files of report tables: their formats, and that a reader which is not installed is named."""

import builtins
import json

import pytest

from refrad2d.stages.report_files import read_report_file


def test_rows_have_the_numbers_of_their_lines(tmp_path):
    (tmp_path / "r.csv").write_text('report\n"a\nb"\n\nc\n')
    assert [row.line for row in read_report_file(tmp_path / "r.csv").rows] == [2, 5]


def test_a_list_of_lines_that_is_called_jsonl_is_one(tmp_path):
    (tmp_path / "r.jsonl").write_text('[1]\n{"report": "a"}\n')
    file = read_report_file(tmp_path / "r.jsonl")
    assert (file.columns, [row.reason for row in file.rows], file.form) == (
        ["report"],
        ["broken_row", ""],
        "jsonl in utf-8",
    )


def test_a_jsonl_file_may_be_called_otherwise(tmp_path):
    (tmp_path / "r.txt").write_text(json.dumps({"report": "a"}))
    assert read_report_file(tmp_path / "r.txt").form == "jsonl in utf-8"


def test_without_openpyxl_an_excel_file_says_what_to_do(tmp_path, monkeypatch):
    real = builtins.__import__

    def missing(name, *arguments, **options):
        if name == "openpyxl":
            raise ImportError(name)
        return real(name, *arguments, **options)

    monkeypatch.setattr(builtins, "__import__", missing)
    (tmp_path / "r.xlsx").write_bytes(b"PK\x03\x04")
    with pytest.raises(ValueError, match="openpyxl is not installed.*refrad2d\\[build\\]"):
        read_report_file(tmp_path / "r.xlsx")


def test_of_two_sheets_none_is_chosen(tmp_path):
    openpyxl = pytest.importorskip("openpyxl", reason="openpyxl reads Excel files; install the extra build")
    book = openpyxl.Workbook()
    for sheet in (book.active, book.create_sheet("b")):
        sheet.append(["report"])
    book.save(tmp_path / "r.xlsx")
    with pytest.raises(ValueError, match="2 sheets with content"):
        read_report_file(tmp_path / "r.xlsx")
