"""Questions follow from text, mask or metadata, are balanced, and the same in every build."""

import json
from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from refrad2d.conversations import spans_of, vqa_prompt
from refrad2d.grounding import has_markup, render
from refrad2d.labels import LANGUAGES, exists_in, label_by_name, labels
from refrad2d.questions.statements import read_statements
from refrad2d.schema import VQA
from refrad2d.stages.questions import questions, run

BOXES = {"liver": [0.1, 0.2, 0.5, 0.7], "spleen": [0.7, 0.3, 0.9, 0.5], "kidney_left": [0.6, 0.5, 0.7, 0.65]}
AREAS = {"liver": 3000, "spleen": 600, "kidney_left": 300}


def span(text, words, label):
    start = text.index(words)
    return {"start": start, "end": start + len(words), "label": label, "labels": [label], "box": BOXES[label]}


def make_report(text, **mentions):
    spans = [span(text, words.replace("_", " "), label) for words, label in mentions.items()]
    return {"findings": text, "spans": sorted(spans, key=lambda s: s["start"]), "origin": "original"}


ENGLISH = make_report(
    "Cyst of 12 mm in the left kidney, no stone. The spleen is not enlarged. The liver is unremarkable.",
    left_kidney="kidney_left",
    spleen="spleen",
    liver="liver",
)
GERMAN = make_report(
    "Zyste von 12 mm in der linken Niere, kein Konkrement. Die Milz ist nicht vergrößert. Die Leber ist unauffällig.",
    linken_Niere="kidney_left",
    Milz="spleen",
    Leber="liver",
)


def make_row(name="a1", **more):
    return {
        "id": name,
        "modality": "CT",
        "plane": "axial",
        "body_part": "abdomen",
        "objects": [
            {"label": label, "box": box, "area": AREAS[label], "pixels": AREAS[label]} for label, box in BOXES.items()
        ],
        "report": {"de": GERMAN, "en": ENGLISH},
        "findings": [],
        "provenance": {"segmenter": "totalsegmentator"},
        **more,
    }


def ask(language="en", name="a1", sizes=AREAS, **more):
    return [q for q in questions(make_row(name, **more), sizes) if q["language"] == language]


def many(language="en", count=200, **more):
    return [q for n in range(count) for q in ask(language, f"row{n}", **more)]


def test_the_same_row_gives_the_same_bytes():
    assert json.dumps(questions(make_row(), AREAS)) == json.dumps(questions(make_row(), AREAS))


def test_other_rows_give_other_questions():
    assert ask(name="a1") != ask(name="a2")


@pytest.mark.parametrize("language", LANGUAGES)
def test_five_from_the_text_three_certain_two_with_boxes(language):
    found = ask(language)
    assert Counter(q["source"] == "text" for q in found) == {True: 5, False: 5}


@pytest.mark.parametrize("language", LANGUAGES)
def test_all_three_types_are_asked(language):
    assert {q["type"] for q in ask(language)} == {"open", "yesno", "multiple"}


def test_entries_have_the_columns_of_the_schema():
    assert all(set(q) == set(VQA) for q in questions(make_row(), AREAS))


@pytest.mark.parametrize("language", LANGUAGES)
def test_yes_and_no_are_balanced_over_a_dataset(language):
    answers = Counter(q["answer"] for q in many(language) if q["type"] == "yesno")
    yes, no = ("yes", "no") if language == "en" else ("ja", "nein")
    assert set(answers) == {yes, no} and abs(answers[yes] - answers[no]) <= 0.1 * answers.total()


@pytest.mark.parametrize("language", LANGUAGES)
def test_yes_and_no_are_balanced_where_the_text_only_affirms(language):
    text = {"en": "Pleural effusion on the right.", "de": "Pleuraerguss rechts."}[language]
    reports = {other: None for other in LANGUAGES} | {language: make_report(text)}
    answers = Counter(
        q["answer"] for q in many(language, report=reports, objects=[], sizes=None) if q["type"] == "yesno"
    )
    assert max(answers.values()) <= 0.6 * answers.total()


def test_a_choice_holds_its_answer_once():
    multiple = [q for q in many() if q["type"] == "multiple"]
    assert all(q["choices"].count(q["answer"]) == 1 and len(set(q["choices"])) == len(q["choices"]) for q in multiple)


def test_the_answer_stands_at_no_favourite_place():
    places = Counter(q["choices"].index(q["answer"]) for q in many() if len(q["choices"]) == 4)
    assert set(places) == {0, 1, 2, 3}


