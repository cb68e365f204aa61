"""Questions that the findings text answers: affirmed or denied, never doubted or contradicted."""

from refrad2d.questions.from_text import text_candidates
from refrad2d.questions.view import View
from tests.fixtures.question_rows import make_report, make_row, many


def test_a_denied_finding_is_answered_with_no():
    asked = [q for q in many() if "stone" in q["question"] and q["type"] == "yesno"]
    assert asked and {q["answer"] for q in asked} == {"no"}


def test_a_doubted_finding_is_not_asked_for():
    reports = {"de": None, "en": make_report("Lesion in the liver, possibly a hemangioma.", liver="liver")}
    found = many(report=reports)
    assert not [q for q in found if "hemangioma" in q["question"] + q["answer"] + " ".join(q["choices"])]


def test_a_finding_both_affirmed_and_denied_is_not_asked_for():
    reports = {"de": None, "en": make_report("Pleural effusion on the right. No pleural effusion on the left.")}
    found = many(report=reports, objects=[], sizes=None)
    assert not [q for q in found if q["source"] == "text"]


def test_sizes_are_those_of_the_text():
    answers = {
        q["answer"]
        for q in many()
        if q["source"] == "text" and ("large is" in q["question"] or "size" in q["question"])
    }
    assert answers == {"12 mm"}


def test_a_sentence_without_a_place_in_the_slice_is_not_asked_about():
    text = "Cyst in the left kidney. Fracture of the sternum."
    reports = {"de": None, "en": make_report(text, left_kidney="kidney_left")}
    found = [q for q in many(report=reports) if q["source"] == "text"]
    assert not [q for q in found if "fracture" in (q["question"] + q["answer"]).casefold()]


def kinds(text, **mentions):
    """The kinds of question that a text of a slice without mask gives."""
    row = make_row(report={"de": None, "en": make_report(text, **mentions)})
    return {c.kind: c.entry["answer"] for c in text_candidates(View(row, "en", None, None))}


def test_an_affirmed_finding_is_asked_for_kind_place_side_and_size():
    found = kinds("Cyst of 12 mm in the left kidney.", left_kidney="kidney_left")
    assert {"has_finding_in", "which_finding", "where_finding", "what_side", "what_size"} <= set(found)
    assert (found["which_finding"], found["where_finding"]) == ("cyst", "left kidney")


def test_several_findings_of_a_kind_have_no_side_or_size():
    assert not {"what_side", "what_size"} & set(kinds("Cyst of 12 mm on the left. Cyst of 8 mm on the right."))


def test_a_state_is_asked_for_unless_the_text_says_the_opposite():
    assert kinds("The spleen is enlarged.", spleen="spleen")["what_state"] == "enlarged"
    text = "The spleen is enlarged. The spleen is not enlarged."
    spans = [
        {"start": at + 4, "end": at + 10, "label": "spleen", "labels": ["spleen"], "box": [0, 0, 1, 1]}
        for at in (0, 24)
    ]
    row = make_row(report={"de": None, "en": {**make_report(text), "spans": spans}})
    assert not [
        c
        for c in text_candidates(View(row, "en", None, None))
        if c.kind == "organ_state" and "enlarged" in c.entry["question"]
    ]


def test_other_sizes_are_written_as_the_size_is():
    row = make_row(report={"de": make_report("Zyste von 2,3 cm."), "en": None})
    asked = [c.entry for c in text_candidates(View(row, "de", None, None)) if c.kind == "what_size"]
    choices = next(entry["choices"] for entry in asked if entry["choices"])
    assert len(set(choices)) == 4 and all(choice.endswith(" cm") and "," in choice for choice in choices)
