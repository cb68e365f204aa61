"""A wrong choice is wrong: no other name of the right one, nothing that a state may amount to; what spreads is not only here."""

import pytest

from refrad2d.questions.from_text import ALIKE, STATE_MAY_BE, text_candidates
from refrad2d.questions.known import read_known
from refrad2d.questions.view import View
from refrad2d.text.findings import named_findings
from tests.fixtures.question_rows import make_row
from tests.refrad2d.questions.test_written_reports import claims_of


def offered(language, text, shown, name):
    """All choices of all questions about a report, over several ids of its row."""
    report = {"de": None, "en": None, language: {"findings": text, "spans": [], "origin": "original"}}
    objects = [
        {"label": label, "box": [0.1 + 0.02 * n, 0.1, 0.6, 0.6], "area": 500, "pixels": 500}
        for n, label in enumerate(shown)
    ]
    view = View(make_row(name=name, objects=objects, report=report), language, dict.fromkeys(shown, 500), None)
    return {choice for one in text_candidates(view, read_known(view)) for choice in one.entry["choices"] or ()}


@pytest.mark.parametrize(
    ("language", "shown", "text", "wrong"),
    [
        ("de", ("spleen", "liver"), "Milz vergrößert mit keilförmigem Infarkt. Leber regelrecht.", "Splenomegalie"),
        ("en", ("liver", "spleen"), "The liver is enlarged with steatosis. Spleen is normal in size.", "hepatomegaly"),
        (
            "de",
            ("urinary_bladder",),
            "Harnblasenwand verdickt. Konkrement in der Harnblase von 9 mm.",
            "Wandverdickung",
        ),
        ("en", ("aorta", "heart"), "The ascending aorta is dilated to 52 mm. Calcification of the aorta.", "aneurysm"),
        ("en", ("brain",), "Intraparenchymal hematoma in the frontal lobe of the brain of 3 cm.", "hemorrhage"),
        ("en", ("lung_lower_lobe_left",), "A 4 mm nodule in the left lower lobe.", "pulmonary nodule"),
    ],
)
def test_no_wrong_choice_may_be_true(language, shown, text, wrong):
    for name in map(str, range(12)):
        assert wrong not in offered(language, text, shown, name)


def test_tables_of_choices_name_findings():
    known = {finding.name for finding, _ in named_findings("en")}
    assert known >= {*ALIKE, *(name for names in (*ALIKE.values(), *STATE_MAY_BE.values()) for name in names)}


@pytest.mark.parametrize(
    ("language", "text", "label"),
    [
        ("en", "Thrombus in the left common iliac vein extending into the inferior vena cava.", "inferior_vena_cava"),
        ("de", "Tumor der rechten Niere mit Einbruch in die Leber.", "liver"),
        ("de", "Magenkarzinom mit Infiltration der Milz.", "spleen"),
    ],
)
def test_what_a_finding_reaches_is_not_denied_it(language, text, label):
    assert [claim for claim in claims_of(language, text) if label in claim.subject and not claim.holds] == []


def test_a_finding_that_stays_where_it_is_is_still_asked_for_elsewhere():
    denied = {c.subject for c in claims_of("en", "Mass of the right kidney. Liver normal.") if not c.holds}
    assert any("liver" in subject for subject in denied)


def test_the_collecting_system_is_not_the_kidney():
    assert [c for c in claims_of("de", "NBKS beidseits schlank. Keine Konkremente.") if c.kind == "organ_state"] == []
