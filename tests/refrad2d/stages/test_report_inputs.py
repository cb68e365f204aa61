"""Every report table of tests/fixtures/inputs/reports: what is kept, what is dropped and why, what is refused."""

from collections import Counter

import pytest

from refrad2d.stages.joins import join_reports
from refrad2d.stages.report_table import read_report_table
from tests.fixtures.inputs import reports
from tests.fixtures.inputs.reports import CASES, TableCase, stacks


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.format}: {case.variant}")
def test_a_table_is_read_as_its_row_of_the_page_says(case: TableCase, tmp_path):
    if case.format == "xlsx":
        pytest.importorskip("openpyxl", reason="openpyxl reads Excel files; install the extra build")
    path = case.write(tmp_path)
    if case.refused:
        with pytest.raises(ValueError, match=case.refused):
            read_report_table(path, **case.options)
        return
    table = read_report_table(path, **case.options)
    joined = join_reports(table.rows, stacks())
    assert [row.fields["report"] for _, row, _ in joined.rows] == list(case.kept)
    assert joined.dropped == Counter(case.dropped)
    assert len(table.rows) == len(joined.rows) + joined.dropped.total()
    assert {row.fields["origin"] for _, row, _ in joined.rows} <= {"original"}


@pytest.mark.parametrize(
    "case", [c for c in reports.ENCODINGS if not c.refused and not c.options], ids=lambda c: c.variant
)
def test_the_encoding_that_was_chosen_is_told(case: TableCase, tmp_path):
    form = read_report_table(case.write(tmp_path)).form
    if "read as" in case.how:
        assert f"read as {form.removeprefix('csv in ')}" in case.how


def test_the_lines_of_dropped_rows_are_told(tmp_path):
    case = next(case for case in reports.QUOTES if case.variant.startswith("quote opened, closed"))
    assert read_report_table(case.write(tmp_path)).facts == {"csv in utf-8": 1, "broken_row in line 2, 3": 2}


def test_no_error_repeats_the_table(tmp_path):
    for case in CASES:
        if case.refused and case.format != "xlsx":
            with pytest.raises(ValueError) as error:
                read_report_table(case.write(tmp_path), **case.options)
            assert "Leber" not in str(error.value) and "Milz" not in str(error.value)
