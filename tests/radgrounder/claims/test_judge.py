"""Each arm is asked in its own prompt, questions are the same for all, and controls are scored on the same items."""

from pathlib import Path

import numpy as np
import pytest

from radgrounder.benchmarks.base import Item
from radgrounder.claims import judge
from radgrounder.claims.arms import BOXES, MASKS, PLAIN
from radgrounder.claims.judge import Tests, answer, in_form, load_tests, score, score_controls
from radgrounder.training.plain import plain_turn
from refrad2d.conversations import prompt
from refrad2d.grounding import parse, render
from refrad2d.labels import label_by_name


@pytest.fixture(scope="module")
def tests(folders):
    return load_tests(folders, None, structures=3, questions=4, pictures=2)


class Oracle:
    """Answers with the truth; asked in another form than its own it says nothing."""

    def __init__(self, tests, form):
        self.answers = {}
        for rows in tests.sets.values():
            for item in rows.items:
                if not item.control:
                    spans = () if form == PLAIN else item.true.spans
                    self.answers[in_form(item.prompt, item.task, form), rows.picture(item.image).tobytes()] = render(
                        item.true.text, list(spans)
                    )

    def generate(self, images, prompts, *, max_new_tokens, locate, masks):
        return [self.answers.get((p, np.asarray(i).tobytes()), "") for i, p in zip(images, prompts, strict=True)]


@pytest.mark.parametrize("form", [PLAIN, BOXES])
def test_the_truth_scores_one_in_every_form(tests, form):
    said = answer(Oracle(tests, form), tests, form)
    found = score(said, tests, form)
    assert ("locate IoU" in found) == ("own form IoU" in found) == (form == BOXES)
    for title, items in found.items():
        assert items and all(
            value == pytest.approx(1, abs=0.07)  # boxes are snapped to 512 bins
            for value, _ in items.values()
        ), title
    controls = score_controls(tests)
    assert controls["report F1"].keys() == found["report F1"].keys()
    assert all(controls[title].keys() == found[title].keys() for title in controls if title in found)


def test_no_question_asks_or_tells_a_place_and_structures_are_few(tests):
    items = [item for rows in tests.sets.values() for item in rows.items if not item.control]
    assert all(plain_turn(i.prompt, render(i.true.text, i.true.spans)) for i in items if i.task == "vqa")
    asked = [item.image for item in items if item.task == "locate"]
    assert asked and max(map(asked.count, asked)) <= 3 and {item.language for item in items} == {"en"}
    assert all(item.task == "vqa" for item in tests.sets["external"].items)


def test_prompts_by_form():
    report, place = prompt("report_boxes", "en", context="Question: x"), prompt("locate", "en", name="liver")
    assert in_form(report, "report", PLAIN) == prompt("report", "en", context="Question: x")
    assert in_form(report, "report", BOXES) == report
    assert in_form(report, "report", MASKS) == prompt("report_masks", "en", context="Question: x")
    assert in_form(place, "locate", MASKS) == prompt("segment", "en", name="liver")
    assert in_form(place, "locate", BOXES) == place
    question = prompt("vqa", "en", question="Caption this image?")
    assert {in_form(question, "vqa", form) for form in (PLAIN, BOXES, MASKS)} == {question}


class Reader:
    """Draws the left half of the picture for every span."""

    def mask_reader(self):
        return self

    def read(self, images, turns, sizes):
        half = np.zeros(sizes[0], bool)
        half[:, : sizes[0][1] // 2] = True
        return [[half for _ in parse(markup).spans] for own in turns for _, markup in own]


def test_masks_are_judged_against_masks_and_boxes_against_boxes(tests):
    liver = label_by_name("liver").id
    rows = tests.sets["internal"]
    [item] = [i for i in rows.items if i.task == "locate" and not i.control][:1]
    mask = np.zeros((224, 224), np.uint8)
    mask[:, :112] = liver
    true = parse(render("liver", [type(item.true.spans[0])(0, 5, "liver", item.true.spans[0].box)]))
    asked = Item(**{**vars(item), "true": true})
    small = Tests(
        {"internal": type(rows)(facts=rows.facts, items=[asked], picture=rows.picture, score=rows.score)},
        {item.image: mask},
    )
    said = {f"internal {item.id}": render("liver", true.spans)}
    assert score(said, small, MASKS, Reader())["own form IoU"][item.id][0] == pytest.approx(1)
    assert score(said, small, BOXES)["own form IoU"][item.id][0] == pytest.approx(1)
    assert score({f"internal {item.id}": "no"}, small, MASKS, Reader())["own form IoU"][item.id][0] == 0


def test_questions_that_their_words_decide_are_known_by_their_answers(monkeypatch):
    def entries(question, answers):
        return [[{"question": question, "answer": answer, "language": "en"}] for answer in answers]

    rows = {"vqa": entries("Always?", ["Yes", "yes.", "yes", "yes"]) + entries("Often?", ["yes", "yes", "yes", "no"])}
    rows["vqa"] += entries("Once?", ["yes"])
    monkeypatch.setattr(judge, "read_split", lambda *where: rows)
    assert judge.decided(Path("x")) == {"Always?"}
    assert judge.question_of("\nQuestion: Follow-up?\nIs it?\nchoice\nAnswer: ") == "Is it?"
