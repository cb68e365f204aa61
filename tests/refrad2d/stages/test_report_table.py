"""Report tables as labs export them: encodings, delimiters, formats, and rows that cannot be used."""

import json

import pytest

from refrad2d.stages.report_table import COLUMNS, decode, read_reports


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
    import pyarrow as pa
    import pyarrow.parquet as pq

    rows = [{"report": "Leber", "language": "de", "path": "a"}, {"report": "liver", "language": "en-US", "path": "a"}]
    pq.write_table(pa.Table.from_pylist(rows), tmp_path / "r.parquet")
    (tmp_path / "r.jsonl").write_text("\n".join(map(json.dumps, rows)) + "\nno json\n")
    (tmp_path / "r.csv").write_text("report,language,path\nLeber,de,a\nliver,en-US,a\n")
    fields = [[r.fields for r in read_reports(tmp_path / f"r.{end}")][:2] for end in ("parquet", "jsonl", "csv")]
    assert fields[0] == fields[1] == fields[2] and fields[0][1]["language"] == "en"


def write(tmp_path, text, name="r.csv"):
    (tmp_path / name).write_text(text, encoding="utf-8")
    return read_reports(tmp_path / name)


def test_columns_that_a_table_lacks_are_empty(tmp_path):
    (row,) = write(tmp_path, "report,language\nLeber glatt.,de\n")
    assert row.fields == {**dict.fromkeys(COLUMNS, ""), "report": "Leber glatt.", "language": "de"}


@pytest.mark.parametrize(("spelling", "language"), [("Deutsch", "de"), ("en-US", "en"), ("ENG", "en"), ("de_CH", "de")])
def test_languages_may_be_spelled_otherwise(tmp_path, spelling, language):
    assert write(tmp_path, f"report,language\nLeber,{spelling}\n")[0].fields["language"] == language


@pytest.mark.parametrize(
    ("line", "reason"), [("Foie,fr", "unknown_language"), (" ,de", "empty_report"), ("Leber,de", "")]
)
def test_a_row_that_cannot_be_used_says_why(tmp_path, line, reason):
    assert [row.reason for row in write(tmp_path, f"report,language\n{line}\n")] == [reason]


def test_paths_are_written_with_forward_slashes(tmp_path):
    rows = write(tmp_path, "report,language,path\nLeber,de,.\\a\\b\nLeber,de,./a/b/\n")
    assert [row.fields["path"] for row in rows] == ["a/b", "a/b"]


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_any_usual_delimiter_is_read(tmp_path, delimiter):
    rows = write(tmp_path, f"report{delimiter}language\nLeber{delimiter}de\n")
    assert rows[0].fields["report"] == "Leber"


def test_a_report_may_run_over_several_lines(tmp_path):
    assert write(tmp_path, 'report,language\n"Leber\r\nglatt",de\n')[0].fields["report"] == "Leber\nglatt"


def test_an_unknown_column_in_a_mapping_names_the_known_ones(tmp_path):
    with pytest.raises(ValueError, match="'Befund'. Map one of SOPInstanceUID"):
        read_reports(tmp_path / "r.csv", {"Befund": "report"})


def test_a_missing_table_says_what_to_give(tmp_path):
    with pytest.raises(ValueError, match="does not exist. Give a CSV, Parquet or JSONL file"):
        read_reports(tmp_path / "r.csv")


def test_a_byte_order_mark_is_no_text():
    assert decode("\ufeffreport".encode()) == "report" == decode("report".encode("utf-16"))
