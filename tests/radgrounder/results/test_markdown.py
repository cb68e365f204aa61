"""Rows as a Markdown table."""

from radgrounder.results.markdown import markdown_table


def test_a_table_has_a_rule_below_its_header():
    assert markdown_table(("a", "b"), [(1, "x")]) == "| a | b |\n| --- | --- |\n| 1 | x |"


def test_a_padded_table_has_columns_of_one_width():
    assert markdown_table(("a", "long"), [("wide", 1)], padded=True).split("\n") == [
        "| a    | long |",
        "| ---- | ---- |",
        "| wide | 1    |",
    ]


def test_no_rows_are_no_table():
    assert markdown_table(("a",), []) == ""
