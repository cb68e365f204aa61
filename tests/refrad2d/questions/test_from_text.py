"""Questions that the findings text answers: affirmed or denied, never doubted, contradicted or of another structure."""

import pytest

from refrad2d.questions.from_text import text_candidates, text_claims
from refrad2d.questions.known import read_known
from tests.fixtures.question_rows import make_report, make_view, many


def candidates(text, language="en", **more):
    view = make_view(text, language, **more)
    return list(text_candidates(view, read_known(view)))


def kinds(text, language="en", **more):
    return {c.kind: c.entry["answer"] for c in candidates(text, language, **more)}


def claims(text, language="en", **more):
    view = make_view(text, language, **more)
    return {(c.kind, *c.subject): c.holds for c in text_claims(view, read_known(view))}


def test_a_finding_is_that_of_the_structure_that_its_clause_names():
    said = claims("Leber mit Zyste im Segment VII, Milz unauffällig.", "de")
    assert said["has_finding_in", "cyst", "liver"] is True
    assert said["has_finding_in", "cyst", "spleen"] is False


def test_a_finding_of_a_structure_that_the_slice_lacks_is_not_asked_for():
    text = "A 5 mm stone is seen in the right kidney, whereas the left kidney is unremarkable."
    asked = candidates(text)
    assert not [c for c in asked if "stone" in c.entry["answer"]]
    assert not any(holds for (kind, *_), holds in claims(text).items() if kind.startswith("has_finding"))


def test_a_finding_without_a_place_is_asked_for_where_the_mask_shows_it():
    masked = [{"label": "pleural_effusion", "box": [0, 0, 1, 1], "source": "dicom_seg"}]
    assert not claims("Pleural effusion on the right.")
    assert claims("Pleural effusion on the right.", findings=masked)["has_finding", "pleural_effusion"] is True


def test_a_denied_finding_is_answered_with_no():
    said = claims("Left kidney regular, no stone. No cyst in the spleen.")
    assert said["has_finding_in", "stone", "kidney_left"] is said["has_finding_in", "cyst", "spleen"] is False


def test_a_doubted_finding_is_not_asked_for():
    reports = {"de": None, "en": make_report("Lesion in the liver, possibly a hemangioma.", liver="liver")}
    asked = [q for q in many(report=reports) if not q["question"].startswith(("What can be said", "Describe"))]
    assert not [q for q in asked if "hemangioma" in q["question"] + q["answer"]]


@pytest.mark.parametrize(
    "text", ["Cyst of the liver. No cyst of the liver.", "Cyst of the liver. Possible cyst of the liver."]
)
def test_a_finding_both_affirmed_and_denied_is_not_asked_for(text):
    assert ("has_finding_in", "cyst", "liver") not in claims(text)


def test_an_affirmed_finding_is_asked_for_kind_place_side_and_size():
    found = kinds("Cyst of 12 mm in the left kidney.")
    assert {"which_finding", "where_finding", "what_side", "what_size"} <= set(found)
    assert (found["which_finding"], found["where_finding"], found["what_size"]) == ("cyst", "left kidney", "12 mm")


def test_this_cyst_is_the_only_one_of_the_study():
    assert "what_size" not in kinds("Cyst of 12 mm in the left kidney. Cyst of 8 mm in the liver.")
    text, other = "Cyst of 12 mm in the left kidney.", make_view("Cyst of 30 mm in the right kidney.")
    elsewhere = read_known(other).affirmed
    assert "what_size" in kinds(text) and "what_size" not in kinds(text, elsewhere=elsewhere)


def test_a_state_is_asked_for_unless_the_text_says_the_opposite():
    assert kinds("The spleen is enlarged.")["what_state"] == "enlarged"
    assert "what_state" not in kinds("The spleen is enlarged. The spleen is not enlarged.")


def test_what_is_otherwise_unremarkable_is_not_normal():
    assert not claims("Lissencephaly, liver otherwise unremarkable.")


def test_normal_and_abnormal_structures_are_compared():
    found = kinds("Cyst of the liver. The spleen is unremarkable.")
    assert (found["which_normal"], found["which_abnormal"]) == ("spleen", "liver")


def test_the_larger_of_two_findings_is_larger():
    found = kinds("Stone of 4 mm in the left kidney. Cyst of 20 mm in the liver.")
    assert found["which_finding_larger"] == "cyst"


def test_distractors_are_findings_of_the_part_of_the_body():
    offered = {x for c in candidates("Cyst of the liver.") for x in c.entry["choices"]}
    assert "hemangioma" in {x for n in range(30) for x in _offered(f"r{n}")}
    assert not offered & {"meningioma", "pneumothorax", "midline shift", "emphysema"}


def _offered(name):
    return {x for c in candidates("Cyst of the liver.", name=name) for x in c.entry["choices"]}


def test_other_sizes_are_written_as_the_size_is():
    asked = [c.entry for c in candidates("Zyste der Leber von 2,3 cm.", "de") if c.kind == "what_size"]
    choices = next(entry["choices"] for entry in asked if entry["choices"])
    assert len(set(choices)) == 4 and all(choice.endswith(" cm") and "," in choice for choice in choices)


def test_german_is_natural():
    view = make_view("Zyste der linken Niere von 2,3 cm.", "de")
    asked = {view.answer(c).entry["question"] for c in text_claims(view, read_known(view))}
    assert asked & {"Liegt diese Zyste rechts?", "Befindet sich diese Zyste rechts?"}
    assert asked & {"Zeigt die linke Niere eine Zyste?", "Sieht man in der linken Niere eine Zyste?"}


def test_no_text_without_a_mask_is_asked_for_unless_it_names_the_image():
    assert not kinds("Cyst of the liver.", sizes=None)
    named = {"segmenter": None, "slice_rule": "named"}
    assert "which_finding_anywhere" in kinds("Cyst of the liver.", sizes=None, provenance=named)
