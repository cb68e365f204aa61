"""docs/inputs.md says what the tests say."""

from tests.bench.write_inputs import PAGE
from tests.fixtures.inputs import Input, inputs, render


def test_the_page_is_what_the_rows_say():
    assert PAGE.read_text(encoding="utf-8") == render(inputs()), "Run python -m tests.bench.write_inputs."


def test_no_input_is_described_twice():
    found = [(row.section, row.format, row.variant) for row in inputs()]
    assert sorted(set(found)) == sorted(found)


def test_a_section_is_a_heading_with_a_table():
    page = render([Input("Masks", "NIfTI", "one class, named liver", "kept", "as liver")])
    assert "## Masks\n| format | variant | outcome | how or why |" in page
    assert "| NIfTI | one class, named liver | kept | as liver |" in page
