"""Invented multi-structure reports with the true answer for each finding and structure: none may be answered wrongly.

`answer` null means that nothing follows from the text, so that nothing may be asked.
"""

import json
from collections import Counter
from functools import cache

import pytest

from refrad2d.labels import labels
from refrad2d.questions.from_text import text_claims
from refrad2d.questions.known import read_known
from refrad2d.questions.view import View
from tests.fixtures.paths import ROOT
from tests.fixtures.question_rows import make_row

FILES = ("multi_structure", "outside_seen", "outside_apart")  # of the last only totals are printed
LEAST_ASKED = {"multi_structure": 0.9, "outside_seen": 0.75, "outside_apart": 0.4}  # of the answers that follow
LEAST_ROWS = {"multi_structure": 200, "outside_seen": 150, "outside_apart": 150}
STATES = {"enlarged": "enlarged", "dilatation": "dilated", "thickened": "thickened"}  # word of the rows → state
OTHER_NAMES = {  # word of the rows → names of findings that can answer it
    "thrombus": ("thrombosis",),
    "thickened": ("wall_thickening",),
    "dilatation": ("hydronephrosis",),
    "hematoma": ("hematoma", "hemorrhage"),
    "enlarged": ("splenomegaly", "hepatomegaly", "cardiomegaly", "goitre"),
    "nodule": ("nodule", "pulmonary_nodule"),
}


def claims_of(language, text):
    """All that yes or no can answer about a CT slice with every structure of the classes and this text."""
    names = [label.name for label in labels()]
    objects = [{"label": name, "box": [0.1, 0.1, 0.6, 0.6], "area": 500, "pixels": 500} for name in names]
    report = {"findings": text, "spans": [], "origin": "original"}
    row = make_row(objects=objects, report={"de": None, "en": None, language: report})
    view = View(row, language, dict.fromkeys(names, 500), None)
    return list(text_claims(view, read_known(view)))


@cache
def answers(language, text):
    kinds = ("has_finding", "has_finding_in", "organ_state")
    return {claim.subject: claim.holds for claim in claims_of(language, text) if claim.kind in kinds}


def read_rows(name):
    text = (ROOT / f"tests/fixtures/data/questions/{name}.jsonl").read_text(encoding="utf-8")
    return [json.loads(line) for line in text.splitlines()]


def answer(row):
    """What our rules answer to a row: True, False, or None if they ask nothing."""
    names = (*OTHER_NAMES.get(row["finding"], (row["finding"],)), STATES.get(row["finding"]))
    given = answers(row["language"], row["text"])
    if (row["finding"], row["structure"]) == ("effusion", "heart"):
        return given.get(("pericardial_effusion",))
    said = {given[name, row["structure"]] for name in names if (name, row["structure"]) in given}
    return True if True in said else False if said else None


@pytest.mark.parametrize("name", FILES)
def test_no_written_report_is_answered_wrongly(name):
    counts, wrong, rows = Counter(), [], read_rows(name)
    for row in rows:
        true = {"yes": True, "no": False, None: None}[row["answer"]]
        given = answer(row)
        counts["asked" if given is not None else "not asked", row["answer"]] += 1
        if given is not None and given is not true:
            wrong.append(row)
    follows = sum(row["answer"] is not None for row in rows)
    asked = sum(n for (asked, answer), n in counts.items() if asked == "asked" and answer)
    print(f"{name}: {len(rows)} rows, {asked} of {follows} answers asked for, {len(wrong)} wrong")
    assert len(rows) >= LEAST_ROWS[name]
    assert len(wrong) == 0 if name == "outside_apart" else wrong == []
    assert asked >= LEAST_ASKED[name] * follows
