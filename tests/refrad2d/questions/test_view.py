"""A slice as a maker of questions: what is visible, what is absent, and choices drawn from the row's id."""

import pytest

from refrad2d.labels import LANGUAGES, labels
from refrad2d.questions.view import MIN_PIXELS, Draw, View, body_parts, organs, regions_of, templates
from tests.fixtures.question_rows import AREAS, BOXES, make_report, make_row


def test_a_draw_is_the_same_for_the_same_seed_and_purpose():
    assert Draw("a1", "en").shuffled(range(9), "x") == Draw("a1", "en").shuffled(range(9), "x")
    assert Draw("a1", "en").number("x") != Draw("a2", "en").number("x") != Draw("a1", "en").number("y")


def test_a_draw_loses_nothing():
    assert sorted(Draw("a1").shuffled("liver", 1)) == sorted("liver")


def test_a_structure_below_the_smallest_size_is_neither_visible_nor_absent():
    view = View(make_row(), "en", {**AREAS, "spleen": MIN_PIXELS - 1}, None)
    assert "spleen" not in view.visible and "spleen" not in view.absent


def test_without_a_mask_nothing_is_visible_or_absent():
    view = View(make_row(), "en", None, None)
    assert not view.masked and view.visible == view.absent == []


def test_only_what_the_segmenter_looks_for_can_be_absent():
    assert View(make_row(), "en", AREAS, {"liver", "stomach"}).absent == ["stomach"]


def test_spans_of_structures_that_the_slice_lacks_are_left_out():
    view = View(make_row(objects=[]), "en", AREAS, None)
    assert view.spans == [] and view.text


def test_a_labelled_answer_is_one_span_around_it():
    entry = (
        View(make_row(), "en", AREAS, None)
        .ask(
            "point",
            "liver",
            fact=("x",),
            source="mask",
            label="liver",
            **View(make_row(), "en", AREAS, None).organ("liver"),
        )
        .entry
    )
    assert entry["spans"] == [{"start": 0, "end": 5, "label": "liver", "labels": ["liver"], "box": BOXES["liver"]}]


@pytest.mark.parametrize(
    ("language", "label", "words"),
    [
        ("en", "liver", ("the liver", "the liver", "in the liver")),
        ("de", "stomach", ("der Magen", "den Magen", "im Magen")),
        ("de", "kidney_left", ("die linke Niere", "die linke Niere", "in der linken Niere")),
    ],
)
def test_a_structure_is_named_as_a_reader_would(language, label, words):
    organ = View(make_row(), language, AREAS, None).organ(label)
    assert (organ["organ"], organ["organ_acc"], organ["in_organ"]) == words


def test_every_class_has_its_article():
    assert set(organs()) == {label.name for label in labels()}


def test_distractors_fit_the_part_of_the_body():
    assert regions_of(View(make_row(), "en", AREAS, None)) == {"abdomen"}
    assert regions_of(View(make_row(objects=[]), "en", AREAS, None)) == {"limbs"}


def test_choices_make_a_multiple_choice_question():
    entry = (
        View(make_row(), "en", AREAS, None)
        .ask("plane", "axial", fact=("x",), source="metadata", choices=["coronal", "axial"])
        .entry
    )
    assert entry["type"] == "multiple" and sorted(entry["choices"]) == ["axial", "coronal"]


def test_a_row_without_report_has_no_text():
    assert View(make_row(report={"de": None, "en": make_report("Liver.")}), "de", AREAS, None).text == ""


@pytest.mark.parametrize("language", LANGUAGES)
def test_both_languages_have_the_same_templates(language):
    assert set(templates(language)["questions"]) == set(templates("en")["questions"])


def test_body_parts_have_both_languages():
    assert body_parts()["abdomen"] == {"en": "abdomen", "de": "Abdomen"}