def test_no_answer_asserts_an_absent_organ():
    names = {label.english for label in labels() if label.name not in AREAS}
    assert not [q for q in many() if q["answer"] in names]


def test_yes_to_a_visible_structure_only_where_it_is_shown():
    shown = {label_by_name(name).english for name in AREAS}
    asked = [q for q in many() if q["source"] == "mask" and q["type"] == "yesno"]
    assert asked and all((q["question"].split(": ")[1].rstrip("?") in shown) == (q["answer"] == "yes") for q in asked)


def test_without_a_mask_nothing_is_said_about_structures():
    assert not [q for q in many(objects=[], sizes=None) if q["source"] == "mask"]


def test_what_the_mask_maker_did_not_look_for_is_not_called_absent():
    row = make_row()
    found = [q for n in range(100) for q in questions({**row, "id": f"r{n}"}, AREAS, segmented=set(AREAS))]
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


def test_questions_hold_no_markup_and_answers_render():
    for entry in questions(make_row(), AREAS):
        assert not has_markup(vqa_prompt(entry)) and render(entry["answer"], spans_of(entry["spans"]))


def test_the_side_of_the_picture_is_that_of_the_box():
    halves = {q["question"].split(": ")[1].rstrip("?"): q["answer"] for q in many() if "half" in q["question"]}
    assert halves == {"liver": "left", "spleen": "right", "left kidney": "right"}


def test_the_larger_of_two_is_larger():
    order = ["liver", "spleen", "left kidney"]
    asked = [q for q in many() if "larger area" in q["question"]]
    assert asked and all(q["answer"] == min(q["choices"], key=order.index) for q in asked)


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


def test_one_language_where_there_is_one_report():
    assert {q["language"] for q in questions(make_row(report={"de": GERMAN, "en": None}), AREAS)} == {"de"}


def test_a_slice_without_reports_has_its_certain_questions():
    found = questions(make_row(report={"de": None, "en": None}), AREAS)
    assert {q["language"] for q in found} == set(LANGUAGES) and not [q for q in found if q["source"] == "text"]


def test_mr_is_asked_about_its_own_classes():
    names = {label.english for label in labels() if not exists_in(label, "MR")}
    found = many(modality="MR")
    assert not [q for q in found if q["source"] == "mask" and names & {*q["choices"], q["answer"]}]


@pytest.mark.parametrize(
    ("language", "text", "expected"),
    [
        ("de", "Kein Pleuraerguss.", [("pleural_effusion", True)]),
        ("de", "Der Aszites ist nicht nachweisbar.", [("ascites", True)]),
        ("de", "V. a. Thrombose.", []),
        ("de", "Zyste ohne Wandverdickung.", [("cyst", False), ("wall_thickening", True)]),
        ("en", "No mass, effusion or fracture.", [("mass", True)]),
        ("en", "Possible pneumothorax.", []),
        ("en", "Pneumothorax is not seen.", [("pneumothorax", True)]),
        ("en", "An abscess cannot be excluded.", []),
        ("en", "Cirrhosis with ascites.", [("cirrhosis", False), ("ascites", False)]),
    ],
)
def test_statements_are_affirmed_denied_or_left_open(language, text, expected):
    assert [(s.finding.name, s.denied) for s in read_statements(text, language, []).findings] == expected


@settings(max_examples=60, deadline=None)
@given(
    st.dictionaries(st.sampled_from([label.name for label in labels()]), st.integers(1, 20000), max_size=8),
    st.text(max_size=80),
    st.sampled_from(["CT", "MR"]),
)
def test_any_slice_and_text_can_be_asked_about(areas, text, modality):
    boxes = [{"label": label, "box": [0.1, 0.1, 0.6, 0.6], "area": area} for label, area in areas.items()]
    reports = {"de": make_report(text), "en": None}
    for entry in questions(make_row(objects=boxes, report=reports, modality=modality), areas):
        assert entry["question"] and entry["answer"] and (not entry["choices"] or entry["answer"] in entry["choices"])


def test_run_adds_questions_to_rows(tmp_path):
    (tmp_path / "rows.jsonl").write_text(json.dumps(make_row()) + "\n", encoding="utf-8")
    counts = run(tmp_path / "rows.jsonl", tmp_path / "out.jsonl")
    (row,) = map(json.loads, (tmp_path / "out.jsonl").read_text(encoding="utf-8").splitlines())
    assert counts["rows"] == 1 and len(row["vqa"]) == sum(n for name, n in counts.items() if name != "rows")
