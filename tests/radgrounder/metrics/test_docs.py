"""The worked examples of docs/evaluation.md give what they say.

pytest tests/radgrounder/metrics/test_docs.py
"""

import doctest

from tests.fixtures.paths import ROOT

DOCUMENT = ROOT / "docs" / "evaluation.md"


def test_the_worked_examples_hold():
    results = doctest.testfile(str(DOCUMENT), module_relative=False)
    assert results.attempted > 10 and results.failed == 0
