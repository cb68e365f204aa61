"""Strict CSV: what is a row, what is broken, and that reading takes one walk through the text."""

import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from refrad2d.system.delimited import guess_delimiter, read_delimited
from tests.fixtures.calls import count_calls

CELLS = st.lists(st.lists(st.text('ab;,"\n |', max_size=6), min_size=3, max_size=3), max_size=6)


def lines_of(text, **options):
    return [(row.line, row.broken) for row in read_delimited(text, **options).rows]


@given(CELLS)
def test_what_the_standard_library_quotes_comes_back(cells):
    out = io.StringIO()
    writer = csv.writer(out, delimiter=";", lineterminator="\n", quoting=csv.QUOTE_ALL)
    writer.writerows([["x", "y", "z"], *cells])
    rows = [row.cells for row in read_delimited(out.getvalue()).rows if not row.broken]
    # a line of a cell may look like a row of its own
    lines = [next(csv.reader([line], delimiter=";"), []) for line in out.getvalue().split("\n")]
    assert [row for row in rows if row not in cells and row not in lines] == []
    if not any("\n" in cell for row in cells for cell in row):  # then nothing may be lost either
        assert rows == cells


def test_a_line_of_a_cell_is_no_row_unless_it_is_like_one():
    text = 'x;y;z\n"aa";";\n;";";\naa;"\n"";"";""\n'
    assert lines_of(text) == [(2, True), (3, True), (4, True), (5, False)]


def test_a_cell_of_several_lines_is_one_row():
    table = read_delimited('id;text\n1;"a\n\nb;c"\n2;d\n')
    assert [(row.line, row.cells) for row in table.rows] == [(2, ["1", "a\n\nb;c"]), (5, ["2", "d"])]


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_line_ends_of_all_systems(end):
    assert [row.cells for row in read_delimited(end.join(("a;b", "1;2", "3;4"))).rows] == [["1", "2"], ["3", "4"]]


@pytest.mark.parametrize(
    ("lines", "broken"),
    [
        (['1;"a', "2;b", '3;"c"'], [True, False, False]),  # open, then a quote that opens another cell
        (['7.1;de;"a', '7.2;de;b"', "7.3;de;c"], [True, True, False]),  # the next row closes it
        (['7.1;de;"a', 'x;y;b"', "7.3;de;c"], [False, False]),  # a line of the text that only has delimiters
        (['1;"a"b', "2;c"], [True, False]),
        (["1;a;b", "2;c"], [True, False]),
        (["1;a", "and b", "2;c"], [True, True, False]),  # torn in two
        (["1;a", "2", "3;c"], [False, True, False]),  # short, but a row of its own
        (["1;a;;", "2;c"], [False, False]),
        (['1;a"b', "2;c"], [True, False]),
        (['1;a"b"', "2;c"], [False, False]),
        (['1;""', '2;""""'], [False, False]),
    ],
)
def test_rows_that_contradict_themselves_are_broken(lines, broken):
    width = 3 if lines[0].startswith("7") else 2
    head = ";".join(("id", "language", "text")[-width:])
    assert [state for _, state in lines_of("\n".join((head, *lines)), alike=("de", "en"))] == broken


@pytest.mark.parametrize("text", ['a;b\n1;"c\n2;d', 'a;b\n1;c\n2;"', 'a;b\n1;"c""\n2;d'])
def test_a_quote_that_is_never_closed_is_refused_with_its_line(text):
    line = next(n for n, line in enumerate(text.split("\n"), 1) if '"' in line)
    with pytest.raises(ValueError, match=f"in line {line} and never closes"):
        read_delimited(text)


@pytest.mark.parametrize("text", ["", "\n\n", '"a;b\n', ";;\n1;2;3"])
def test_a_table_without_header_is_refused(text):
    with pytest.raises(ValueError, match="no header"):
        read_delimited(text)


@pytest.mark.parametrize("line", ["sep=|", "SEP=|", '"sep=|"', "sep=|;;"])
def test_excels_line_names_the_delimiter(line):
    table = read_delimited(f"{line}\na;b|c\n1;2|3\n")
    assert (table.header, table.rows[0].line, table.rows[0].cells) == (["a;b", "c"], 3, ["1;2", "3"])


def test_delimiters_inside_of_quotes_do_not_count():
    assert guess_delimiter('"a, b, c, d";e;f') == ";"


@pytest.mark.parametrize("line", ["1;a b c\n", '1;"a ""b"" c"\n', '1;"a"b\n', "1;a;b\n", '1;"a\n1;b"c\n', "torn\n"])
def test_the_work_grows_with_the_length(line):
    once, twice = (count_calls(lambda n=n: read_delimited("id;text\n" + line * n)) for n in (400, 800))
    assert twice < 2.2 * once
