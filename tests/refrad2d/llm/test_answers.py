"""Mentions and questions of a model are taken over only as far as the text bears them out."""

import json
from collections import Counter

import pytest

from refrad2d.llm.answers import ask_mentions, fault_of_mentions, place_mentions, usable_questions
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
        (asked("ja", "yesno"), 0),  # the question names nothing that could be true
        (asked("nein", "yesno"), 0),
        (asked("nein", "yesno", "Kein Harnstau der linken Niere."), 0),
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
    assert usable_questions(TEXT, "de", [asked("linken Niere")], shown={"liver"}) == []


ORGANS = "Leber mit Zyste, 23 mm. Kein Konkrement der linken Niere. Milz nicht vergrößert. V. a. Infarkt der Milz."


@pytest.mark.parametrize(
    ("question", "answer", "kind", "kept"),
    [
        ("Zeigt die Leber eine Zyste?", "ja", "yesno", 1),
        ("Zeigt die Milz eine Zyste?", "ja", "yesno", 0),
        ("Zeigt die Milz eine Zyste?", "nein", "yesno", 0),
        ("Zeigt die linke Niere ein Konkrement?", "nein", "yesno", 1),
        ("Zeigt die linke Niere ein Konkrement?", "ja", "yesno", 0),
        ("Zeigt die Leber ein Konkrement?", "nein", "yesno", 0),
        ("Ist die Milz vergrößert?", "nein", "yesno", 1),
        ("Ist die Milz vergrößert?", "ja", "yesno", 0),
        ("Zeigt die Milz einen Infarkt?", "ja", "yesno", 0),
        ("Wie groß ist die Zyste der Leber?", "23 mm", "open", 1),
        ("Wie groß ist das Konkrement der linken Niere?", "23 mm", "open", 0),
        ("Was zeigt die Leber?", "Zyste", "open", 1),
        ("Was zeigt die Milz?", "Zyste", "open", 0),
        ("Was zeigt die linke Niere?", "Konkrement", "open", 0),
    ],
)
def test_an_answer_follows_from_the_clause_about_the_same_thing(question, answer, kind, kept):
    entry = {"question": question, "answer": answer, "type": kind, "choices": [], "quote": ORGANS}
    assert len(usable_questions(ORGANS, "de", [entry])) == kept


@pytest.mark.parametrize(
    ("spans", "fault"),
    [
        ([mention("Leber", "liver"), mention("Milz", "spleen")], None),
        ([mention("Leber", "spleen"), mention("Milz", "spleen")], "other_structure"),
        ([mention("Leber", "liver", negated=True), mention("Milz", "spleen")], "negation_changed"),
        ([mention("Leber", "liver")], "mention_missing"),
        ([], "mention_missing"),
        ([mention("Leber", "liver"), mention("Milz", "spleen"), mention("Flexus", "colon")], None),
    ],
)
def test_the_lexicon_has_the_last_word_where_it_knows_a_word(spans, fault):
    text = "Leber und Milz glatt. Flexus weit."
    assert fault_of_mentions(text, place_mentions(text, spans), "de", "CT") == fault


def test_a_quote_that_names_nothing_is_no_mention():
    spans = place_mentions("No change.", [mention("No change", "heart")])
    assert fault_of_mentions("No change.", spans, "en", "CT") == "no_structure"


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


def asked_of(folder, llm=None):
    (folder / "in.jsonl").write_text(json.dumps(make_row()) + "\n", encoding="utf-8")
    run(folder / "in.jsonl", folder / "out.jsonl", llm=llm)
    return json.loads((folder / "out.jsonl").read_text(encoding="utf-8"))["vqa"]


def test_a_model_that_is_borne_out_asks(make_llm, tmp_path):
    with stub_server(lambda _: reply({"questions": [asked("23 mm")]})) as stub:
        found = asked_of(tmp_path, make_llm(stub.url))
    assert "Was ist zu sehen?" in [q["question"] for q in found if q["answer"] == "23 mm"]


def test_the_rules_ask_where_the_model_is_not_borne_out(make_llm, tmp_path):
    with stub_server(lambda _: reply({"questions": [asked("Metastase")]})) as stub:
        assert asked_of(tmp_path, make_llm(stub.url)) == asked_of(tmp_path)
