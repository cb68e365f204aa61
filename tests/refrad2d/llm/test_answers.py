"""Mentions and questions of a model are taken over only as far as the text bears them out."""

import json
from collections import Counter

import pytest

from refrad2d.llm.answers import ask_mentions, place_mentions, usable_questions
from refrad2d.llm.client import LLM
from refrad2d.stages.questions import run
from tests.fixtures.llm_stub import reply, stub_server

TEXT = "Zyste der linken Niere, 23 mm. Kein Harnstau der linken Niere."


def mention(text, *names, negated=False):
    return {"text": text, "labels": list(names), "negated": negated}


def test_a_word_that_occurs_twice_has_two_places():
    spans = place_mentions(TEXT, [mention("Niere", "kidney_left"), mention("Niere", "kidney_left", negated=True)])
    assert [TEXT[s["start"] : s["end"]] for s in spans] == ["Niere", "Niere"] and spans[0]["end"] < spans[1]["start"]


@pytest.mark.parametrize(
    "bad",
    [mention("Milz", "spleen"), mention("Niere", "nephros"), mention("Niere"), mention("", "spleen")],
)
def test_a_mention_that_is_not_in_the_text_or_the_vocabulary_is_refused(bad):
    assert place_mentions(TEXT, [bad]) is None


def asked(answer, kind="open", quote="Zyste der linken Niere, 23 mm.", choices=()):
    return {"question": "Was ist zu sehen?", "answer": answer, "type": kind, "choices": list(choices), "quote": quote}


@pytest.mark.parametrize(
    ("entry", "kept"),
    [
        (asked("23 mm"), 1),
        (asked("Zyste"), 1),
        (asked("Metastase"), 0),
        (asked("23 mm", quote="Zyste, 23 mm."), 0),
        (asked("ja", "yesno"), 1),
        (asked("nein", "yesno"), 0),
        (asked("nein", "yesno", "Kein Harnstau der linken Niere."), 1),
        (asked("yes", "yesno"), 0),
        (asked("Zyste", "multiple", choices=["Zyste", "Tumor", "Stein", "Abszess"]), 1),
        (asked("Zyste", "multiple", choices=["Zyste", "Zyste", "Stein", "Abszess"]), 0),
        (asked("Zyste", "multiple", choices=["Tumor", "Blutung", "Stein", "Abszess"]), 0),
        (asked("Zyste <loc0001>"), 0),
    ],
)
def test_a_question_is_kept_if_the_text_bears_it_out(entry, kept):
    assert len(usable_questions(TEXT, "de", [entry])) == kept


def test_no_answer_names_a_structure_that_the_slice_lacks():
    def anatomy(text, language):
        return {"kidney_left"} if "Niere" in text else set()

    assert usable_questions(TEXT, "de", [asked("linken Niere")], shown={"liver"}, anatomy=anatomy) == []


@pytest.fixture
def make_llm(tmp_path):
    def make(url):
        return LLM(base_url=url, model="stub", cache=tmp_path / "cache", backoff=0.001, attempts=2, progress=False)

    return make


def test_a_text_whose_mentions_fail_falls_back_and_is_counted(make_llm):
    counts = Counter()
    row = {"text": TEXT, "language": "de", "modality": "CT"}
    with stub_server(lambda _: reply({"mentions": [mention("Milz", "spleen")]})) as stub:
        assert list(ask_mentions([row], make_llm(stub.url), counts)) == [None]
    assert counts == {"fallback_not_verbatim": 1}


def make_row():
    report = {"findings": TEXT, "spans": []}
    return {
        "id": "a1",
        "modality": "CT",
        "plane": "axial",
        "body_part": None,
        "objects": [],
        "report": {"de": report, "en": None},
        "provenance": {"segmenter": None, "slice_rule": "named"},
    }


@pytest.mark.parametrize(
    ("answer", "questions"),
    [
        (asked("23 mm"), {"Was ist zu sehen?"}),
        (asked("Metastase"), {"Wie groß ist diese Zyste?", "Welche Größe hat diese Zyste?"}),
    ],
)
def test_the_rules_ask_where_the_model_fails(make_llm, tmp_path, answer, questions):
    (tmp_path / "in.jsonl").write_text(json.dumps(make_row()) + "\n", encoding="utf-8")
    with stub_server(lambda _: reply({"questions": [answer]})) as stub:
        run(tmp_path / "in.jsonl", tmp_path / "out.jsonl", llm=make_llm(stub.url))
    row = json.loads((tmp_path / "out.jsonl").read_text(encoding="utf-8"))
    assert questions & {q["question"] for q in row["vqa"] if q["answer"] == "23 mm"}
