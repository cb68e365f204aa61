import json

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from refrad2d.stages.report_table import read_reports

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
