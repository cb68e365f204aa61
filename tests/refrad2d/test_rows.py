"""A column of the report table is named in one place and reaches the published row."""

from refrad2d.rows import CONTEXT_COLUMNS, PICTURES, TEXT_COLUMNS, WHO, Report, Row, is_grounded, reports_of
from refrad2d.stages.report_table import COLUMNS


def test_context_columns_are_read_from_the_table_and_published():
    assert CONTEXT_COLUMNS == ("clinical_question", "clinical_info")
    assert set(CONTEXT_COLUMNS) <= set(COLUMNS) and set(TEXT_COLUMNS) <= set(Report.__annotations__)


def test_named_columns_are_columns_of_the_row():
    assert {*WHO, *PICTURES} <= set(Row.__annotations__)


def test_a_row_is_grounded_if_either_report_has_a_span():
    span = {"start": 0, "end": 1, "label": "liver", "labels": ["liver"], "box": [0, 0, 1, 1]}
    assert is_grounded({"report": {"de": None, "en": {"spans": [span]}}})
    assert not is_grounded({"report": {"de": None, "en": {"spans": []}}})


def test_a_language_without_a_report_is_not_among_the_reports():
    report = {"findings": "Leber glatt.", "spans": []}
    assert reports_of({"report": {"de": report, "en": None}}) == {"de": report}
