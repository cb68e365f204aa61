"""Invented multi-structure reports with the true answer for each finding and structure: none may be answered wrongly.

`answer` null means that nothing follows from the text, so that nothing may be asked.
"""

import json
from collections import Counter
from functools import cache

from refrad2d.labels import labels
from refrad2d.questions.from_text import text_claims
from refrad2d.questions.known import read_known
from refrad2d.questions.view import View
from tests.fixtures.paths import ROOT
from tests.fixtures.question_rows import make_row

ROWS = [
    json.loads(line) for line in (ROOT / "tests/fixtures/data/questions/multi_structure.jsonl").open(encoding="utf-8")
]
LEAST_ASKED = 0.8  # of the answers that follow


@cache
def answers(language, text):
    names = [label.name for label in labels()]
    objects = [{"label": name, "box": [0.1, 0.1, 0.6, 0.6], "area": 500, "pixels": 500} for name in names]
    report = {"findings": text, "spans": [], "origin": "original"}
    row = make_row(objects=objects, report={"de": None, "en": None, language: report})
    view = View(row, language, dict.fromkeys(names, 500), None)
    claims = list(text_claims(view, read_known(view)))
    return {claim.subject: claim.holds for claim in claims if claim.kind == "has_finding_in"}


def test_no_written_report_is_answered_wrongly():
    counts, wrong = Counter(), []
    for row in ROWS:
        true = {"yes": True, "no": False, None: None}[row["answer"]]
        given = answers(row["language"], row["text"]).get((row["finding"], row["structure"]))
        counts["asked" if given is not None else "not asked", row["answer"]] += 1
        if given is not None and given is not true:
            wrong.append((row, given))
    follows = sum(row["answer"] is not None for row in ROWS)
    asked = sum(n for (asked, answer), n in counts.items() if asked == "asked" and answer)
    print(f"{len(ROWS)} rows, {asked} of {follows} answers asked for")
    assert len(ROWS) >= 200 and not wrong, wrong[:3]
    assert asked >= LEAST_ASKED * follows
