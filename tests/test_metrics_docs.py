"""The worked examples of docs/evaluation.md give what they say.

pytest tests/test_metrics_docs.py
"""

import doctest
from pathlib import Path

DOCUMENT = Path(__file__).resolve().parents[1] / "docs" / "evaluation.md"


def test_the_worked_examples_hold():
    results = doctest.testfile(str(DOCUMENT), module_relative=False)
    assert results.attempted > 10 and results.failed == 0
