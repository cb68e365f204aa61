"""Every reason for which something is left out says what to do; the table is closed."""

import re
from pathlib import Path

import pytest

import refrad2d
from refrad2d.system.reasons import OTHERWISE, advice, advice_lines, is_reason, main_advice
from refrad2d.system.tables import read_csv
from tests.fixtures.inputs import inputs

CODE = "".join(path.read_text(encoding="utf-8") for path in Path(refrad2d.__file__).parent.rglob("*.py"))
PATTERNS = (
    r'Unreadable\("(\w+)"\)',
    r'reason="(\w+)"',
    r'"(segmenter_(?:failed|timeout)|duplicate_(?:slice|report)|uneven_slices|[a-z]+_archive(?:_member)?)"',
    r'"((?:mask_(?:of|on|with|classes|table|values)|not_a_(?!pseudonym|file\b)|not_in_|ambiguous_(?:accession|mask|patient|study)|unreadable_|no_(?:rescale|orientation|pixels))\w*)"',
)


def test_every_reason_in_the_code_has_its_advice():
    reasons = {reason for pattern in PATTERNS for reason in re.findall(pattern, CODE)}
    assert len(reasons) > 40 and sorted(reason for reason in reasons if advice(reason) == OTHERWISE) == []


def test_every_line_is_of_a_reason_in_the_code():
    reasons = {row["reason"] for row in read_csv("refrad2d.system", "reasons.csv")} - {"error"}
    assert sorted(reason for reason in reasons if not re.search(rf'["_]{reason}"', CODE)) == []


def test_every_reason_of_the_page_of_inputs_has_its_advice():
    named = {word for row in inputs() for word in re.findall(r"`(\w+)`", row.how) if row.outcome == "dropped"}
    assert len(named) > 8 and sorted(word for word in named if "_" in word and not is_reason(word)) == []


def test_the_most_frequent_reason_is_advised():
    counts = {"kept": 0, "dropped_mask_on_another_grid": 1, "dropped_mask_of_another_patient": 2}
    assert main_advice(counts) == advice("mask_of_another_patient") and main_advice({}) == OTHERWISE


@pytest.mark.parametrize("reason", ["error_ValueError", "error_struct"])
def test_errors_of_libraries_share_a_line(reason):
    assert is_reason(reason) and advice(reason) != OTHERWISE


def test_each_dropped_reason_has_one_line():
    assert advice_lines(["kept", "dropped_no_pixels", "reports_dropped_no_pixels"]) == [
        f"  no_pixels: {advice('no_pixels')}"
    ]
