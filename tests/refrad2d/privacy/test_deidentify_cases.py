"""Invented sentences in the manner of real reports (data/phi_cases.jsonl): what must be gone and what must be kept."""

import json
import re

import pytest

from refrad2d.privacy.deidentify import deidentify
from tests.fixtures.paths import DATA

CASES = [json.loads(line) for line in (DATA / "phi_cases.jsonl").read_text().splitlines()]


def whole(value):
    """The value as a pattern, not as part of a longer word or number."""
    return rf"(?<!\w){re.escape(value)}(?!\w)"


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["text"][:40])
def test_identities_are_gone(case):
    text = deidentify(case["text"], case["language"])
    assert [value for value in case["gone"] if re.search(whole(value), text)] == []


@pytest.mark.parametrize("case", [case for case in CASES if case["kept"]], ids=lambda case: case["text"][:40])
def test_clinical_terms_are_kept(case):
    text = deidentify(case["text"], case["language"])
    assert [value for value in case["kept"] if value not in text] == []
