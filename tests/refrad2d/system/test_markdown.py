"""Tables in Markdown."""

from refrad2d.system.markdown import table, table_row


def test_a_table_has_a_header_a_rule_and_a_line_a_row():
    assert table(["split", "rows"], [("train", 3), ("test", None)]) == (
        "| split | rows |\n| --- | --- |\n| train | 3 |\n| test | None |"
    )


def test_a_table_without_rows_is_its_header():
    assert table(["a"], []) == "| a |\n| --- |"


def test_a_padded_table_has_columns_of_one_width():
    assert table(("a", "long"), [("wide", 1)], padded=True).split("\n") == [
        "| a    | long |",
        "| ---- | ---- |",
        "| wide | 1    |",
    ]


def test_a_row_takes_any_cells():
    assert table_row([1, "x"]) == "| 1 | x |"
