"""Report tables as labs export them: encodings, delimiters, formats, and rows that cannot be used."""

import json

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from refrad2d.privacy.persons import Person
from refrad2d.stages.report_table import COLUMNS, read_reports
from refrad2d.text.decoding.encodings import decode_table

ROW = {"StudyInstanceUID": "1.1", "report": "Leber glatt.", "language": "de"}


def write(path, row=ROW):
    if path.suffix == ".csv":
        path.write_text(";".join(row) + "\n" + ";".join(row.values()) + "\n", encoding="utf-8-sig")
    elif path.suffix == ".jsonl":
        path.write_text(json.dumps(row) + "\n", encoding="utf-8")
    else:
        pq.write_table(pa.Table.from_pylist([row]), path)
    return path


@pytest.mark.parametrize("name", ["reports.csv", "reports.jsonl", "reports.parquet"])
def test_every_form_gives_the_same_rows(tmp_path, name):
    (row,) = read_reports(write(tmp_path / name))
    assert row.reason == "" and {key: row.fields[key] for key in ROW} == ROW


def test_columns_are_mapped_by_name(tmp_path):
    path = write(tmp_path / "r.csv", {"Befund": "Milz glatt.", "Sprache": "Deutsch"})
    (row,) = read_reports(path, {"report": "Befund", "language": "Sprache"})
    assert (row.fields["report"], row.fields["language"]) == ("Milz glatt.", "de")


def test_a_missing_column_is_named_with_the_remedy(tmp_path):
    with pytest.raises(ValueError, match="--column language=NAME"):
        read_reports(write(tmp_path / "r.csv", {"report": "Milz glatt."}))


def test_a_mapping_of_an_unknown_column_is_refused(tmp_path):
    with pytest.raises(ValueError, match="Unknown report column 'befund'"):
        read_reports(write(tmp_path / "r.csv"), {"befund": "report"})


@pytest.mark.parametrize(
    ("change", "reason"), [({"report": ""}, "empty_report"), ({"language": "fr"}, "unknown_language")]
)
def test_a_row_that_cannot_be_used_comes_with_its_reason(tmp_path, change, reason):
    (row,) = read_reports(write(tmp_path / "r.jsonl", {**ROW, **change}))
    assert row.reason == reason


def test_paths_and_modalities_are_written_one_way(tmp_path):
    (row,) = read_reports(write(tmp_path / "r.jsonl", {**ROW, "path": ".\\s1\\ct\\", "Modality": "mrt"}))
    assert (row.fields["path"], row.fields["Modality"]) == ("s1/ct", "MR")


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1252", "utf-16"])
def test_report_tables_of_any_encoding_keep_their_umlauts(tmp_path, encoding):
    table = "report;language;path\r\nMilz vergrößert, Leberläsion, Nebennieren beidseits unauffällig;de;a\r\n"
    (tmp_path / "reports.csv").write_bytes(table.encode(encoding))
    assert read_reports(tmp_path / "reports.csv")[0].fields["report"].startswith("Milz vergrößert, Leberläsion")


def test_a_table_without_the_needed_columns_says_which_and_how_to_map_them(tmp_path):
    (tmp_path / "reports.csv").write_text("Befund,language\nLeber,de\n")
    with pytest.raises(ValueError, match="no column 'report'.*--column report=NAME"):
        read_reports(tmp_path / "reports.csv")
    assert read_reports(tmp_path / "reports.csv", {"report": "Befund"})[0].fields["report"] == "Leber"


def test_jsonl_and_parquet_read_like_csv(tmp_path):
    rows = [{"report": "Leber", "language": "de", "path": "a"}, {"report": "liver", "language": "en-US", "path": "a"}]
    pq.write_table(pa.Table.from_pylist(rows), tmp_path / "r.parquet")
    (tmp_path / "r.jsonl").write_text("\n".join(map(json.dumps, rows)) + "\nno json\n")
    (tmp_path / "r.csv").write_text("report,language,path\nLeber,de,a\nliver,en-US,a\n")
    fields = [[r.fields for r in read_reports(tmp_path / f"r.{end}")][:2] for end in ("parquet", "jsonl", "csv")]
    assert fields[0] == fields[1] == fields[2] and fields[0][1]["language"] == "en"


def read_csv(tmp_path, text, name="r.csv"):
    """The rows of a CSV file of this text."""
    (tmp_path / name).write_text(text, encoding="utf-8")
    return read_reports(tmp_path / name)


def test_columns_that_a_table_lacks_are_empty(tmp_path):
    (row,) = read_csv(tmp_path, "report,language\nLeber glatt.,de\n")
    assert row.fields == {**dict.fromkeys(COLUMNS, ""), "report": "Leber glatt.", "language": "de"}


@pytest.mark.parametrize(("spelling", "language"), [("Deutsch", "de"), ("en-US", "en"), ("ENG", "en"), ("de_CH", "de")])
def test_languages_may_be_spelled_otherwise(tmp_path, spelling, language):
    assert read_csv(tmp_path, f"report,language\nLeber,{spelling}\n")[0].fields["language"] == language


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_any_usual_delimiter_is_read(tmp_path, delimiter):
    rows = read_csv(tmp_path, f"report{delimiter}language\nLeber{delimiter}de\n")
    assert rows[0].fields["report"] == "Leber"


def test_a_report_may_run_over_several_lines(tmp_path):
    assert read_csv(tmp_path, 'report,language\n"Leber\r\nglatt",de\n')[0].fields["report"] == "Leber\nglatt"


def test_a_missing_table_says_what_to_give(tmp_path):
    with pytest.raises(ValueError, match="does not exist. Give a CSV, Parquet, JSONL"):
        read_reports(tmp_path / "r.csv")


def test_a_byte_order_mark_is_no_text():
    assert decode_table("\ufeffreport".encode())[0] == "report" == decode_table("report".encode("utf-16"))[0]


def test_a_table_may_say_who_the_patient_is(tmp_path):
    head = "report,language,PatientID,Patient Name,PATIENT_BIRTH_DATE,PatientSex,OtherPatientIDs"
    (row,) = read_csv(tmp_path, f'{head}\nLeber glatt.,de,7,"Alt, Tina",14.07.1962,W,"8; 9"\n')
    assert row.person == Person(("Alt, Tina",), (), "14.07.1962", "W", "", (("8", ""), ("9", "")))
    assert row.known == {"7", "Alt, Tina", "14.07.1962", "8", "9"}


def test_a_name_that_is_no_text_drops_no_row(tmp_path):
    (tmp_path / "r.jsonl").write_text(
        '{"report": "Leber", "language": "de", "PatientName": {"family": "Alt"}, "PatientBirthDate": 19620714}'
    )
    (row,) = read_reports(tmp_path / "r.jsonl")
    assert row.reason == "" and row.person == Person(("",), (), "19620714", "", "", (("", ""),))
