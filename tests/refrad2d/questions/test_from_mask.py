"""Questions that mask and metadata answer: what is shown, what is absent, which side, which is larger."""

import pytest

from refrad2d.labels import LANGUAGES, exists_in, label_by_name, labels
from refrad2d.questions.balance import Dataset
from refrad2d.questions.from_mask import box_candidates, mask_candidates, mask_claims, metadata_candidates
from refrad2d.questions.view import organs
from tests.fixtures.question_rows import AREAS, BOXES, ask, make_view, many


def test_no_answer_asserts_an_absent_organ():
    names = {label.english for label in labels() if label.name not in AREAS}
    assert not [q for q in many() if q["answer"] in names]


def test_yes_to_a_visible_structure_only_where_it_is_shown():
    shown = {organs()[name]["english"] for name in AREAS}
    asked = [q for q in many() if q["source"] == "mask" and q["type"] == "yesno"]
    assert {q["answer"] for q in asked} == {"yes", "no"}
    for q in asked:
        named = {name for name in shown if q["question"].endswith((f"Is {name} visible?", f"show {name}?"))}
        assert bool(named) == (q["answer"] == "yes")


def test_without_a_mask_nothing_is_said_about_structures():
    assert not [q for q in many(sizes=None) if q["source"] == "mask"]


def test_what_the_mask_maker_did_not_look_for_is_not_called_absent():
    dataset = Dataset(segmented={"CT": set(AREAS)})
    found = [q for language in LANGUAGES for q in many(language, 100, dataset=dataset)]
    assert not [q for q in found if q["source"] == "mask" and q["answer"] in ("no", "nein")]


def test_a_structure_of_a_few_pixels_is_neither_visible_nor_absent():
    found = many(sizes={**AREAS, "spleen": 5})
    assert not [q for q in found if q["source"] == "mask" and "spleen" in q["question"] + q["answer"]]


@pytest.mark.parametrize("language", LANGUAGES)
def test_grounded_answers_are_wrapped_whole(language):
    grounded = [q for q in ask(language) if q["spans"]]
    assert grounded and all(
        (s["start"], s["end"]) == (0, len(q["answer"])) and s["box"] == BOXES[s["label"]]
        for q in grounded
        for s in q["spans"]
    )


def test_the_side_of_the_picture_is_that_of_the_box():
    halves = {q["question"].split(" is ")[1]: q["answer"] for q in many() if "half" in q["question"]}
    assert halves == {"the liver?": "left", "the spleen?": "right", "the left kidney?": "right"}


def test_counted_structures_are_those_that_are_visible():
    names = {label_by_name(name).english for name in AREAS}
    counted = [q for q in many() if q["question"].startswith("How many of these structures")]
    assert counted
    for q in counted:
        listed = q["question"].rstrip("?").split(": ")[1].split(", ")
        assert len(listed) == 4 and q["answer"] == str(len(names & set(listed)))


def test_the_larger_of_two_is_larger():
    order = ["liver", "spleen", "left kidney"]
    asked = [q for q in many() if "larger area" in q["question"]]
    assert asked and all(q["answer"] == min(q["choices"], key=order.index) for q in asked)


def test_mr_is_asked_about_its_own_classes():
    names = {label.english for label in labels() if not exists_in(label, "MR")}
    found = many(modality="MR")
    assert not [q for q in found if q["source"] == "mask" and names & {*q["choices"], q["answer"]}]


def test_a_box_in_percent_is_asked_for_its_structure():
    (asked,) = [c.entry for c in box_candidates(make_view()) if c.kind == "in_box"]
    name = asked["spans"][0]["label"]
    assert all(str(round(100 * edge)) in asked["question"] for edge in BOXES[name])


def test_a_box_that_two_structures_share_is_not_asked_for():
    objects = [{"label": label, "box": BOXES["liver"], "area": 500, "pixels": 500} for label in ("liver", "spleen")]
    assert [c.kind for c in box_candidates(make_view(objects=objects))] == ["point"]


def test_areas_of_nearly_one_size_are_not_compared():
    sizes = {"liver": 1000, "spleen": 900, "kidney_left": 800}
    assert "which_larger" not in {c.kind for c in mask_candidates(make_view(sizes=sizes))}


def test_a_slice_that_shows_nothing_has_no_question_about_structures():
    empty = make_view(objects=[], sizes={})
    assert list(mask_candidates(empty)) == box_candidates(empty) == list(mask_claims(empty)) == []


def test_what_the_header_does_not_say_is_not_asked():
    unknown = make_view(plane="oblique", body_part=None)
    assert [c.kind for c in metadata_candidates(unknown)] == ["modality"]
